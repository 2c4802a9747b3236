"""The labels of segments, as tags tell them."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from structdistill.data.labels import Labels
from structdistill.data.origin import error_at
from structdistill.data.schemes import spans, to_iob2
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RecipeError

Segment = tuple[int, int, int]
"""Where a segment starts, where it ends, `words[start:end]`, and the index of its label."""


class SegmentLabels:
    """Outside and the types of segments, numbered 0, 1, …, and the tags that tell them.

    A word outside is a segment of its own. Segments and tags are two accounts of the same: those of
    m types have m + 1 labels here, and 2 m + 1 tags.

    Args:
        names: the tags: `O`, then `B-` of each type and `I-` of each in the same order.

    Raises:
        DataError: these are other tags.
    """

    def __init__(self, names: Sequence[str]):
        self.types = self.types_of(names)
        if tuple(names) != _blocks(self.types, "BI"):
            raise DataError(
                "expected the tags of segments, O, B- of each type, and I- of each in the same "
                f"order; found {', '.join(names[:9])}. Were they those of another task?"
            )

    @staticmethod
    def types_of(names: Sequence[str]) -> tuple[str, ...]:
        """The types whose `B-` is among some tags, in their order."""
        return tuple(name[2:] for name in names if name.startswith("B-"))

    @staticmethod
    def of(types: Iterable[str]) -> Labels:
        """The tags of some types, in their order; each counts once."""
        return Labels(_blocks(tuple(dict.fromkeys(types)), "BI"))

    @staticmethod
    def collect(sentences: Iterable[Sentence]) -> Labels:
        """The tags of some sentences, which must mark segments; in alphabetical order.

        Raises:
            DataError: no word has a tag, or one has a tag that marks no segment.
        """
        known = list(sentences)
        for sentence in known:
            for index, tag in enumerate(sentence.tags or ()):
                if tag is not None and tag != "O" and tag[:2] not in ("B-", "I-"):
                    raise error_at(
                        sentence,
                        index,
                        f"the tag {tag!r} marks no segment (expected O, B-LABEL, I-LABEL). Choose "
                        'another column or scheme, or set task = "tagging"',
                    )
        return Labels.collect(known)

    @classmethod
    def order(cls, names: Sequence[str]) -> list[int]:
        """Where tags of any order stand: `O`, all `B-`, all `I-`; or all `B-`, `E-`, `I-`, `S-`.

        Raises:
            RecipeError: these are other tags.
        """
        for prefixes in ("BI", "BEIS"):
            expected = _blocks(cls.types_of(names), prefixes)
            if set(names) == set(expected):
                return [list(names).index(name) for name in expected]
        raise RecipeError(
            "segments are learnt from a teacher whose tags are O, and B-LABEL and I-LABEL of each "
            f"label, E-LABEL and S-LABEL for all or none; got {', '.join(names)}. Choose another "
            'teacher, or set task = "tagging"'
        )

    @classmethod
    def learnt(cls, teacher: Labels) -> Labels:
        """The tags of a student whose teacher has these, whatever their order and scheme.

        Raises:
            RecipeError: they do not mark segments.
        """
        cls.order(teacher.names)
        return Labels(_blocks(cls.types_of(teacher.names), "BI"))

    def encode(self, sentence: Sentence) -> list[Segment]:
        """The segments of a sentence, words outside included.

        Words whose tag is unknown are in none, and neither is a segment that might go on there.
        """
        index = {name: label for label, name in enumerate(("O", *self.types))}
        return [(start, end, index[label]) for start, end, label in _known(sentence.tags or ())]

    def decode(self, segments: Iterable[Segment], words: int) -> tuple[str, ...]:
        """The tags of a sentence that has these segments, and nothing beside them."""
        tags = ["O"] * words
        for start, end, label in segments:
            if label > 0:
                name = self.types[label - 1]
                tags[start:end] = [f"B-{name}"] + [f"I-{name}"] * (end - start - 1)
        return tuple(tags)


def _blocks(types: Sequence[str], prefixes: str) -> tuple[str, ...]:
    return ("O", *(f"{prefix}-{name}" for prefix in prefixes for name in types))


def _known(tags: Sequence[str | None]) -> list[tuple[int, int, str]]:
    """All segments of which both ends are known; a word outside is one."""
    found = []
    read = to_iob2(tags)
    for known, run in groupby(range(len(read)), lambda index: read[index] is not None):
        if not known:
            continue
        first, *rest = run
        stop = rest[-1] + 1 if rest else first + 1
        inner = [tag or "O" for tag in read[first:stop]]
        marked = [(first + start, first + end, label) for start, end, label in spans(inner)]
        if marked and marked[0][0] == first and inner[0].startswith("I-"):
            marked = marked[1:]
        if marked and marked[-1][1] == stop < len(read):
            marked = marked[:-1]
        outside = [(i, i + 1, "O") for i in range(first, stop) if read[i] == "O"]
        found += sorted(marked + outside)
    return found

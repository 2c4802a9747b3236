"""The labels of spans, as a model numbers them."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from nltk.tree import Tree

from structdistill.data.constituency.binary import AUXILIARY, BETWEEN, Span, from_spans, to_spans
from structdistill.data.constituency.bracketing import error_in, tree_of
from structdistill.data.labels import Labels
from structdistill.data.memo import Memo
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError
from structdistill.names import suggestion

_WORD = " *"
"""Ends the name of a label of single words: a part of speech may be called like a constituent."""


class SpanLabels:
    """Two vocabularies in one list of labels, which share the same indices.

    A chain of labels stands above a single word, where it ends in a part of speech, or above
    several words; hardly ever above both. So an index k ≥ 1 means the k-th chain of words on a
    single word, and the k-th chain of wide spans elsewhere; it has no meaning where there are not
    so many. Index 0 is the auxiliary node on wide spans and has no meaning on words, nor on the
    whole sentence, which always is a constituent. So a structure needs `size` labels, about half of
    those in the list, with everything that has no meaning forbidden.

    Args:
        names: the auxiliary node, chains of wide spans, chains of words: `()`, `NP`, `S(VP`, …,
            `NN *`, `NP(NN *`, …

    Raises:
        DataError: these are no labels of spans.
    """

    def __init__(self, names: Sequence[str]):
        self.wide, self.single = self.divide(names)
        self._encoded: Memo[Sentence, list[tuple[int, int, int]]] = Memo()  # in every epoch
        if self.wide[:1] != (AUXILIARY,) or self.wide + self.single != tuple(names):
            raise DataError(
                f"expected labels of spans, {AUXILIARY!r} before all others and those of words, "
                f"as {'NN' + _WORD!r}, behind them; found {', '.join(map(repr, names[:5]))}. Were "
                "they those of another task?"
            )
        if not self.single or len(self.wide) == 1:
            raise DataError(
                "expected labels of words and of wider constituents among the labels of spans, "
                f"found {len(self.single)} and {len(self.wide) - 1}; train on trees of more words"
            )

    @staticmethod
    def divide(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The labels of wide spans, and those of single words, each in their order."""
        wide = tuple(name for name in names if not name.endswith(_WORD))
        return wide, tuple(name for name in names if name.endswith(_WORD))

    @classmethod
    def collect(cls, sentences: Iterable[Sentence]) -> Labels:
        """All labels of some sentences that have trees, each part in alphabetical order.

        Args:
            sentences: those without a tree are skipped.

        Raises:
            DataError: no sentence has a tree, or a tree is none.
        """
        seen: tuple[set[str], set[str]] = (set(), set())
        for sentence in sentences:
            if sentence.tree is not None:
                for start, end, chain in to_spans(tree_of(sentence)):
                    seen[end - start == 1].add(chain)
        wide, single = seen
        if not single:
            raise DataError("no sentence has a tree; labels are collected from parsed sentences")
        return Labels(
            (AUXILIARY, *sorted(wide - {AUXILIARY}), *(chain + _WORD for chain in sorted(single)))
        )

    @property
    def size(self) -> int:
        """The labels that a structure needs."""
        return max(len(self.wide), 1 + len(self.single))

    def encode(self, sentence: Sentence) -> list[tuple[int, int, int]]:
        """Start, end and index of each span of a sentence's tree.

        Raises:
            DataError: a chain is not among the labels, or the sentence has no tree that fits it.
        """
        return self._encoded.look_up([sentence], lambda unseen: map(self._spans, unseen))[0]

    def decode(self, spans: Iterable[tuple[int, int, int]], words: Sequence[str]) -> Tree:
        """The tree of binary spans, given as `encode` gives them."""
        return from_spans(
            (Span(start, end, self.chain(start, end, index)) for start, end, index in spans), words
        )

    def chain(self, start: int, end: int, index: int) -> str:
        """What an index means on a span."""
        if end - start == 1:
            return self.single[index - 1].removesuffix(_WORD)
        return self.wide[index]

    def bearing(self, start: int, end: int, label: str) -> tuple[int, ...]:
        """The indices that give a span a constituent of some label."""
        return self._bearing.get((end - start == 1, label), ())

    def tagged(self, start: int, end: int, tag: str) -> tuple[int, ...]:
        """The indices that give a word some part of speech."""
        assert end - start == 1
        return self._tagged.get(tag, ())

    def _spans(self, sentence: Sentence) -> list[tuple[int, int, int]]:
        return [self._indexed(span, sentence) for span in to_spans(tree_of(sentence))]

    def _indexed(self, span: Span, sentence: Sentence) -> tuple[int, int, int]:
        single = span.end - span.start == 1
        name = span.chain + _WORD * single
        if name not in self._indices:
            words = " ".join(sentence.words[span.start : span.end][:8])
            raise error_in(
                sentence,
                f"the label {name!r} of {words!r} is not among the labels. "
                f"{suggestion(name, self.single if single else self.wide)}. Correct it, or train "
                "on sentences that have it",
            )
        return span.start, span.end, self._indices[name]

    @cached_property
    def _indices(self) -> dict[str, int]:
        words = enumerate(self.single, start=1)
        return {name: index for index, name in (*enumerate(self.wide), *words)}

    @cached_property
    def _bearing(self) -> dict[tuple[bool, str], tuple[int, ...]]:
        found: dict[tuple[bool, str], tuple[int, ...]] = {}
        wide = [
            (False, index, name.split(BETWEEN)) for index, name in enumerate(self.wide) if index
        ]
        single = [
            (True, index, name.split(BETWEEN)[:-1])
            for index, name in enumerate(self.single, start=1)
        ]
        for is_single, index, labels in (*wide, *single):
            for label in set(labels):
                found[is_single, label] = (*found.get((is_single, label), ()), index)
        return found

    @cached_property
    def _tagged(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for index, name in enumerate(self.single, start=1):
            tag = name.removesuffix(_WORD).split(BETWEEN)[-1]
            found[tag] = (*found.get(tag, ()), index)
        return found

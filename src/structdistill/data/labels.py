"""The tags, relations or other labels that a model knows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from structdistill.data.origin import error_at
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError
from structdistill.names import suggestion

# The index of a word's tag where it is unknown.
UNKNOWN = -1


@dataclass(frozen=True)
class Labels:
    """A frozen vocabulary of labels; a label's index is its place in `names`.

    In JSON it is the plain list of names: `Labels(tuple(json.load(file)))`.

    Args:
        names: the labels, each once.
    """

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.names or len(set(self.names)) < len(self.names):
            raise ValueError(f"labels must be one or more, each once; got {self.names}")

    @classmethod
    def collect(cls, sentences: Iterable[Sentence]) -> "Labels":
        """The tags of some sentences in alphabetical order, `O` before all others.

        A label of segments gets `B-` and `I-`, and brings `O`, seen or not: a corpus may hold only
        one-word segments of it, or mark nothing but segments, and others will not.

        Raises:
            DataError: no word has a tag.
        """
        seen = {tag for sentence in sentences for tag in sentence.tags or () if tag is not None}
        if not seen:
            raise DataError("no word has a tag; labels are collected from annotated sentences")
        segments = {tag[2:] for tag in seen if tag.startswith(("B-", "I-"))}
        if segments:
            seen |= {"O", *(f"{prefix}-{label}" for prefix in "BI" for label in segments)}
        return cls(tuple(sorted(seen, key=lambda name: (name != "O", name))))

    def __len__(self) -> int:
        return len(self.names)

    def index(self, tag: str) -> int:
        """The index of a tag.

        Raises:
            DataError: it is not among the labels; names the nearest ones.
        """
        if tag not in self._indices:
            raise DataError(self._unknown(tag))
        return self._indices[tag]

    def encode(
        self, sentence: Sentence, *, layer: Literal["tags", "relations"] = "tags"
    ) -> list[int]:
        """The index of each word's tag, -1 where it is unknown.

        Args:
            sentence: the sentence.
            layer: where its labels stand.

        Raises:
            DataError: a tag is not among the labels; names file, line, word and the nearest tags.
        """
        values: Sequence[str | None] | None = getattr(sentence, layer)
        indices = []
        for position, name in enumerate(values or (None,) * len(sentence)):
            if name is not None and name not in self._indices:
                unknown = self._unknown(name, kind=layer.removesuffix("s"))
                raise error_at(sentence, position, unknown)
            indices.append(UNKNOWN if name is None else self._indices[name])
        return indices

    def order_in(self, other: "Labels") -> list[int]:
        """For each label its index among other labels: the permutation that aligns them by name.

        Raises:
            DataError: a label that the others lack.
        """
        return [other.index(name) for name in self.names]

    def difference(self, other: "Labels") -> tuple[list[str], list[str]]:
        """The labels only here, and those only there, each in its own order."""
        return (
            [name for name in self.names if name not in other._indices],
            [name for name in other.names if name not in self._indices],
        )

    def check_same(self, teacher: "Labels") -> None:
        """Refuses a teacher whose labels are not the student's, whatever the order.

        Raises:
            DataError: lists the labels that only one of them has.
        """
        student_only, teacher_only = self.difference(teacher)
        if student_only or teacher_only:
            raise DataError(
                "student and teacher must have the same labels; "
                f"only the student has: {', '.join(student_only) or 'none'}; "
                f"only the teacher has: {', '.join(teacher_only) or 'none'}. "
                "Train both on the same labels, or say in labels.mapping what the teacher's become"
            )

    @cached_property
    def _indices(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.names)}

    def _unknown(self, name: str, *, kind: str = "tag") -> str:
        return (
            f"the {kind} {name!r} is not among the labels. {suggestion(name, self.names)}. "
            "Correct it, or train on sentences that have it"
        )

"""What a kind of annotation has to say for itself."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.structures import Parts, Structure


@dataclass(frozen=True)
class Score:
    """How predictions compare with gold.

    Args:
        name: of the main figure, `F1` or `accuracy`.
        main: the main figure, in percent; early stopping and comparisons look at it.
        values: all figures by name, in percent.
        per_label: the same for each label, `support` being a count.
    """

    name: str
    main: float
    values: Mapping[str, float]
    per_label: Mapping[str, Mapping[str, float]]


class Task(ABC):
    """A kind of annotation: how it becomes parts of a structure, and how it is judged.

    Args:
        labels: the vocabulary.
    """

    def __init__(self, labels: Labels):
        self.labels = labels

    @abstractmethod
    def encode(self, sentences: Sequence[Sentence], structure: Structure) -> Parts:
        """The annotation as an indicator of the structure's parts; zeros where there is none.

        Raises:
            DataError: a label that is not in the vocabulary.
        """

    @abstractmethod
    def decode(self, sentences: Sequence[Sentence], structure: Structure) -> list[Sentence]:
        """The sentences, annotated with the most probable structure."""

    @abstractmethod
    def score(self, gold: Sequence[Sentence], predicted: Sequence[Sentence]) -> Score:
        """How predictions compare with gold; words without a gold tag do not count.

        Raises:
            DataError: there is no gold annotation.
        """

    @abstractmethod
    def agreement(self, ours: Sentence, theirs: Sentence) -> float:
        """The share of the words of a sentence that two predictions annotate alike."""

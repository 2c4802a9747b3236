"""What a kind of annotation has to say for itself."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.structures import Distribution, Parts, Structure
from structdistill.structures.label_maps import LabelMap, LabelMaps


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


class Counts(NamedTuple):
    """What the main figure of a sentence, or of many, is made of.

    Scores with one decision a word have as many predicted as gold; their F1 is the accuracy.
    """

    matched: int
    gold: int
    predicted: int

    @classmethod
    def total(cls, sentences: "Iterable[Counts]") -> "Counts":
        """Of all these sentences together."""
        return cls(*(sum(column) for column in zip((0, 0, 0), *sentences, strict=True)))

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall in percent; 0 where there is nothing."""
        both = self.gold + self.predicted
        return 200 * self.matched / both if both else 0.0


@dataclass(frozen=True)
class Span:
    """A labelled segment `words[start:end]` and the probability that it is exactly there."""

    start: int
    end: int
    label: str
    confidence: float


@dataclass(frozen=True)
class Prediction:
    """An annotated sentence.

    Args:
        sentence: with its most probable annotation.
        confidences: the marginal probability of each word's annotation.
        spans: the segments, each with the probability that it is exactly there; none if the
            annotation marks no segments.
    """

    sentence: Sentence
    confidences: list[float]
    spans: list[Span]


class Task(ABC):
    """A kind of annotation: how it becomes parts of a structure, and how it is judged.

    Args:
        labels: the vocabulary.
    """

    layer: ClassVar[str]
    """The layer of sentences that it annotates; teacher and student have the same."""

    unannotated: ClassVar[str]
    """What is said of sentences without annotation: `no word has a tag`."""

    outputs: ClassVar[Sequence[str]]
    """How predictions are written: names of formats, the default first."""

    def __init__(self, labels: Labels):
        self.labels = labels

    # What sentences have

    @staticmethod
    @abstractmethod
    def is_annotated(sentence: Sentence) -> bool:
        """Whether a sentence has any annotation of this kind."""

    @classmethod
    @abstractmethod
    def collect(cls, sentences: Iterable[Sentence]) -> Labels:
        """The vocabulary of some sentences.

        Raises:
            DataError: none of them is annotated.
        """

    @classmethod
    def learnt(cls, teacher: Labels) -> Labels:
        """The vocabulary that a student has from its teacher: normally the same.

        Raises:
            RecipeError: this kind of annotation cannot be learnt from these labels.
        """
        return teacher

    @classmethod
    def order(cls, teacher: Labels) -> list[int]:
        """Which of a teacher's labels comes first, second, … for a student to compare with them.

        Normally they stay as they are.

        Raises:
            RecipeError: this kind of annotation cannot be learnt from these labels.
        """
        return list(range(len(teacher)))

    # Labels of a teacher and of its student

    forgets: ClassVar[bool] = False
    """Whether a teacher's label may become none at all."""

    @classmethod
    def nameable(cls, labels: Labels) -> tuple[str, ...]:
        """What of some labels can have another name: normally they themselves."""
        return labels.names

    @classmethod
    def vocabulary(cls, own: Labels, names: Iterable[str]) -> Labels:
        """The labels of a student: those of its data, and behind them others of these names."""
        return Labels(tuple(dict.fromkeys((*own.names, *names))))

    @classmethod
    def renaming(cls, theirs: Labels, ours: Labels, names: Mapping[str, str]) -> LabelMaps:
        """What a teacher's labels become, for the potentials of all structures that have them.

        Args:
            theirs: the teacher's, in the order in which `order` brings them.
            ours: the student's.
            names: the student's names for all that is `nameable` of the teacher's.

        Returns:
            nothing if all labels stay what they are.

        Raises:
            RecipeError: labels of this kind cannot be renamed, or not like this.
        """
        labels = LabelMap(tuple(ours.index(names[name]) for name in theirs.names), len(ours))
        return {} if labels.identity else {"arcs": labels, "emissions": labels}

    @classmethod
    def renamed(cls, sentence: Sentence, names: Mapping[str, str]) -> Sentence:
        """A teacher's annotation with the student's names; see `renaming`.

        Where labels are never renamed, as it is.
        """
        return sentence

    @abstractmethod
    def check(self, sentence: Sentence) -> None:
        """Refuses an annotation that cannot be encoded.

        Raises:
            DataError: a label that is not in the vocabulary.
        """

    def can_represent(self, sentence: Sentence, structure: Structure) -> bool:
        """Whether the annotation is possible under a structure like this one.

        What is not possible is left out of the gold parts.
        """
        return True

    def check_trainable(self, sentences: Sequence[Sentence], structure: Structure) -> None:
        """Refuses to train on annotation that a structure like this one should allow, but does not.

        What `can_represent` answers is no mistake, and is left out in training.

        Raises:
            DataError: an annotation that the recipe makes impossible.
        """
        return

    # Sentences and structures

    @abstractmethod
    def encode(self, sentences: Sequence[Sentence], structure: Structure) -> Parts:
        """The annotation as an indicator of the structure's parts; zeros where there is none.

        Raises:
            DataError: a label that is not in the vocabulary.
        """

    @abstractmethod
    def indicators(self, sentences: Sequence[Sentence]) -> tuple[Structure, Parts]:
        """The annotation without a model: a structure of potentials 0, and its parts.

        The structures of all models of this task compare with it.

        Args:
            sentences: annotated completely.

        Raises:
            DataError: a label that is not in the vocabulary.
        """

    @abstractmethod
    def decode(self, sentences: Sequence[Sentence], structure: Distribution) -> list[Sentence]:
        """The sentences, annotated with the most probable structure."""

    @abstractmethod
    def predict(self, sentences: Sequence[Sentence], structure: Structure) -> list[Prediction]:
        """The sentences, annotated with the most probable structure, and how sure that is."""

    @abstractmethod
    def score(self, gold: Sequence[Sentence], predicted: Sequence[Sentence]) -> Score:
        """How predictions compare with gold; words without annotation do not count.

        Raises:
            DataError: there is no gold annotation.
        """

    def counts(self, gold: Sentence, predicted: Sentence) -> Counts:
        """What a sentence contributes to the main figure: the F1 of the total of all sentences.

        Nothing, unless a task says what; then systems cannot be tested for significance.
        """
        return Counts(0, 0, 0)

    def judged(self, gold: Sentence, prediction: Prediction) -> list[tuple[float, bool]]:
        """Each confidence of a sentence, and whether it was right; none without gold.

        They are of segments or constituents, where the annotation has them, else of words. None,
        unless a task says which; then calibration is not measured.
        """
        return []

    @abstractmethod
    def agreement(self, ours: Sentence, theirs: Sentence) -> float:
        """The share of the words of a sentence that two predictions annotate alike."""

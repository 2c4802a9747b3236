"""The text without annotation that a student learns from: what its teacher is certain enough of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from structdistill.data.filtering import Filter
from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError
from structdistill.evaluation import structures
from structdistill.structures import Distribution
from structdistill.structures.empirical import Empirical
from structdistill.tasks.base import Task
from structdistill.teachers.certainty import entropy, log_confidence
from structdistill.teachers.lessons import Lessons


@dataclass(frozen=True)
class Filtered:
    """Sentences have been left out because of what their teacher says of them.

    Args:
        kept: sentences without annotation that are left.
        total: that there were.
        words: in those that are left.
        bounds: in words.
    """

    kept: int
    total: int
    words: int
    bounds: str

    def figures(self) -> dict[str, Any]:
        """What a run keeps in its metrics."""
        return {"unlabelled": {"kept": self.kept, "total": self.total, "words": self.words}}


def check_ratio(ratio: float | None, sentences: Sequence[Sentence], task: type[Task]) -> None:
    """Refuses a ratio of text without annotation to annotated text if there is none of either.

    Raises:
        RecipeError: says what is missing.
    """
    annotated = sum(map(task.is_annotated, sentences))
    if ratio is not None and not 0 < annotated < len(sentences):
        raise RecipeError(
            f"data.unlabelled_ratio = {ratio:g} needs sentences with annotation and sentences "
            f"without; got {annotated:,} and {len(sentences) - annotated:,}. Name text in "
            "data.unlabelled and annotated sentences in data.train, or leave it out"
        )


def filtered(
    sentences: Sequence[Sentence], bounds: Filter, lessons: Lessons, task: type[Task]
) -> tuple[list[Sentence], Filtered]:
    """The sentences but for those without annotation of which a teacher is too (un)certain.

    A single teacher is asked in its own labels, which may be more than its student's: it can be
    unsure which of two labels it is that become one.

    Args:
        sentences: annotated ones are kept.
        bounds: of confidence and entropy.
        lessons: of the teachers. Repetitions cost little if they have been written down.
        task: says what is annotated.

    Returns:
        those that are kept, in their order, and how many they are.

    Raises:
        RecipeError: none is, or the teacher's certainty is not known.
    """
    others = [i for i, sentence in enumerate(sentences) if not task.is_annotated(sentence)]
    sources = lessons.sources
    teacher = sources[0].answers if len(sources) == 1 else lessons
    kept, values, divided = list[int](), list[dict[str, float]](), False
    for batch, answer in structures(teacher, [sentences[i] for i in others]):
        divided |= not isinstance(answer, Empirical) or bool(
            (answer.weights() > 0).sum(0).max() > 1
        )
        certainty = _certainty(answer, bounds)
        for i, *row in zip(batch, *(each.tolist() for each in certainty.values()), strict=True):
            values.append(dict(zip(certainty, row, strict=True)))
            if bounds.allows(**values[-1]):
                kept.append(others[i])
    if others and not divided:
        raise RecipeError(
            "the teacher has one annotation of each sentence, which says nothing of how certain it "
            "is: leave out data.unlabelled_filter, or give it several with weights"
        )
    if others and not kept:
        found = ", ".join(
            f"{name} from {min(v[name] for v in values):.3g} to {max(v[name] for v in values):.3g}"
            for name in values[0]
        )
        raise RecipeError(
            f"none of {len(others):,} sentences without annotation is within {bounds}; they have "
            f"{found}. Widen the bounds of data.unlabelled_filter"
        )
    left = set(others).difference(kept)
    words = sum(len(sentences[i]) for i in kept)
    return (
        [sentence for i, sentence in enumerate(sentences) if i not in left],
        Filtered(len(kept), len(others), words, str(bounds)),
    )


def _certainty(teacher: Distribution, bounds: Filter) -> dict[str, Tensor]:
    """What there are bounds of, for each sentence of a batch."""
    words = teacher.lengths.clamp(min=1) if bounds.per == "word" else 1
    found = dict[str, Tensor]()
    if bounds.asks("confidence"):
        found["confidence"] = (log_confidence(teacher) / words).exp()
    if bounds.asks("entropy"):
        found["entropy"] = entropy(teacher) / words
    return found

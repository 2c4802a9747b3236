"""What a student is taught: the answers of its teachers, in its own labels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError
from structdistill.evaluation import Teacher, annotate, make_task
from structdistill.models.encoders.base import Encoder
from structdistill.models.model import Model
from structdistill.structures import Distribution
from structdistill.teachers.annotations import Annotations
from structdistill.teachers.cross_fitted import CrossFitted
from structdistill.teachers.ensemble import Ensemble
from structdistill.teachers.huggingface import HuggingFace
from structdistill.teachers.translation import Translation

Teaching = Model | HuggingFace | CrossFitted | Annotations
"""Teachers that have labels of their own."""


@dataclass(frozen=True)
class Source:
    """One teacher.

    Args:
        name: as in the recipe.
        teacher: itself.
        translation: of its labels into the student's.
        answers: who answers for it: its cache, or itself.
    """

    name: str
    teacher: Teaching
    translation: Translation
    answers: Teacher

    def __call__(self, sentences: Sequence[Sentence]) -> Distribution:
        """What it says, in the student's labels."""
        return self.translation.distribution(self.answers(sentences))

    def knows(self, sentences: Sequence[Sentence]) -> bool:
        """Whether it can annotate all of these; a model can annotate anything."""
        teacher = self.teacher
        return not isinstance(teacher, Annotations) or all(each in teacher for each in sentences)

    def annotate(self, sentences: Sequence[Sentence]) -> list[Sentence]:
        """The sentences as it annotates them, in the student's labels.

        Raises:
            DataError: there is no annotation of one.
        """
        if isinstance(self.teacher, Annotations):
            annotated = self.teacher.annotate(sentences)
        else:
            told = make_task(self.teacher.task, self.teacher.labels)
            annotated = annotate(self.answers, told, sentences)
        return [self.translation.sentence(sentence) for sentence in annotated]


@dataclass(frozen=True)
class Lessons:
    """All teachers of a student, averaged.

    Args:
        labels: the student's.
        sources: the teachers, one or more.
        weights: of the teachers; none if they count alike.
    """

    labels: Labels
    sources: tuple[Source, ...]
    weights: tuple[float, ...] = ()

    def __call__(self, sentences: Sequence[Sentence]) -> Distribution:
        """What they say together, in the student's labels."""
        return Ensemble(self.sources, self.weights)(sentences)

    def on(self, device: torch.device) -> "Lessons":
        """The same; teachers that are modules are moved to a device, in evaluation mode."""
        for source in self.sources:
            answers = source.answers
            for each in answers.teachers if isinstance(answers, CrossFitted) else (answers,):
                if isinstance(each, torch.nn.Module):
                    each.to(device).eval()
        return self

    def answered_by(self, answers: Callable[[Source], Teacher]) -> "Lessons":
        """The same teachers, for each of whom another answers."""
        sources = (replace(source, answers=answers(source)) for source in self.sources)
        return replace(self, sources=tuple(sources))

    def annotate(self, sentences: Sequence[Sentence]) -> list[Sentence] | None:
        """The sentences as the teacher annotates them, None if it cannot.

        Several teachers annotate together as the one whose annotation of a sentence has most
        weight on its side.
        """
        if not all(source.knows(sentences) for source in self.sources):
            return None
        lists = [source.annotate(sentences) for source in self.sources]
        weights = self.weights or (1.0,) * len(lists)
        return [_elected(same, weights) for same in zip(*lists, strict=True)]


def encoder_of(lessons: Lessons | None) -> Encoder:
    """The encoder of the first teacher, for its student to start from.

    Raises:
        RecipeError: it is no model of ours, or there is none.
    """
    first = lessons.sources[0].teacher if lessons else None
    if not isinstance(first, Model):
        raise RecipeError('initialise = "teacher" needs a teacher that is a model of ours')
    return first.encoder


def _elected(candidates: Sequence[Sentence], weights: Sequence[float]) -> Sentence:
    """The candidate with the largest sum of weights, the first of several."""
    votes = dict.fromkeys(candidates, 0.0)
    for candidate, weight in zip(candidates, weights, strict=True):
        votes[candidate] += weight
    return max(votes, key=lambda candidate: votes[candidate])

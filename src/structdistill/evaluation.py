"""What a model is worth: task score, agreement with its teacher, calibration, speed."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch

from structdistill.calibration import Calibration
from structdistill.data.batching import batches
from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.models.model import Model
from structdistill.names import resolve
from structdistill.structures import Distribution, Structure
from structdistill.tasks.base import Counts, Score, Task

Teacher = Callable[[Sequence[Sentence]], Distribution]
"""Any function from a batch of sentences to distributions over the same words and labels."""

D = TypeVar("D", bound=Distribution)

WORDS = 4096
"""Padded words in a batch when nothing is trained."""


@dataclass(frozen=True)
class Evaluation:
    """A model on a test set.

    Args:
        score: against gold.
        words: how many were annotated.
        seconds: that it took, encoding and decoding included.
        agreement: percent of words annotated as the teacher does; None without a teacher.
        calibration: of its confidences; None if nobody asked for them.
        counts: what each sentence contributes to the score's main figure; empty if there is
            nothing to count.
    """

    score: Score
    words: int
    seconds: float
    agreement: float | None = None
    calibration: Calibration | None = None
    counts: Sequence[Counts] = ()

    @property
    def words_per_second(self) -> float:
        """The model's speed."""
        return self.words / self.seconds


def task_of(model: Model) -> Task:
    """The task that a model was trained for."""
    return make_task(model.task, model.labels)


def make_task(name: str, labels: Labels) -> Task:
    """A task by its name."""
    task = resolve("tasks", name)(labels)
    assert isinstance(task, Task)
    return task


def structures(
    model: Callable[[Sequence[Sentence]], D], sentences: Sequence[Sentence], *, words: int = WORDS
) -> Iterator[tuple[list[int], D]]:
    """A model's structures for all sentences, in batches of similar length, without gradients.

    Yields:
        the positions of a batch's sentences and their structure.
    """
    if isinstance(model, torch.nn.Module):
        model.eval()
    for batch in batches([len(sentence) for sentence in sentences], words=words, seed=None):
        with torch.no_grad():
            structure = model([sentences[i] for i in batch])
        yield batch, structure


def annotate(
    model: Teacher, task: Task, sentences: Sequence[Sentence], *, words: int = WORDS
) -> list[Sentence]:
    """The sentences, annotated by a model, in their order."""
    annotated = list(sentences)
    for batch, structure in structures(model, sentences, words=words):
        decoded = task.decode([sentences[i] for i in batch], structure)
        for i, sentence in zip(batch, decoded, strict=True):
            annotated[i] = sentence
    return annotated


def evaluate(
    model: Teacher,
    task: Task,
    sentences: Sequence[Sentence],
    *,
    teacher: Sequence[Sentence] | None = None,
    calibrate: bool = False,
    words: int = WORDS,
) -> Evaluation:
    """Scores a model against gold, and compares it with its teacher.

    Args:
        model: what to evaluate.
        task: of its labels.
        sentences: with gold annotation.
        teacher: the same sentences as the teacher annotates them.
        calibrate: whether to compare confidences with what is right, too, of models of ours: any
            other distribution has none. The measured seconds are those without.
        words: padded words in a batch.
    """
    predicted, judged, seconds = list(sentences), list[tuple[float, bool]](), 0.0
    started = time.perf_counter()
    for batch, structure in structures(model, sentences, words=words):
        asked = [sentences[i] for i in batch]
        decoded = task.decode(asked, structure)
        seconds += time.perf_counter() - started
        for i, sentence in zip(batch, decoded, strict=True):
            predicted[i] = sentence
        if calibrate and isinstance(structure, Structure):
            for gold, prediction in zip(asked, task.predict(asked, structure), strict=True):
                judged += task.judged(gold, prediction)
        started = time.perf_counter()
    total = sum(len(sentence) for sentence in sentences)
    agreement = None
    if teacher is not None:
        pairs = zip(predicted, teacher, strict=True)
        same = sum(len(ours) * task.agreement(ours, theirs) for ours, theirs in pairs)
        agreement = 100 * same / total
    counts = [task.counts(*pair) for pair in zip(sentences, predicted, strict=True)]
    return Evaluation(
        score=task.score(sentences, predicted),
        words=total,
        seconds=seconds,
        agreement=agreement,
        calibration=Calibration.of(*zip(*judged, strict=True)) if judged else None,
        counts=counts if any(map(any, counts)) else (),
    )


def measure(model: Model, evaluation: Evaluation) -> dict[str, Any]:
    """The figures of an evaluation, for metrics.json and for comparisons."""
    return {
        "score": evaluation.score.main,
        "score_name": evaluation.score.name,
        "values": dict(evaluation.score.values),
        "per_label": {label: dict(row) for label, row in evaluation.score.per_label.items()},
        "agreement": evaluation.agreement,
        "calibration": evaluation.calibration.figures() if evaluation.calibration else None,
        "words_per_second": evaluation.words_per_second,
        "parameters": model.parameter_count(),
    }

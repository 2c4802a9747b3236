"""Teachers that are no models: annotations in a file, of people or of a language model."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path

import torch

from structdistill.data.annotated import Annotated, is_complete, read_annotations
from structdistill.data.constituency.bracketing import error_in
from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.names import resolve
from structdistill.structures import Empirical
from structdistill.tasks.base import Task


class Annotations:
    """The annotations of each sentence as a distribution, each as probable as its weight says.

    Sentences are known by their words; those of the same words are pooled, each counting alike.

    Args:
        annotated: the sentences with their annotations.
        task: what is annotated, with labels among which those of the annotations are.
        gold: further sentences, each taught by its own annotation if `annotated` lacks it.

    Raises:
        DataError: an annotation has other labels.
    """

    def __init__(
        self, annotated: Iterable[Annotated], task: Task, *, gold: Iterable[Sentence] = ()
    ):
        self.labels: Labels = task.labels
        self._task = task
        self._told = _pooled(annotated)
        for sentence in self.sentences():
            task.check(sentence)
        self._gold = _pooled(
            Annotated.pool([(sentence, 1.0)])
            for sentence in gold
            if sentence not in self and is_complete(sentence, layer=task.layer)
        )

    @classmethod
    def read(
        cls, path: Path | str, *, task: str = "tagging", scheme: str = "auto"
    ) -> "Annotations":
        """A teacher with the labels of its file.

        Args:
            path: of JSON lines, see `structdistill.data.annotated`.
            task: what is annotated.
            scheme: how tags write segments (`structdistill.data.schemes`); `plain` if they do not.

        Raises:
            DataError: names the file and the line, what was expected, and a remedy.
        """
        family = resolve("tasks", task)
        assert issubclass(family, Task)
        annotated = read_annotations(path, layer=family.layer, scheme=scheme)
        return cls(annotated, family(family.collect(s for a in annotated for s in a.annotations)))

    def __contains__(self, sentence: Sentence) -> bool:
        """Whether a sentence of these words is among the annotated ones."""
        return sentence.words in self._told

    def sentences(self) -> list[Sentence]:
        """All annotations, as sentences."""
        return [sentence for found in self._told.values() for sentence in found.annotations]

    def annotate(self, sentences: Iterable[Sentence]) -> list[Sentence]:
        """The sentences, each with its most probable annotation.

        Raises:
            DataError: a sentence has none.
        """
        found = map(self._of, sentences)
        return [a.annotations[a.weights.index(max(a.weights))] for a in found]

    def __call__(self, sentences: Sequence[Sentence]) -> Empirical:
        """The distributions over the annotations of a batch of sentences.

        Raises:
            DataError: a sentence has none.
        """
        found = [self._of(sentence) for sentence in sentences]
        # The first, second, … annotation of all; where there is none, any, which does not count.
        lists = zip_longest(*(a.annotations for a in found))
        chosen = [a or b.annotations[0] for row in lists for a, b in zip(row, found, strict=True)]
        weights = list(zip_longest(*(a.weights for a in found), fillvalue=0.0))
        family, parts = self._task.indicators(chosen)
        return Empirical(
            family=family[: len(found)],
            parts={name: part.unflatten(0, (-1, len(found))) for name, part in parts.items()},
            scores=torch.tensor(weights).log(),
        )

    def _of(self, sentence: Sentence) -> Annotated:
        found = self._told.get(sentence.words) or self._gold.get(sentence.words)
        if found is None:
            raise error_in(
                sentence,
                "the teacher has no annotation of this sentence, and the sentence no complete one "
                "of its own. Add it to the teacher's file, split into the same words, or leave it "
                "out",
            )
        return found


def _pooled(annotated: Iterable[Annotated]) -> dict[tuple[str, ...], Annotated]:
    """By their words; several of the same words become one."""
    found: dict[tuple[str, ...], list[Annotated]] = {}
    for each in annotated:
        found.setdefault(each.sentence.words, []).append(each)
    return {
        words: Annotated.pool(
            pair for each in same for pair in zip(each.annotations, each.weights, strict=True)
        )
        for words, same in found.items()
    }

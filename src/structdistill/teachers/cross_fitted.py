"""Teachers that answer for the sentences which they have not been trained on."""

from collections.abc import Sequence

import torch

from structdistill.data.folds import fold_of
from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.evaluation import Teacher
from structdistill.structures import Structure
from structdistill.structures.joining import joined


class CrossFitted:
    """K teachers, each of whom has been trained without one of K folds, and answers for it.

    A teacher is more certain of sentences that it has learnt by heart than it has reason to be.
    Here nobody is asked for these: every sentence, of whatever text, is answered for by the teacher
    that was trained without its fold (`fold_of`). So text that nobody has seen is asked of one
    teacher too, and costs as much as with a single one.

    Args:
        teachers: the k-th has not seen fold k; all of one family, with the same labels.
        labels: of all.
        task: of all.
    """

    def __init__(self, teachers: Sequence[Teacher], *, labels: Labels, task: str):
        self.teachers, self.labels, self.task = tuple(teachers), labels, task

    def __call__(self, sentences: Sequence[Sentence]) -> Structure:
        """The distributions of a batch, each by the teacher of its fold."""
        folds = [fold_of(sentence, len(self.teachers)) for sentence in sentences]
        answers, rows = list[Structure](), list[int]()
        for fold, teacher in enumerate(self.teachers):
            own = [row for row, its in enumerate(folds) if its == fold]
            if own:
                answer = teacher([sentences[row] for row in own])
                assert isinstance(answer, Structure)
                answers.append(answer)
                rows += own
        return joined(answers)[torch.tensor(rows, dtype=torch.long).argsort()]

    def parts(self, sentences: Sequence[Sentence]) -> list[list[Sentence]]:
        """The sentences by the teacher that answers for them."""
        count = len(self.teachers)
        return [[s for s in sentences if fold_of(s, count) == fold] for fold in range(count)]

"""Several teachers at once."""

from collections.abc import Sequence

from structdistill.data.sentence import Sentence
from structdistill.evaluation import Teacher
from structdistill.structures import Distribution
from structdistill.structures.mixture import Mixture


class Ensemble:
    """The weighted average of what several teachers say, as distributions.

    Args:
        teachers: over the same labels in the same order.
        weights: one a teacher, positive; alike if there are none.

    Raises:
        ValueError: another number of weights.
    """

    def __init__(self, teachers: Sequence[Teacher], weights: Sequence[float] = ()):
        self.teachers = tuple(teachers)
        self.weights = tuple(weights) or (1.0,) * len(self.teachers)
        if len(self.weights) != len(self.teachers):
            raise ValueError(f"{len(self.teachers)} teachers need as many weights; got {weights}")

    def __call__(self, sentences: Sequence[Sentence]) -> Distribution:
        """The average for a batch; a single teacher's own answer."""
        answers = [teacher(sentences) for teacher in self.teachers]
        return answers[0] if len(answers) == 1 else Mixture(answers, self.weights)

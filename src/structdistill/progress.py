"""What happens in training, and where it is."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from jaxtyping import Float
from pydantic import TypeAdapter
from torch import Tensor

from structdistill.data.sentence import Sentence
from structdistill.evaluation import Evaluation
from structdistill.objectives import WeightedSum


@dataclass(frozen=True)
class Step:
    """One step of the optimizer.

    Args:
        number: counted from 1, over all epochs.
        progress: share of training that is done.
        loss: a word.
        terms: each term of the objective a word, without its weight.
        gradient_norm: before clipping.
        learning_rate: of the encoder.
        words: that were learnt from.
        seconds: that it took.
    """

    number: int
    progress: float
    loss: float
    terms: dict[str, float]
    gradient_norm: float
    learning_rate: float
    words: int
    seconds: float


@dataclass(frozen=True)
class Epoch:
    """One pass over the training data.

    Args:
        number: counted from 1.
        dev: the model on the development set afterwards.
        best: whether it never did better; then it was saved.
        seconds: of training, without evaluation.
    """

    number: int
    dev: Evaluation
    best: bool
    seconds: float


@dataclass
class Launched:
    """A step whose figures may still be in the making on another device.

    To read them waits for that device. They are read when the next step has been launched, so that
    it always has work.

    Args:
        objective: as it was in this step.
        means: of the objective's terms over words.
        norm: of the gradient.
        sentences: of its batches.
    """

    number: int
    progress: float
    objective: WeightedSum
    means: Float[Tensor, " term"]
    norm: Tensor
    learning_rate: float
    sentences: list[list[Sentence]]
    seconds: float = 0.0

    def read(self) -> Step:
        """Its figures."""
        *terms, norm = [*self.means.tolist(), float(self.norm)]
        return Step(
            self.number,
            self.progress,
            sum(w * term for w, term in zip(self.objective.weights, terms, strict=True)),
            {str(t): value for (_, t), value in zip(self.objective.terms, terms, strict=True)},
            norm,
            self.learning_rate,
            sum(len(sentence) for batch in self.sentences for sentence in batch),
            self.seconds,
        )


@dataclass
class Position:
    """Where in a run training is, as a checkpoint keeps it."""

    epochs: list[Epoch] = field(default_factory=list)
    step: int = 0
    step_in_epoch: int = 0
    seconds_in_epoch: float = 0.0

    @property
    def best(self) -> float:
        """The best dev score so far."""
        return max((epoch.dev.score.main for epoch in self.epochs), default=-math.inf)

    @property
    def epochs_since_best(self) -> int:
        """How long ago that was."""
        return next((i for i, epoch in enumerate(reversed(self.epochs)) if epoch.best), 0)

    def state_dict(self) -> dict[str, Any]:
        """All of it, as a checkpoint keeps it."""
        return asdict(self)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """What `state_dict` gave."""
        vars(self).update(vars(TypeAdapter(Position).validate_python(state)))

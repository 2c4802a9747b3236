"""What an objective is, and how objectives add and scale."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from structdistill.objectives.schedules import Linear, shortest
from structdistill.structures import Distribution, Parts, Structure
from structdistill.structures.distribution import check_temperature as check_temperature
from structdistill.structures.local import nonnegative

Weight = float | Linear


class Objective(ABC):
    """What a student minimises: a number a sentence, unreduced.

    Every objective is normalised per part, so that one weight means the same for any batch size,
    sentence length and number of labels. Padding never counts, nothing flows into the teacher.
    Subclasses are frozen dataclasses whose fields are the settings.
    """

    @property
    @abstractmethod
    def needs_teacher(self) -> bool:
        """Whether it compares with a teacher."""

    @abstractmethod
    def __call__(
        self, student: Structure, teacher: Distribution | None = None, gold: Parts | None = None
    ) -> Float[Tensor, " batch"]:
        """The objective of each sentence.

        Args:
            student: the distributions to train.
            teacher: the distributions to learn from, over the same sentences and labels.
            gold: the annotation as an indicator of the student's parts; a place of zeros is not
                annotated.

        Raises:
            ValueError: it needs a teacher and there is none, or one of other sentences.
        """

    def __add__(self, other: "Objective") -> "WeightedSum":
        return WeightedSum(WeightedSum.of(self).terms + WeightedSum.of(other).terms)

    def __mul__(self, weight: Weight) -> "WeightedSum":
        scaled = ((_product(weight, own), term) for own, term in WeightedSum.of(self).terms)
        return WeightedSum(tuple(scaled))

    __rmul__ = __mul__

    def __str__(self) -> str:
        """As in a recipe: the name, and what differs from the defaults."""
        settings: list[Any] = [(f, getattr(self, f.name)) for f in fields(self)]  # type: ignore[arg-type]
        changed = [f"{f.name}={value!r}" for f, value in settings if value != f.default]
        name = type(self).__module__.rpartition(".")[2]
        return f"{name}({', '.join(changed)})" if changed else name


class Distillation(Objective):
    """An objective that compares the student with a teacher and needs no annotation."""

    @abstractmethod
    def divergence(self, student: Structure, teacher: Distribution) -> Float[Tensor, " batch"]:
        """How far each sentence's student is from its teacher, per part."""

    @property
    def needs_teacher(self) -> bool:
        return True

    def __call__(
        self, student: Structure, teacher: Distribution | None = None, gold: Parts | None = None
    ) -> Float[Tensor, " batch"]:
        if teacher is None:
            raise ValueError(f"{self} compares with a teacher and there is none; without, use nll")
        if not torch.equal(student.lengths, teacher.lengths):
            raise ValueError(
                "student and teacher must be of the same sentences; their lengths are "
                f"{student.lengths.tolist()} and {teacher.lengths.tolist()}"
            )
        return nonnegative(self.divergence(student, teacher.detach()))


@dataclass(frozen=True)
class WeightedSum(Objective):
    """Objectives, added with weights: `0.9 * substructure + linear(0, 0.1) * nll`."""

    terms: tuple[tuple[Weight, Objective], ...]

    @classmethod
    def of(cls, objective: Objective) -> "WeightedSum":
        """Any objective as a sum."""
        return objective if isinstance(objective, cls) else cls(((1.0, objective),))

    def at(self, progress: float) -> "WeightedSum":
        """The sum with the weights that schedules have after a share of training, in [0, 1]."""
        return WeightedSum(tuple((_at(weight, progress), term) for weight, term in self.terms))

    @property
    def weights(self) -> list[float]:
        """The terms' weights; raises ValueError for a schedule, which `at` turns into a number."""
        fixed = [weight for weight, _ in self.terms if not isinstance(weight, Linear)]
        if len(fixed) < len(self.terms):
            raise ValueError(f"{self} changes during training: call .at(progress) first")
        return fixed

    @property
    def needs_teacher(self) -> bool:
        return any(term.needs_teacher for _, term in self.terms)

    def values(
        self, student: Structure, teacher: Distribution | None = None, gold: Parts | None = None
    ) -> Float[Tensor, "term batch"]:
        """The terms, one a row, without their weights."""
        return torch.stack([term(student, teacher, gold) for _, term in self.terms])

    def __call__(
        self, student: Structure, teacher: Distribution | None = None, gold: Parts | None = None
    ) -> Float[Tensor, " batch"]:
        values = self.values(student, teacher, gold)
        return values.new_tensor(self.weights) @ values

    def __str__(self) -> str:
        return " + ".join(f"{_text(weight)}{term}" for weight, term in self.terms)


def _at(weight: Weight, progress: float) -> float:
    return weight.at(progress) if isinstance(weight, Linear) else weight


def _product(left: Weight, right: Weight) -> Weight:
    if isinstance(left, Linear):
        left, right = right, left
    if isinstance(left, Linear):
        raise ValueError(f"a product of two schedules, {left} and {right}, is not a schedule")
    if isinstance(right, Linear):
        return Linear(left * right.start, left * right.end, right.until)
    return left * right


def _text(weight: Weight) -> str:
    if isinstance(weight, Linear):
        return f"{weight} * "
    return "" if weight == 1 else f"{shortest(weight)} * "

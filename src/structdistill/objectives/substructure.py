"""Match teacher and student locally, on all sub-structures."""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from structdistill.objectives.base import Distillation, check_temperature
from structdistill.structures import Distribution, Structure


@dataclass(frozen=True)
class Substructure(Distillation):
    """Mean over all sub-structures of (s_student − s_teacher)²; no dynamic programme.

    The sub-structures at word i of a chain are the tag pairs (j, k) with s = emissions[i, k] +
    transitions[j, k] (`start` and `end` added at the first and last word); without transitions the
    tags k with s = emissions[i, k]; of a tree, the heads of each dependent. The mean is taken over
    the alternatives at each place, then over places; forbidden alternatives do not count.

    Args:
        transitions: whether tag pairs or tags are compared. Both are in the published code.
        centred: subtract from the differences what changes no distribution, yet is punished by the
            raw difference: a constant for all alternatives of a place, so each place's mean; other
            structures say more (`Local.invariance`).
        measure: `squared_error`, or `kl`: KL(teacher ‖ student) of the softmaxes over s.
        temperature: of both sides; for `kl` only, which is multiplied by T².

    Gradient: for the squared error 2 (s_student − s_teacher) / (places · alternatives) with
        respect to s_student; if centred, of what is left of the difference.
    Range: ≥ 0.
    At student = teacher: 0, the minimum. If centred, reached whenever nothing is left of the
        difference: where it is constant at each place.
    Reference: Lin et al. (2022), section 3. Their code neither centres nor masks padding, and takes
        the mean over padded positions and the boundary labels too.
    """

    transitions: bool = True
    centred: bool = True
    measure: Literal["squared_error", "kl"] = "squared_error"
    temperature: float = 1.0

    def __post_init__(self) -> None:
        check_temperature(self.temperature)
        if self.measure not in ("squared_error", "kl"):
            raise ValueError(f"measure must be 'squared_error' or 'kl'; got {self.measure!r}")
        if self.measure != "kl" and self.temperature != 1:
            raise ValueError("the squared error has no temperature: set measure='kl', or a weight")

    def divergence(self, student: Structure, teacher: Distribution) -> Float[Tensor, " batch"]:
        if self.measure == "kl":
            theirs = teacher.temper(self.temperature).local(transitions=self.transitions)
            ours = student.temper(self.temperature).local(transitions=self.transitions)
            return self.temperature**2 * theirs.kl(ours)
        ours = student.local(transitions=self.transitions)
        theirs = teacher.local(transitions=self.transitions)
        return ours.squared_error(theirs, centred=self.centred)

"""KL of the softmaxes at each word."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from structdistill.objectives.base import Distillation, check_temperature
from structdistill.structures import Distribution, Structure


@dataclass(frozen=True)
class Token(Distillation):
    """Mean over places of T² KL(softmax(e_teacher / T) ‖ softmax(e_student / T)).

    e are the potentials of the alternatives at one place: the emissions of a word, the heads of a
    dependent. What a structure knows beyond them (transitions) is left out.

    Gradient: T (softmax(e_student / T) − softmax(e_teacher / T)) / n with respect to e_student.
    Range: ≥ 0.
    At student = teacher: 0, the minimum; reached whenever the softmaxes agree.
    Reference: Hinton et al. (2015), section 2. The factor T², which keeps the size of the gradient,
        is missing in some published code for taggers.
    """

    temperature: float = 1.0

    def __post_init__(self) -> None:
        check_temperature(self.temperature)

    def divergence(self, student: Structure, teacher: Distribution) -> Float[Tensor, " batch"]:
        theirs = teacher.temper(self.temperature).local(transitions=False)
        ours = student.temper(self.temperature).local(transitions=False)
        return self.temperature**2 * theirs.kl(ours)

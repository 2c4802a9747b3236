"""Exact KL over whole structures."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from structdistill.objectives.base import Distillation, check_temperature
from structdistill.structures import Distribution, Structure


@dataclass(frozen=True)
class Structural(Distillation):
    """T² KL(p_teacher ‖ p_student) / n over all structures, both at temperature T.

    Gradient: T (student's marginals − teacher's expected parts) / n.
    Range: ≥ 0.
    At student = teacher: 0, the minimum; reached only where the distributions agree.
    Reference: Wang et al. (2021), section 3. Their code tempers the teacher's marginals and the
        student's potentials, which is a divergence for T = 1 only; here T divides the potentials
        of both. Families that factorise differently are compared through `expected_parts`.
    """

    temperature: float = 1.0

    def __post_init__(self) -> None:
        check_temperature(self.temperature)

    def divergence(self, student: Structure, teacher: Distribution) -> Float[Tensor, " batch"]:
        teacher, student = teacher.temper(self.temperature), student.temper(self.temperature)
        return self.temperature**2 * teacher.kl(student) / student.lengths.clamp(min=1)

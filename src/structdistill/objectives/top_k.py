"""Negative log-likelihood of the teacher's k best structures."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from structdistill.objectives.base import Distillation, check_temperature
from structdistill.structures import Distribution, Structure


@dataclass(frozen=True)
class TopK(Distillation):
    """−T² Σ_y w(y) log p_student(y) / n over the teacher's k best structures y.

    w is the teacher's probability, renormalised over the k, teacher and student both at
    temperature T; `weighted=False` counts them alike. k = 1 is sequence-level distillation.

    Gradient: T (marginals − Σ_y w(y) parts(y)) / n.
    Range: ≥ 0; at least T² / n times the entropy of w, by which it differs from a divergence.
    At student = teacher: not a minimum unless the k best hold all of the teacher's mass.
    Reference: Kim & Rush (2016), section 3.2; Wang et al. (2020), section 3.1. Published k-best
        decoders repeat paths for padded sentences; ours is exact.
    """

    k: int = 3
    weighted: bool = True
    temperature: float = 1.0

    def __post_init__(self) -> None:
        check_temperature(self.temperature)
        if self.k < 1:
            raise ValueError(f"k must be at least 1; got {self.k}")

    def divergence(self, student: Structure, teacher: Distribution) -> Float[Tensor, " batch"]:
        teacher, student = teacher.temper(self.temperature), student.temper(self.temperature)
        best = teacher.best(self.k)
        best = best if self.weighted else best.uniform()
        value = best.cross_entropy(student)
        return self.temperature**2 * value / student.lengths.clamp(min=1)

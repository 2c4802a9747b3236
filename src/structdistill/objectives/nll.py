"""Negative log-likelihood of the annotation."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from structdistill.objectives.base import Objective
from structdistill.structures import Distribution, Parts, Structure


@dataclass(frozen=True)
class NLL(Objective):
    """−log p_student(gold) / n.

    Where a sentence is annotated in part, the probability of all structures that agree with the
    annotation: log Z − log Z restricted to them. Without any annotation 0.

    Gradient: (marginals − marginals given the annotation) / n.
    Range: ≥ 0.
    At student = teacher: does not look at the teacher.
    Reference: Lafferty et al. (2001); partial annotation Tsuboi et al. (2008), section 4.
    """

    @property
    def needs_teacher(self) -> bool:
        return False

    def __call__(
        self, student: Structure, teacher: Distribution | None = None, gold: Parts | None = None
    ) -> Float[Tensor, " batch"]:
        if gold is None:
            return student.lengths.new_zeros(len(student), dtype=student.dtype)
        agreeing = student.constrain(gold[student.decisive])
        value = student.log_partition() - agreeing.log_partition()
        return value / student.lengths.clamp(min=1)

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
    annotation: log Z − log Z restricted to them. Without any annotation 0, and no gradient.

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
        value = student.lengths.new_zeros(len(student), dtype=student.dtype)
        if gold is None:
            return value
        whole = student.are_whole(gold)
        partly = ~whole & (gold[student.decisive].flatten(1).sum(1) > 0)
        for annotated, surprisal in ((whole, _of_structures), (partly, _of_what_is_known)):
            if annotated.all():
                value = surprisal(student, gold)
            elif annotated.any():
                some = annotated.nonzero().squeeze(1)
                known = {name: part[some] for name, part in gold.items()}
                found = surprisal(student[some], known)
                value = value.index_put((some,), found.to(value.dtype))
        return value / student.lengths.clamp(min=1)


def _of_structures(student: Structure, gold: Parts) -> Float[Tensor, " batch"]:
    return -student.log_prob(gold)


def _of_what_is_known(student: Structure, gold: Parts) -> Float[Tensor, " batch"]:
    return student.log_partition() - student.constrain(gold[student.decisive]).log_partition()

"""KL of the marginals at each place, per word."""

from dataclasses import dataclass
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import threshold

from structdistill.objectives.base import Distillation, check_temperature
from structdistill.structures import Distribution, Structure, expected_parts


@dataclass(frozen=True)
class Posterior(Distillation):
    """Σ over places T² KL(teacher's marginals ‖ student's marginals) / n, both at temperature T.

    The marginals of the alternatives at one place: of a word's tags, of a dependent's heads, of the
    segments that start at a word. Where each word is a place, a mean over places.

    Gradient: the covariance of the student's parts times −p_teacher / p_student, times T / n.
    Range: ≥ 0.
    At student = teacher: 0, the minimum; reached whenever the marginals agree.
    Reference: Wang et al. (2020), section 3.2. Their code divides the logarithms of the teacher's
        and student's marginals by T; here T divides the potentials of both, so that what is
        compared are marginals of a distribution.
    """

    temperature: float = 1.0

    def __post_init__(self) -> None:
        check_temperature(self.temperature)

    def divergence(self, student: Structure, teacher: Distribution) -> Float[Tensor, " batch"]:
        teacher, student = teacher.temper(self.temperature), student.temper(self.temperature)
        theirs = student.places(expected_parts(teacher, like=student)[student.decisive])
        ours = student.places(student.marginals()[student.decisive])
        per_word = cast(Tensor, _Divergence.apply(theirs, ours)) / student.lengths.clamp(min=1)
        return self.temperature**2 * per_word


class _Divergence(torch.autograd.Function):
    """Σ p log(p / q) of each sentence, with the gradient −p / q for q: few passes, and no mask.

    Probabilities below the smallest normal number count as that.
    """

    @staticmethod
    def forward(ctx: Any, p: Tensor, q: Tensor) -> Tensor:
        ctx.save_for_backward(p, q)
        tiny = torch.finfo(q.dtype).tiny
        logarithm = (p / q.clamp(min=tiny)).clamp_(min=tiny).log_()
        return (p * logarithm).sum((1, 2))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor]:
        p, q = ctx.saved_tensors
        ratio = p / threshold(q, torch.finfo(q.dtype).tiny, torch.inf)
        return None, ratio.mul_(-gradient[:, None, None])

"""One dynamic programme, three questions: the sum over structures, the best one, a random one."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor

from structdistill.structures.autograd import value_and_gradient
from structdistill.structures.fused import Fused
from structdistill.structures.potentials import Parts

Reduce = Callable[[Tensor, int], Tensor]
"""Reduces one axis of log-space values: log-sum-exp, maximum, or a sampled log-sum-exp."""


class Inside(Fused):
    """A structure whose inside recursion enumerates all its members.

    In log space the recursion needs only `+` and one reduction. Its gradient with respect to the
    potentials is the expected parts under log-sum-exp, the best structure under the maximum, and
    a sample when each log-sum-exp passes its gradient to one alternative drawn in proportion
    (Eisner 2016, Inside-outside and forward-backward algorithms are just backprop).
    """

    @abstractmethod
    def _inside(self, potentials: Parts, reduce: Reduce) -> Float[Tensor, " batch"]:
        """The reduction of ⟨potentials, parts(y)⟩ over all y; potentials have a batch axis."""

    def _reference(self, *potentials: Tensor) -> Float[Tensor, " batch"]:
        return self._inside(dict(zip(self.axes, potentials, strict=True)), log_sum_exp)

    def _reference_argmax(self) -> Parts:
        return value_and_gradient(
            lambda potentials: self._inside(potentials, _maximum),
            self.batched(),
            differentiable=False,
        )[1]

    def sample(self, count: int, *, generator: torch.Generator | None = None) -> Parts:
        def reduce(values: Tensor, dim: int) -> Tensor:
            return cast(Tensor, _SampledLogSumExp.apply(values, dim, generator))

        copies = self.detach()[torch.arange(len(self)).repeat(count)]
        _, samples = value_and_gradient(
            lambda potentials: copies._inside(potentials, reduce),
            copies.batched(),
            differentiable=False,
        )
        return {name: parts.unflatten(0, (count, len(self))) for name, parts in samples.items()}


def log_sum_exp(values: Tensor, dim: int) -> Tensor:
    """Log-sum-exp whose gradient sums to 1 for values of any size."""
    # Not torch.logsumexp: its gradient, exp(values - rounded result), does not sum to 1. For large
    # values in float32 that is visible in marginals, and ruins entropies.
    largest = values.detach().amax(dim, keepdim=True)
    return (values - largest).exp().sum(dim).log() + largest.squeeze(dim)


def _maximum(values: Tensor, dim: int) -> Tensor:
    # Not amax, whose gradient is shared between ties.
    return values.max(dim).values


class _SampledLogSumExp(torch.autograd.Function):
    """Log-sum-exp whose gradient goes to one alternative, drawn in proportion to its weight."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, dim: int, generator: torch.Generator | None) -> Tensor:
        ctx.save_for_backward(values)
        ctx.dim, ctx.generator = dim, generator
        return values.logsumexp(dim)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (values,) = ctx.saved_tensors
        last = values.movedim(ctx.dim, -1)
        weights = last.softmax(-1)
        drawn = torch.multinomial(weights.flatten(0, -2), 1, generator=ctx.generator)
        choice = torch.zeros_like(weights).scatter_(-1, drawn.view(*weights.shape[:-1], 1), 1)
        return (choice * gradient.unsqueeze(-1)).movedim(-1, ctx.dim), None, None

"""Kernels as functions that PyTorch differentiates, to any order."""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor

from structdistill.structures.kernels.kernel import Given, Kernel, Switches, Tensors
from structdistill.structures.kernels.scores import scores
from structdistill.structures.kernels.weighting import weighted

Reference = Callable[..., Tensor]
"""log Z in plain PyTorch, of the potentials in their order."""


class Problem(NamedTuple):
    """What a kernel answers questions about.

    Args:
        kernel: the kernel.
        potentials: in the order of their declaration.
        shared: which of them have no batch axis, for all sentences share them.
        given: the potentials as the kernel reads them.
        lengths: words of each sentence.
        switches: what the structure is told beside.
        reference: log Z in plain PyTorch, of potentials with a batch axis; differentiates for the
            third time.
    """

    kernel: Kernel
    potentials: Tensors
    shared: tuple[bool, ...]
    given: Given
    lengths: Int[Tensor, " batch"]
    switches: Switches
    reference: Reference

    def expectations(self) -> tuple[Float[Tensor, " batch"], Tensors]:
        """log Z and the expected parts, differentiable."""
        if not self._is_differentiable():
            return self._expectations()
        log_z, *parts = _Expectations.apply(self, *self.potentials)
        return log_z, tuple(parts)

    def surprisal(self, parts: Tensors | None = None) -> Float[Tensor, " batch"]:
        """log Z − ⟨potentials, parts⟩, differentiable; parts are constants, with a batch axis."""
        value, excess = self._expectations()
        if parts is not None:
            value = value - scores(self.given, parts)
            excess = tuple(map(torch.sub, excess, parts))
        return self.with_gradient(value, excess, None if parts is None else lambda: parts)

    def with_gradient(
        self,
        value: Float[Tensor, " batch"],
        excess: Tensors,
        others: Callable[[], Tensors] | None,
    ) -> Float[Tensor, " batch"]:
        """A value that is known, and its gradient: `excess`, the expected parts less others.

        Args:
            others: asked for those, which are constants, only if the gradient is differentiated.
        """
        if not self._is_differentiable():
            return value
        return cast(Tensor, _Surprisal.apply(self, value, excess, others, *self.potentials))

    def best(self) -> Tensors:
        """The indicator of the best structure of each sentence."""
        return self.kernel.best(self.given, self.lengths, self.switches)

    def _expectations(self) -> tuple[Float[Tensor, " batch"], Tensors]:
        return self.kernel.expectations(self.given, self.lengths, self.switches)

    def _is_differentiable(self) -> bool:
        return torch.is_grad_enabled() and any(x.requires_grad for x in self.potentials)


def batched(potentials: Tensors, shared: tuple[bool, ...]) -> Tensors:
    """The potentials, all with a batch axis, of size 1 where sentences share them."""
    return tuple(
        tensor.unsqueeze(0) if alone else tensor
        for tensor, alone in zip(potentials, shared, strict=True)
    )


class _Surprisal(torch.autograd.Function):
    """A value with a gradient that is known."""

    @staticmethod
    def forward(
        ctx: Any,
        problem: Problem,
        value: Tensor,
        excess: Tensors,
        others: Callable[[], Tensors] | None,
        *potentials: Tensor,
    ) -> Tensor:
        ctx.problem, ctx.excess, ctx.others = problem, excess, others
        ctx.save_for_backward(*potentials)
        return value

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        excess, problem, needed = ctx.excess, ctx.problem, ctx.needs_input_grad[4:]
        if torch.is_grad_enabled():  # to be differentiated again
            _, excess = problem._replace(potentials=ctx.saved_tensors).expectations()
            excess = tuple(map(torch.sub, excess, ctx.others())) if ctx.others else excess
        return *[None] * 4, *(
            weighted(gradient, part, shared=shared) if need else None
            for part, shared, need in zip(excess, problem.shared, needed, strict=True)
        )


class _Expectations(torch.autograd.Function):
    """log Z and the expected parts, which are its gradient; theirs are covariances."""

    @staticmethod
    def forward(ctx: Any, problem: Problem, *potentials: Tensor) -> tuple[Tensor, ...]:
        ctx.set_materialize_grads(False)  # seldom are all differentiated
        ctx.problem = problem
        log_z, parts = problem._replace(potentials=potentials)._expectations()
        ctx.save_for_backward(*potentials, *parts)
        return log_z, *parts

    @staticmethod
    def backward(
        ctx: Any, gradient: Tensor | None, *values: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        saved, number, needed = ctx.saved_tensors, len(values), ctx.needs_input_grad[1:]
        problem, parts = ctx.problem._replace(potentials=saved[:number]), saved[number:]
        found: list[Tensor | None] = [None] * number
        if gradient is not None:
            for i, part in enumerate(parts):
                found[i] = weighted(gradient, part, shared=problem.shared[i])
        if any(value is not None for value in values):
            directions = tuple(
                torch.zeros_like(part[:1]).expand_as(part) if value is None else value
                for part, value in zip(parts, values, strict=True)
            )
            for i, covariance in enumerate(_covariances(problem, directions)):
                own = covariance.sum(0) if problem.shared[i] else covariance
                earlier = found[i]
                found[i] = own if earlier is None else earlier + own
        return None, *(part if need else None for part, need in zip(found, needed, strict=True))


def _covariances(problem: Problem, values: Tensors) -> Tensors:
    """Of the parts with ⟨values, parts⟩, each sentence's for itself."""
    if not torch.is_grad_enabled():
        return problem.kernel.covariances(problem.given, values, problem.lengths, problem.switches)
    # Differentiable themselves, which a kernel's are not; and each sentence for itself.
    alone = batched(problem.potentials, problem.shared)
    at = [p.expand(value.shape) for p, value in zip(alone, values, strict=True)]
    at = [p if p.requires_grad else p.detach().requires_grad_() for p in at]
    marginals = torch.autograd.grad(
        problem.reference(*at).sum(),
        at,
        create_graph=True,
        materialize_grads=True,
        allow_unused=True,
    )
    return torch.autograd.grad(
        marginals, at, values, create_graph=True, materialize_grads=True, allow_unused=True
    )

"""Kernels as functions that PyTorch differentiates, to any order."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, cast, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from structdistill.structures.kernels.scores import scores

Tensors = tuple[Tensor, ...]
Reference = Callable[..., Tensor]
"""log Z in plain PyTorch, of the potentials in their order."""
Switches = tuple[bool, ...]
"""What a structure is told beside potentials and lengths, in the order of `Structure.switches`."""


@runtime_checkable
class Kernel(Protocol):
    """What a module of kernels offers; potentials and parts in the order of their declaration.

    A first axis of potentials or values that is of size 1 stands for a batch of equal ones.
    """

    def expectations(
        self, potentials: Tensors, lengths: Int[Tensor, " batch"], switches: Switches
    ) -> tuple[Float[Tensor, " batch"], Tensors]:
        """log Z and the expected parts of each sentence."""

    def covariances(
        self,
        potentials: Tensors,
        values: Tensors,
        lengths: Int[Tensor, " batch"],
        switches: Switches,
    ) -> Tensors:
        """Cov(parts, ⟨values, parts⟩): the derivative of the expected parts in a direction."""

    def best(
        self, potentials: Tensors, lengths: Int[Tensor, " batch"], switches: Switches
    ) -> Tensors:
        """The indicator of the best structure of each sentence."""


class Given(NamedTuple):
    """Parts whose score is asked for.

    Args:
        parts: constants, with a batch axis.
        less: other potentials, constants likewise, whose score of them is subtracted; empty if
            there are none.
    """

    parts: Tensors
    less: Tensors = ()


class Problem(NamedTuple):
    """What a kernel answers questions about.

    Args:
        kernel: the kernel.
        potentials: in the order of their declaration.
        shared: which of them have no batch axis, for all sentences share them.
        lengths: words of each sentence.
        switches: what the structure is told beside.
        reference: log Z in plain PyTorch, of potentials with a batch axis; differentiates for the
            third time.
    """

    kernel: Kernel
    potentials: Tensors
    shared: tuple[bool, ...]
    lengths: Int[Tensor, " batch"]
    switches: Switches
    reference: Reference

    def expectations(self) -> tuple[Float[Tensor, " batch"], Tensors]:
        """log Z and the expected parts, differentiable."""
        if not torch.is_grad_enabled() or not any(p.requires_grad for p in self.potentials):
            return self.kernel.expectations(self.batched(), self.lengths, self.switches)
        log_z, *parts = _Expectations.apply(self, None, *self.potentials)
        return log_z, tuple(parts)

    def log_partition(self, given: Given | None = None) -> Float[Tensor, " batch"]:
        """log Z, less what given parts score; differentiable."""
        return cast(Tensor, _Expectations.apply(self, given, *self.potentials)[0])

    def best(self) -> Tensors:
        """The indicator of the best structure of each sentence."""
        return self.kernel.best(self.batched(), self.lengths, self.switches)

    def batched(self) -> Tensors:
        """The potentials, all with a batch axis, of size 1 where sentences share them."""
        return tuple(
            tensor.unsqueeze(0) if shared else tensor
            for tensor, shared in zip(self.potentials, self.shared, strict=True)
        )


class _Expectations(torch.autograd.Function):
    """log Z, less what given parts score, and the expected parts.

    The gradient of the former is the expected less the given parts, that of ⟨expected parts, v⟩
    their covariance with v.
    """

    @staticmethod
    def forward(
        ctx: Any, problem: Problem, given: Given | None, *potentials: Tensor
    ) -> tuple[Tensor, ...]:
        ctx.set_materialize_grads(False)  # seldom are both differentiated
        ctx.problem, ctx.given = problem, given
        own = problem._replace(potentials=potentials)
        batched = own.batched()
        log_z, parts = own.kernel.expectations(batched, own.lengths, own.switches)
        ctx.save_for_backward(*potentials, *parts)
        if given is not None:
            log_z = log_z - scores(batched, given.parts, less=given.less)
        return log_z, *parts

    @staticmethod
    def backward(
        ctx: Any, gradient: Tensor | None, *values: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        saved, given, number = ctx.saved_tensors, ctx.given, len(values)
        problem = ctx.problem._replace(potentials=saved[:number])
        parts = saved[number:]
        found: list[Tensor | None] = [None] * number
        needed = ctx.needs_input_grad[2:]
        for i, part in enumerate(parts):
            if gradient is not None and needed[i]:
                excess = part if given is None else part - given.parts[i]
                found[i] = _weighted(gradient, excess, shared=problem.shared[i])
        if any(value is not None for value in values):
            directions = tuple(
                torch.zeros_like(part) if value is None else value
                for part, value in zip(parts, values, strict=True)
            )
            for i, covariance in enumerate(_covariances(problem, directions)):
                if needed[i] and covariance is not None:
                    own = covariance.sum(0) if problem.shared[i] else covariance
                    earlier = found[i]
                    found[i] = own if earlier is None else earlier + own
        return None, None, *found


def _weighted(weights: Float[Tensor, " batch"], parts: Tensor, *, shared: bool) -> Tensor:
    """Parts times the weight of their sentence, summed over sentences where they are shared."""
    if shared:
        return parts.flatten(1).t().mv(weights).view(parts.shape[1:])
    return weights.view(-1, *[1] * (parts.dim() - 1)) * parts


def _covariances(problem: Problem, values: Tensors) -> tuple[Tensor | None, ...]:
    """Of the parts with ⟨values, parts⟩, each sentence's for itself."""
    batched = problem.batched()
    if not torch.is_grad_enabled():
        return problem.kernel.covariances(batched, values, problem.lengths, problem.switches)
    # Differentiable themselves, which a kernel's are not; and each sentence for itself.
    at = [p.expand(value.shape) for p, value in zip(batched, values, strict=True)]
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

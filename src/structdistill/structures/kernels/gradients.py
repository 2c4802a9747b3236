"""Kernels as functions that PyTorch differentiates, to any order."""

from collections.abc import Callable
from typing import Any, Protocol, cast, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

Tensors = tuple[Tensor, ...]
Reference = Callable[..., Tensor]
"""log Z in plain PyTorch, of the potentials in their order."""
Switches = tuple[bool, ...]
"""What a structure is told beside potentials and lengths, in the order of `Structure.switches`."""


@runtime_checkable
class Kernel(Protocol):
    """What a module of kernels offers; potentials and parts in the order of their declaration."""

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


def log_partition(
    kernel: Kernel,
    potentials: tuple[Tensor, ...],
    lengths: Int[Tensor, " batch"],
    switches: Switches,
    reference: Reference,
) -> Float[Tensor, " batch"]:
    """log Z by a kernel. Its gradient are the marginals that the same call has computed.

    Args:
        potentials: with a batch axis, in the order of their declaration.
        reference: the same in plain PyTorch; differentiates for the third time.
    """
    return cast(Tensor, _LogPartition.apply(kernel, lengths, switches, reference, *potentials))


class _LogPartition(torch.autograd.Function):
    """log Z; its gradient is the marginals."""

    @staticmethod
    def forward(
        ctx: Any,
        kernel: Kernel,
        lengths: Tensor,
        switches: Switches,
        reference: Reference,
        *potentials: Tensor,
    ) -> Tensor:
        log_z, ctx.parts = kernel.expectations(potentials, lengths, switches)
        ctx.problem = kernel, lengths, switches, reference
        ctx.save_for_backward(*potentials)
        return log_z

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        parts = ctx.parts
        if torch.is_grad_enabled():
            parts = _Marginals.apply(ctx.problem, parts, *ctx.saved_tensors)
        needed = ctx.needs_input_grad[4:]
        return (
            *[None] * 4,
            *(
                _each(gradient, part) * part if need else None
                for part, need in zip(parts, needed, strict=True)
            ),
        )


class _Marginals(torch.autograd.Function):
    """Marginals that are known already; the gradient of ⟨marginals, v⟩ is the covariance with v."""

    @staticmethod
    def forward(
        ctx: Any,
        problem: tuple[Kernel, Tensor, Switches, Reference],
        parts: tuple[Tensor, ...],
        *potentials: Tensor,
    ) -> tuple[Tensor, ...]:
        ctx.problem = problem
        ctx.save_for_backward(*potentials)
        return tuple(part.view_as(part) for part in parts)

    @staticmethod
    def backward(ctx: Any, *values: Tensor) -> tuple[Tensor | None, ...]:
        kernel, lengths, switches, reference = ctx.problem
        potentials = ctx.saved_tensors
        if torch.is_grad_enabled():
            return None, None, *_reference_covariances(reference, potentials, values)
        return None, None, *kernel.covariances(potentials, values, lengths, switches)


def _reference_covariances(
    reference: Reference, potentials: tuple[Tensor, ...], values: tuple[Tensor, ...]
) -> tuple[Tensor | None, ...]:
    """The same covariances as `Kernel.covariances`, differentiable."""
    at = [p if p.requires_grad else p.detach().requires_grad_() for p in potentials]
    marginals = torch.autograd.grad(
        reference(*at).sum(), at, create_graph=True, materialize_grads=True, allow_unused=True
    )
    return torch.autograd.grad(
        marginals, at, values, create_graph=True, materialize_grads=True, allow_unused=True
    )


def _each(numbers: Tensor, like: Tensor) -> Tensor:
    """A number a sentence, to be multiplied with parts."""
    return numbers.view(-1, *[1] * (like.dim() - 1))

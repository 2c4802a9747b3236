"""Gradients that are answers, as marginals are those of log Z."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from structdistill.structures.potentials import Parts


def value_and_gradient(
    function: Callable[[Parts], Float[Tensor, " batch"]], at: Parts, *, differentiable: bool
) -> tuple[Float[Tensor, " batch"], Parts]:
    """The value of each sentence and its gradient, ∂ value / ∂ potentials.

    Args:
        function: of potentials.
        at: the potentials, all with a batch axis.
        differentiable: whether the answers have gradients of their own.
    """
    with torch.inference_mode(False), torch.enable_grad():
        leaves = {
            name: tensor if differentiable and tensor.requires_grad else _leaf(tensor)
            for name, tensor in at.items()
        }
        value = function(leaves)
        gradients = torch.autograd.grad(
            value.sum(),
            list(leaves.values()),
            create_graph=differentiable,
            allow_unused=True,
            materialize_grads=True,
        )
    return value if differentiable else value.detach(), dict(zip(at, gradients, strict=True))


def _leaf(tensor: Tensor) -> Tensor:
    """Shares the numbers where PyTorch can record gradients of it."""
    return (tensor.clone() if tensor.is_inference() else tensor.detach()).requires_grad_()

"""Parts of sentences, each times the weight of its sentence."""

import torch
from jaxtyping import Float
from torch import Tensor

from structdistill.structures.kernels.kernel import Tensors


def weighted(weights: Float[Tensor, " batch"], parts: Tensors, shared: tuple[bool, ...]) -> Tensors:
    """Parts times the weights of their sentences, summed where these share the potential.

    Args:
        shared: which potentials sentences share.
    """
    sums = _sums(weights, [part for part, alone in zip(parts, shared, strict=True) if alone])
    return tuple(
        sums.pop(0) if alone else weights.view(-1, *[1] * (part.dim() - 1)) * part
        for part, alone in zip(parts, shared, strict=True)
    )


def _sums(weights: Float[Tensor, " batch"], tables: list[Tensor]) -> list[Tensor]:
    """Of tables of labels: PyTorch takes longer to begin with one than numpy takes for it."""
    if torch.is_grad_enabled() or not weights.is_cpu:
        return [torch.tensordot(weights, table, 1) for table in tables]
    alone = weights.numpy()
    counts = [table.numpy() for table in tables]
    return [
        torch.from_numpy((alone @ each.reshape(len(each), -1)).reshape(each.shape[1:]))
        for each in counts
    ]

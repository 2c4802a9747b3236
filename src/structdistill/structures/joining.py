"""Batches put together."""

from collections.abc import Sequence

import torch
from torch.nn.functional import pad

from structdistill.structures.base import Structure
from structdistill.structures.potentials import word_offset


def joined(structures: Sequence[Structure]) -> Structure:
    """One batch of several, in their order, padded to the longest sentence.

    Potentials that the sentences of a batch share get a batch axis.

    Args:
        structures: one or more of the same family, with the same labels, widths and switches.

    Raises:
        ValueError: there is none, or they are of different families.
    """
    if len(structures) == 1:
        return structures[0]
    kinds = {type(each): each.switched() for each in structures}
    if len(kinds) != 1 or any(each.switched() != kinds[type(each)] for each in structures):
        names = ", ".join(kind.__name__ for kind in kinds) or "none"
        raise ValueError(f"batches of one family can be put together; got {names}")
    batches = [each.batched() for each in structures]
    potentials = {}
    for name, axes in structures[0]._axes.items():
        axes = axes if axes[0] == "b" else ("b", *axes)
        tensors = [batch[name] for batch in batches]
        words = [dim for dim, axis in enumerate(axes) if word_offset(axis) is not None]
        sizes = {dim: max(tensor.shape[dim] for tensor in tensors) for dim in words}
        potentials[name] = torch.cat([_extended(tensor, sizes) for tensor in tensors])
    lengths = torch.cat([each.lengths for each in structures])
    return structures[0]._like(potentials, lengths=lengths)


def _extended(tensor: torch.Tensor, sizes: dict[int, int]) -> torch.Tensor:
    """With zeros behind, where it is shorter."""
    widths = [0, 0] * tensor.dim()
    for dim, size in sizes.items():
        widths[2 * (tensor.dim() - 1 - dim) + 1] = size - tensor.shape[dim]
    return pad(tensor, widths)

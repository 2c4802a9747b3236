"""Fused kernels behind log Z, marginals and argmax, and the decision where they run."""

import importlib
from collections.abc import Sequence
from functools import cache
from typing import cast

import torch
from torch import Tensor

from structdistill.structures.kernels.gradients import Kernel, best, expectations, log_partition

__all__ = ["Kernel", "best", "expectations", "find", "log_partition"]

_DIMENSIONS: dict[str, set[tuple[int, ...]]] = {
    "linear_chain": {(3, 3, 2, 2)},
    "semi_markov": {(4, 3)},
    "projective_tree": {(3,), (4,)},
    "constituency_tree": {(4,)},
    "non_projective_tree": {(3,), (4,)},
}
"""For which families there are kernels, and the dimensions of the potentials that they may take."""


def find(structure: type, potentials: Sequence[Tensor]) -> Kernel | None:
    """The kernels for these potentials, or None where plain PyTorch computes.

    Args:
        structure: the class of the structure; its kernels are in the module of the same name.
        potentials: with a batch axis, in the order of their declaration.
    """
    family = structure.__module__.rpartition(".")[2]
    if tuple(tensor.dim() for tensor in potentials) not in _DIMENSIONS.get(family, ()):
        return None
    if not all(_usable(tensor) for tensor in potentials):
        return None
    return _module(family)


@cache
def _module(family: str) -> Kernel:
    # Imported when it is needed, because the compiler takes half a second to start.
    return cast(Kernel, importlib.import_module(f"{__name__}.{family}"))


def _usable(tensor: Tensor) -> bool:
    return (
        tensor.device.type == "cpu"
        and tensor.dtype in (torch.float32, torch.float64)
        and tensor.numel() > 0
    )

"""Fused kernels behind log Z, marginals and argmax, and the decision where they run."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import cast

import torch
from torch import Tensor

from structdistill.structures.kernels.arrays import OnArrays, Ranking, bounded_arrays, ranking
from structdistill.structures.kernels.divergence import are_alike, divergence
from structdistill.structures.kernels.gradients import Problem, batched
from structdistill.structures.kernels.kernel import Given, Kernel

__all__ = [
    "Given",
    "Kernel",
    "OnArrays",
    "Problem",
    "are_alike",
    "batched",
    "bounded_arrays",
    "choose",
    "divergence",
    "find",
    "find_ranking",
]

_DIMENSIONS: dict[str, set[tuple[int, ...]]] = {
    "linear_chain": {(3, 3, 2, 2)},
    "semi_markov": {(4, 3)},
    "projective_tree": {(3,), (4,)},
    "constituency_tree": {(4,)},
    "non_projective_tree": {(3,), (4,)},
}
"""For which families there are kernels, and the dimensions of the potentials that they may take."""

_RANKINGS = {"linear_chain": "chain_lists"}
"""For which families there are kernels of the k best structures, on CPUs, and where."""


def find(
    structure: type, dimensions: tuple[int, ...], potentials: Sequence[Tensor]
) -> Kernel | None:
    """The kernels for these potentials, or None where plain PyTorch computes.

    Args:
        structure: the class of the structure; its kernels are in modules of the same name.
        dimensions: of the potentials, each with a batch axis.
        potentials: in the order of their declaration, with or without a batch axis.
    """
    device, dtype = potentials[0].device, potentials[0].dtype
    for tensor in potentials:
        if tensor.device != device or tensor.dtype != dtype or not tensor.numel():
            return None
    return choose(structure, dimensions, device.type, dtype)


@cache
def choose(
    structure: type, dimensions: tuple[int, ...], device: str, dtype: torch.dtype
) -> Kernel | None:
    """The kernels for potentials of these dimensions on a kind of device, which need not be here.

    Args:
        structure, dimensions: as `find` sees them.
        device: cpu, cuda, …
    """
    family = structure.__module__.rpartition(".")[2]
    if dimensions not in _DIMENSIONS.get(family, ()):
        return None
    if dtype not in (torch.float32, torch.float64):
        return None
    # Imported here, because compilers take half a second to start.
    if device == "cpu":
        return OnArrays(import_module(f"{__name__}.{family}"))
    if device == "cuda" and _triton_is_here():
        return cast(Kernel, import_module(f"{__name__}.cuda.{family}"))
    return None


def find_ranking(structure: type, potentials: Sequence[Tensor]) -> Ranking | None:
    """The kernel of the k best structures, or None where the best of parts are sought one by one.

    Args:
        structure: as for `find`.
        potentials: with a batch axis.
    """
    kernel = find(structure, tuple(tensor.dim() for tensor in potentials), potentials)
    family = structure.__module__.rpartition(".")[2]
    if family not in _RANKINGS or not isinstance(kernel, OnArrays):
        return None
    return ranking(import_module(f"{__name__}.{_RANKINGS[family]}").k_best)


def _triton_is_here() -> bool:
    """In a version whose kernels take tuples of tensors."""
    if find_spec("triton") is None:
        return False
    major, minor, *_ = import_module("triton").__version__.split(".")
    return (int(major), int(minor)) >= (3, 3)

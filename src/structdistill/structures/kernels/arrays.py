"""Kernels on CPUs, which read and write numpy's arrays, for callers who have tensors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

Arrays = tuple[np.ndarray, ...]
Tensors = tuple[Tensor, ...]
Switches = tuple[bool, ...]
Lengths = Int[Tensor, " batch"]
Ranking = Callable[[Tensors, Lengths, int], tuple[Tensors, Float[Tensor, "k batch"]]]
"""From potentials, lengths and k the k best structures, shapes `(k, batch, ...)`, best first, and
their scores; zeros and -inf where there are fewer."""


@runtime_checkable
class _Kernel(Protocol):
    """`gradients.Kernel`, of arrays; a first axis of size 1 stands for equal sentences."""

    def expectations(
        self, potentials: Arrays, lengths: np.ndarray, switches: Switches
    ) -> tuple[np.ndarray, Arrays]: ...

    def covariances(
        self, potentials: Arrays, values: Arrays, lengths: np.ndarray, switches: Switches
    ) -> Arrays: ...

    def best(self, potentials: Arrays, lengths: np.ndarray, switches: Switches) -> Arrays: ...


@dataclass(frozen=True)
class OnArrays:
    """A module of kernels of arrays as one of tensors, which share their memory.

    Args:
        module: the kernels.
    """

    module: _Kernel

    def expectations(
        self, potentials: Tensors, lengths: Lengths, switches: Switches
    ) -> tuple[Float[Tensor, " batch"], Tensors]:
        """log Z and the expected parts of each sentence."""
        log_z, parts = self.module.expectations(_arrays(potentials), lengths.numpy(), switches)
        return torch.from_numpy(log_z), _tensors(parts)

    def covariances(
        self, potentials: Tensors, values: Tensors, lengths: Lengths, switches: Switches
    ) -> Tensors:
        """Cov(parts, ⟨values, parts⟩): the derivative of the expected parts in a direction."""
        arrays = _arrays(potentials), _arrays(values)
        return _tensors(self.module.covariances(*arrays, lengths.numpy(), switches))

    def best(self, potentials: Tensors, lengths: Lengths, switches: Switches) -> Tensors:
        """The indicator of the best structure of each sentence."""
        return _tensors(self.module.best(_arrays(potentials), lengths.numpy(), switches))


def ranking(kernel: Callable[[Arrays, np.ndarray, int], tuple[Arrays, np.ndarray]]) -> Ranking:
    """A kernel of the k best structures that reads arrays as one of tensors."""

    def ranked(
        potentials: Tensors, lengths: Lengths, k: int
    ) -> tuple[Tensors, Float[Tensor, "k batch"]]:
        parts, scores = kernel(_arrays(potentials), lengths.numpy(), k)
        return _tensors(parts), torch.from_numpy(scores)

    return ranked


def _arrays(tensors: Tensors) -> Arrays:
    """Contiguous arrays; what is the same for all sentences only once."""
    return tuple(
        (tensor[:1] if tensor.stride(0) == 0 else tensor).detach().contiguous().numpy()
        for tensor in tensors
    )


def _tensors(arrays: Arrays) -> Tensors:
    return tuple(map(torch.from_numpy, arrays))

"""Kernels on CPUs, which read and write numpy's arrays, for callers who have tensors."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import repeat
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from structdistill.structures.kernels.compiling import compiled, step
from structdistill.structures.kernels.kernel import Switches, Tensors
from structdistill.structures.potentials import FORBIDDEN

Arrays = tuple[np.ndarray, ...]
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
    """A module of kernels of arrays as one whose answers are tensors, which share their memory.

    What is in potentials beyond the sentences does not matter to it.

    Args:
        module: the kernels.
    """

    module: _Kernel

    def expectations(
        self, potentials: Arrays, lengths: Lengths, switches: Switches
    ) -> tuple[Float[Tensor, " batch"], Tensors]:
        """log Z and the expected parts of each sentence."""
        log_z, parts = self.module.expectations(potentials, lengths.numpy(), switches)
        return torch.from_numpy(log_z), _tensors(parts)

    def covariances(
        self, potentials: Arrays, values: Tensors, lengths: Lengths, switches: Switches
    ) -> Tensors:
        """Cov(parts, ⟨values, parts⟩): the derivative of the expected parts in a direction."""
        found = self.module.covariances(potentials, arrays(values), lengths.numpy(), switches)
        return _tensors(found)

    def best(self, potentials: Arrays, lengths: Lengths, switches: Switches) -> Tensors:
        """The indicator of the best structure of each sentence."""
        return _tensors(self.module.best(potentials, lengths.numpy(), switches))


def best_on_cpu(
    best: Callable[..., Arrays], potentials: Tensors, lengths: Lengths, switches: Switches
) -> Tensors:
    """The best structures of potentials on any device, by a kernel that only CPUs have."""
    found = best(bounded_arrays(potentials), lengths.numpy(force=True), switches)
    return tuple(part.to(potentials[0].device) for part in _tensors(found))


def ranking(kernel: Callable[[Arrays, np.ndarray, int], tuple[Arrays, np.ndarray]]) -> Ranking:
    """A kernel of the k best structures that reads arrays as one of tensors."""

    def ranked(
        potentials: Tensors, lengths: Lengths, k: int
    ) -> tuple[Tensors, Float[Tensor, "k batch"]]:
        parts, scores = kernel(bounded_arrays(potentials), lengths.numpy(), k)
        return _tensors(parts), torch.from_numpy(scores)

    return ranked


def arrays(tensors: Tensors, shared: Iterable[bool] = repeat(False)) -> Arrays:
    """Contiguous arrays with a batch axis; what is the same for all sentences only once.

    Args:
        shared: which tensors have no batch axis.
    """
    found = []
    for tensor, is_shared in zip(tensors, shared, strict=False):
        array = tensor.numpy(force=True)
        if is_shared:
            array = array[None]
        elif array.strides[0] == 0:
            array = array[:1]
        found.append(np.ascontiguousarray(array))
    return tuple(found)


def bounded_arrays(potentials: Tensors, shared: Iterable[bool] = repeat(False)) -> Arrays:
    """Their arrays, with nothing below FORBIDDEN; what lies beyond sentences stays as it is."""
    # A copy of a large table takes longer than to see that none is needed.
    return tuple(
        x if _are_bounded(x.reshape(-1)) else np.maximum(x, FORBIDDEN)
        for x in arrays(potentials, shared)
    )


@compiled
def _are_bounded(numbers: np.ndarray) -> bool:
    """Whether all are FORBIDDEN or more, which NaN is not."""
    count = 0
    for i in range(len(numbers)):
        count += numbers[i] >= FORBIDDEN
    return count == len(numbers)


@step
def of_sentence(array: np.ndarray, sentence: int) -> np.ndarray:
    """What belongs to a sentence, where one may stand for all."""
    found: np.ndarray = array[min(sentence, len(array) - 1)]
    return found


def _tensors(arrays: Arrays) -> Tensors:
    return tuple(map(torch.from_numpy, arrays))

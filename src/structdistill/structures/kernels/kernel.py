"""What a module of kernels offers, on any device."""

from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor

Tensors = tuple[Tensor, ...]
Given = tuple[Any, ...]
"""Potentials as kernels read them: tensors, or numpy's arrays, all with a batch axis; one of size 1
stands for a batch of equal ones."""
Switches = tuple[bool, ...]
"""What a structure is told beside potentials and lengths, in the order of `Structure.switches`."""


@runtime_checkable
class Kernel(Protocol):
    """What a module of kernels offers; potentials and parts in the order of their declaration.

    A first axis of values that is of size 1 stands for a batch of equal ones.
    """

    def expectations(
        self, potentials: Given, lengths: Int[Tensor, " batch"], switches: Switches
    ) -> tuple[Float[Tensor, " batch"], Tensors]:
        """log Z and the expected parts of each sentence."""

    def covariances(
        self,
        potentials: Given,
        values: Tensors,
        lengths: Int[Tensor, " batch"],
        switches: Switches,
    ) -> Tensors:
        """Cov(parts, ⟨values, parts⟩): the derivative of the expected parts in a direction."""

    def best(
        self, potentials: Given, lengths: Int[Tensor, " batch"], switches: Switches
    ) -> Tensors:
        """The indicator of the best structure of each sentence."""

"""What a teacher answers with: distributions over structures, whatever they are made of."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import torch
from jaxtyping import Float, Int
from torch import Tensor

from structdistill.structures.local import Local
from structdistill.structures.potentials import Parts

if TYPE_CHECKING:
    from structdistill.structures.base import Structure
    from structdistill.structures.empirical import Empirical


class Distribution(ABC):
    """A batch of distributions over structures, one a sentence.

    A `Structure` has potentials, and so can be trained; an `Empirical` is a list. Objectives ask a
    student as a structure, a teacher as a distribution.
    """

    lengths: Int[Tensor, " batch"]
    """The words of each sentence."""

    @abstractmethod
    def argmax(self) -> Parts:
        """The indicator of the most probable structure of each sentence."""

    @abstractmethod
    def best(self, k: int) -> "Empirical":
        """The k most probable structures, best first, their probabilities renormalised."""

    @abstractmethod
    def local(self, *, transitions: bool) -> Local:
        """The potentials as local distributions, each over the alternatives at one place.

        Args:
            transitions: whether an alternative includes what precedes it, for structures that
                have potentials for that.

        Raises:
            ValueError: there are no potentials.
        """

    @abstractmethod
    def entropy(self) -> Float[Tensor, " batch"]:
        """H(p) = −E_p[log p(y)] in nats: never negative."""

    def cross_entropy(self, other: "Structure") -> Float[Tensor, " batch"]:
        """−E_p[log q(y)] in nats, with p = self and q = other.

        The two may factorise differently, where `convert` knows how.
        """
        from structdistill.structures.convert import expected_parts  # which knows every structure

        return other._surprisal(expected_parts(self, like=other))

    @abstractmethod
    def kl(self, other: "Structure") -> Float[Tensor, " batch"]:
        """KL(p ‖ q) in nats, with p = self and q = other: never negative, 0 at equality."""

    @abstractmethod
    def temper(self, temperature: float) -> Self:
        """p(y)^(1/T), renormalised."""

    @abstractmethod
    def detach(self) -> Self:
        """The same distributions, through which no gradient flows."""

    @abstractmethod
    def to(self, device: torch.device | str) -> Self:
        """The same distributions on another device."""

    @abstractmethod
    def relabel(self, order: Int[Tensor, " label"]) -> Self:
        """The same distributions over reordered labels: the new label i is the old `order[i]`."""

    def __len__(self) -> int:
        return len(self.lengths)

    @abstractmethod
    def __getitem__(self, index: int | slice | Sequence[int] | Tensor) -> Self:
        """Some of the sentences; the batch axis stays, also for a single one."""


def check_temperature(temperature: float) -> None:
    """Raises a ValueError unless it is positive."""
    if not temperature > 0:
        raise ValueError(f"temperature must be positive; got {temperature}")

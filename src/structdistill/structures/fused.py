"""A plain programme, and the fused kernels that stand in for it where there are some."""

from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor

from structdistill.structures import kernels
from structdistill.structures.base import Structure
from structdistill.structures.potentials import Parts


class Fused(Structure):
    """A structure whose log Z and best structures are computed by kernels where these exist."""

    @abstractmethod
    def _reference(self, *potentials: Tensor) -> Float[Tensor, " batch"]:
        """log Z in plain PyTorch, of potentials that have a batch axis, in their order."""

    @abstractmethod
    def _reference_argmax(self) -> Parts:
        """The indicator of the best structures without a kernel for these potentials."""

    def argmax(self) -> Parts:
        problem = self._problem
        if problem is None:
            return self._reference_argmax()
        return dict(zip(self.axes, problem.best(), strict=True))

    def _log_partition(self, potentials: Parts) -> Float[Tensor, " batch"]:
        return self._reference(*potentials.values())

    def _surprisal(self, parts: Parts | None = None) -> Float[Tensor, "*count batch"]:
        problem = self._problem
        if problem is None or not (parts is None or self._are_constants(parts)):
            return super()._surprisal(parts)
        return problem.surprisal(None if parts is None else tuple(parts[n] for n in self.axes))

    def _divergence(self, other: Structure) -> Float[Tensor, " batch"]:
        p, q = self._problem, other._problem if isinstance(other, Fused) else None
        if p is None or q is None or self._is_differentiable() or not kernels.are_alike(p, q):
            return super()._divergence(other)
        return kernels.divergence(p, q)

    def _expectations(self) -> tuple[Float[Tensor, " batch"], Parts]:
        problem = self._problem
        if problem is None:
            return super()._expectations()
        log_partition, parts = problem.expectations()
        return log_partition, dict(zip(self.axes, parts, strict=True))

    @property
    def _problem(self) -> kernels.Problem | None:
        """What to ask a kernel; None if there is no kernel for these potentials."""
        # Not kept: it refers to this structure, whose memory would wait for the cycle to be found.
        potentials, shared = tuple(self._given.values()), self._axes.shared
        kernel = kernels.find(type(self), self._axes.dimensions, potentials)
        if kernel is None:
            return None
        given: kernels.Given
        if isinstance(kernel, kernels.OnArrays):  # which do not look beyond the sentences
            given = kernels.bounded_arrays(potentials, shared)
        else:
            potentials = tuple(self.potentials.values())
            given = kernels.batched(potentials, shared)
        switches = tuple(self.switched().values())
        return kernels.Problem(
            kernel, potentials, shared, given, self.lengths, switches, self._reference_as_given
        )

    def _reference_as_given(self, *potentials: Tensor) -> Float[Tensor, " batch"]:
        """`_reference` of potentials that are not bounded."""
        bounded = self._bounded(dict(zip(self.axes, potentials, strict=True)))
        return self._reference(*bounded.values())

    def _are_constants(self, parts: Parts) -> bool:
        """Whether parts are those of one structure a sentence, and have no gradients."""
        return all(
            parts[name].dim() == dimensions
            and parts[name].dtype == self.dtype
            and not (parts[name].requires_grad and torch.is_grad_enabled())
            for name, dimensions in zip(self._axes, self._axes.dimensions, strict=True)
        )

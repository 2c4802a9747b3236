"""A plain programme, and the fused kernels that stand in for it where there are some."""

from abc import abstractmethod

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

    def _log_partition(self, potentials: Parts) -> Float[Tensor, " batch"]:
        tensors = tuple(potentials.values())
        kernel = kernels.find(type(self), tensors)
        if kernel is None:
            return self._reference(*tensors)
        switches = tuple(self.switched().values())
        return kernels.log_partition(kernel, tensors, self.lengths, switches, self._reference)

    def _log_partition_and_marginals(self) -> tuple[Float[Tensor, " batch"], Parts]:
        tensors = tuple(self.batched().values())
        kernel = None if self._is_differentiable() else kernels.find(type(self), tensors)
        if kernel is None:
            return super()._log_partition_and_marginals()
        switches = tuple(self.switched().values())
        log_partition, parts = kernel.expectations(tensors, self.lengths, switches)
        return log_partition, dict(zip(self.axes, parts, strict=True))

    def argmax(self) -> Parts:
        tensors = tuple(self.batched().values())
        kernel = kernels.find(type(self), tensors)
        if kernel is None:
            return self._reference_argmax()
        found = kernel.best(tensors, self.lengths, tuple(self.switched().values()))
        return dict(zip(self.axes, found, strict=True))

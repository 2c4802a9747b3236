"""Kernels of segmentations whose transitions are shared over positions, on CUDA devices."""

from jaxtyping import Float, Int
from torch import Tensor

from structdistill.structures.kernels.cuda.arithmetic import BEST, COVARIANCES, EXPECTATIONS
from structdistill.structures.kernels.cuda.segment_sweep import sweep

Tensors = tuple[Tensor, ...]
Lengths = Int[Tensor, " batch"]


def expectations(
    potentials: Tensors, lengths: Lengths, _: tuple[()]
) -> tuple[Float[Tensor, " batch"], Tensors]:
    """log Z and the expected parts of each sentence."""
    log_z, parts = sweep(EXPECTATIONS, _with_ends(potentials), (), lengths)
    return log_z, parts[:2]


def covariances(potentials: Tensors, values: Tensors, lengths: Lengths, _: tuple[()]) -> Tensors:
    """Cov(parts, ⟨values, parts⟩): the derivative of the expected parts in a direction."""
    return sweep(COVARIANCES, _with_ends(potentials), _with_ends(values), lengths)[1][:2]


def best(potentials: Tensors, lengths: Lengths, _: tuple[()]) -> Tensors:
    """The indicator of the best segmentation of each sentence."""
    return sweep(BEST, _with_ends(potentials), (), lengths)[1][:2]


def _with_ends(potentials: Tensors) -> Tensors:
    """With zeros where segmentations may begin and end with one label rather than another."""
    indifferent = potentials[1].new_zeros(1, 1).expand(potentials[1].shape[:2])
    return *potentials, indifferent, indifferent

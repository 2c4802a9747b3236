"""Kernels of chains whose transitions are shared over positions, on CUDA devices."""

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
    log_z, parts = sweep(EXPECTATIONS, _as_segments(potentials), (), lengths)
    return log_z, _as_words(parts)


def covariances(potentials: Tensors, values: Tensors, lengths: Lengths, _: tuple[()]) -> Tensors:
    """Cov(parts, ⟨values, parts⟩): the derivative of the expected parts in a direction."""
    directions = _as_segments(values)
    return _as_words(sweep(COVARIANCES, _as_segments(potentials), directions, lengths)[1])


def best(potentials: Tensors, lengths: Lengths, _: tuple[()]) -> Tensors:
    """The indicator of the best tags of each sentence."""
    return _as_words(sweep(BEST, _as_segments(potentials), (), lengths)[1])


def _as_segments(potentials: Tensors) -> Tensors:
    """A chain as segments of one word."""
    emissions, *others = potentials
    return emissions.unsqueeze(2), *others


def _as_words(parts: Tensors) -> Tensors:
    segments, *others = parts
    return segments.squeeze(2), *others

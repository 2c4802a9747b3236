"""KL from arrays to arrays, with nothing between that autograd would have to see."""

from typing import cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from structdistill.structures.kernels.arrays import OnArrays, bounded_arrays
from structdistill.structures.kernels.gradients import Problem
from structdistill.structures.kernels.scores import scores_of_arrays


def are_alike(p: Problem, q: Problem) -> bool:
    """Whether `divergence` compares them: of one precision, sharing the same, and on CPUs."""
    return (
        isinstance(p.kernel, OnArrays)
        and p.kernel is q.kernel
        and p.shared == q.shared
        and p.potentials[0].dtype == q.potentials[0].dtype
    )


def divergence(p: Problem, q: Problem) -> Float[Tensor, " batch"]:
    """KL(p ‖ q) = log Z_q − log Z_p − ⟨q − p, E_p[parts]⟩, never negative; q may have gradients.

    Args:
        p, q: of the same parts and sentences, and alike.
    """
    kernel, lengths = cast(OnArrays, p.kernel).module, p.lengths.numpy()
    ours, theirs = bounded_arrays(p.batched()), bounded_arrays(q.batched())
    log_p, expected = kernel.expectations(ours, lengths, p.switches)
    log_q, others = kernel.expectations(theirs, lengths, q.switches)
    # Of the difference, which is small where they are alike, as scores are not.
    value = log_q - log_p - scores_of_arrays(theirs, expected, ours)
    excess = tuple(map(torch.from_numpy, map(np.subtract, others, expected)))
    parts = tuple(map(torch.from_numpy, expected))
    found = torch.from_numpy(np.maximum(value, 0).astype(log_q.dtype))
    return q.with_gradient(found, excess, parts)

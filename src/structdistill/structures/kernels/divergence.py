"""KL from arrays to arrays, with nothing between that autograd would have to see."""

from functools import partial
from typing import cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from structdistill.structures.kernels.arrays import Arrays, OnArrays, of_sentence
from structdistill.structures.kernels.compiling import compiled
from structdistill.structures.kernels.gradients import Problem
from structdistill.structures.kernels.kernel import Switches
from structdistill.structures.kernels.scores import costs_of_sums, excess, rows
from structdistill.structures.kernels.threads import over_sentences


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
    kernel, lengths = cast(OnArrays, p.kernel), p.lengths.numpy()
    compare = getattr(kernel.module, "divergences", None) or partial(_divergences, kernel)
    value, differences = compare(p.given, q.given, lengths, p.switches)
    gradient = tuple(map(torch.from_numpy, differences))
    return q.with_gradient(torch.from_numpy(value), gradient, lambda: p.expectations()[1])


def _divergences(
    kernel: OnArrays, potentials: Arrays, others: Arrays, lengths: np.ndarray, switches: Switches
) -> tuple[np.ndarray, Arrays]:
    """KL(p ‖ q) of p with these potentials and q with others, and E_q[parts] − E_p[parts].

    By the expectations of each: for kernels that have no `divergences` of their own.
    """
    log_p, expected = kernel.module.expectations(potentials, lengths, switches)
    log_q, differences = kernel.module.expectations(others, lengths, switches)
    value = log_q.astype(np.float64) - log_p
    tables = [rows(each) for each in zip(potentials, others, expected, differences, strict=True)]

    def work(first: int, last: int) -> None:
        for ours, theirs, parts, more in tables:
            _compare(first, last, ours, theirs, parts, more, value)

    over_sentences(work, costs_of_sums(expected))
    return np.maximum(value, 0).astype(log_q.dtype), differences


@compiled
def _compare(
    first: int,
    last: int,
    ours: np.ndarray,
    theirs: np.ndarray,
    parts: np.ndarray,
    others: np.ndarray,
    value: Float[np.ndarray, " batch"],
) -> None:
    """Subtracts parts from other parts, and from the value what they score more there."""
    for b in range(first, last):
        value[b] -= excess(of_sentence(ours, b), of_sentence(theirs, b), parts[b])
        for i in range(parts.shape[1]):
            others[b, i] -= parts[b, i]

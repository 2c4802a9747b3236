"""What kernels of trees share: labels are summed over before the recursion, and told apart after.

The potentials of a tree's parts are a table `[b, i, j, label]` over pairs of positions. The
recursion of a family sees the log-sum-exp of each pair's labels, and gives its probability.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

from structdistill.structures.kernels.compiling import compiled
from structdistill.structures.kernels.labels import differentiate, mean, shares_of_labels
from structdistill.structures.kernels.threads import over_sentences

Table = Float[np.ndarray, "sentence position position *label"]
Lengths = Int[np.ndarray, " batch"]
Sweep = Callable[..., None]
"""`sweep(first, last, scores, lengths, *switches, log_z, probabilities)`: of the sentences
first … last - 1, from scores `[b, moment, i, j]` log Z, and the probabilities likewise. The second
moment, if there is one, is the mean value of a pair's labels, and the derivative in that direction.
"""


def expectations(
    sweep: Sweep,
    potentials: np.ndarray,
    values: np.ndarray | None,
    lengths: Lengths,
    costs: Lengths,
    switches: tuple[bool, ...],
    *,
    upward: bool,
) -> tuple[Float[np.ndarray, " batch"], Table]:
    """log Z, and expected parts or, where values are given, their covariances with ⟨values, parts⟩.

    Args:
        sweep: the recursion of the family.
        values: shaped like the potentials, or a first axis of size 1 stands for equal ones.
        costs: of the recursion, for `over_sentences`.
        upward: whether only pairs i < j are parts; else all i ≠ j but j = 0.
    """
    sentences, size = potentials.shape[:2]
    table = potentials.reshape(sentences, size, size, -1)
    directions = table[:0] if values is None else values.reshape(-1, *table.shape[1:])
    log_z, parts = np.zeros(sentences, table.dtype), np.zeros_like(table)
    shape = (sentences, 1 if values is None else 2, size, size)
    scores, probabilities = np.empty(shape), np.empty(shape)

    def work(first: int, last: int) -> None:
        # One after another instead of one kernel of them all, which would take longer to compile.
        _sum_labels(first, last, table, directions, lengths, upward, scores, parts)
        sweep(first, last, scores, lengths, *switches, log_z, probabilities)
        _share_among_labels(first, last, probabilities, scores, directions, lengths, upward, parts)

    over_sentences(work, costs + lengths**2 * table.shape[3] // 50)
    return log_z, parts.reshape(potentials.shape)


@compiled
def _sum_labels(
    first: int,
    last: int,
    potentials: np.ndarray,
    values: np.ndarray,
    lengths: np.ndarray,
    upward: bool,
    scores: np.ndarray,
    shares: np.ndarray,
) -> None:
    row = np.empty(potentials.shape[3])
    for b in range(first, last):
        for i in range(lengths[b] + 1):
            for j in range(i + 1 if upward else 1, lengths[b] + 1):
                if i != j:
                    scores[b, 0, i, j] = shares_of_labels(potentials[b, i, j], shares[b, i, j], row)
                    if len(values) > 0:
                        v = values[min(b, len(values) - 1), i, j]
                        scores[b, 1, i, j] = mean(shares[b, i, j], v)


@compiled
def _share_among_labels(
    first: int,
    last: int,
    probabilities: np.ndarray,
    scores: np.ndarray,
    values: np.ndarray,
    lengths: np.ndarray,
    upward: bool,
    parts: np.ndarray,
) -> None:
    for b in range(first, last):
        for i in range(lengths[b] + 1):
            for j in range(i + 1 if upward else 1, lengths[b] + 1):
                if i == j:
                    continue
                probability = probabilities[b, 0, i, j]
                if len(values) > 0:
                    part = probability, probabilities[b, 1, i, j]
                    v = values[min(b, len(values) - 1), i, j]
                    differentiate(parts[b, i, j], part, v, scores[b, 1, i, j])
                else:
                    for label in range(parts.shape[3]):
                        parts[b, i, j, label] *= probability

"""What kernels of trees share: labels are summed over before the recursion, and told apart after.

The potentials of a tree's parts are a table `[b, i, j, label]` over pairs of positions. The
recursion of a family sees the log-sum-exp of each pair's labels, and gives its probability.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from structdistill.structures.kernels.compiling import compiled
from structdistill.structures.kernels.labels import differentiate, mean, shares_of_labels
from structdistill.structures.kernels.threads import over_sentences

Table = Float[np.ndarray, "sentence position position *label"]
Lengths = Int[np.ndarray, " batch"]
Sweep = Callable[..., bool]
"""`sweep(first, last, scores, lengths, *switches, lost, log_z, probabilities)`: of the sentences
first … last - 1, from scores `[b, moment, i, j]` log Z, and the probabilities likewise. The second
moment, if there is one, is the mean value of a pair's labels, and the derivative in that direction.
Sentences whose scores range too widely are marked in `lost`; it returns whether there is one.
"""
Fallback = Callable[..., None]
"""The same for those that are lost, whatever their range: slower, compiled when one needs it."""


@dataclass(frozen=True)
class Recursion:
    """What a family's kernels do beside its recursion over pairs of positions.

    Args:
        sweep, fallback: the recursion.
        share: what a sentence costs of its length cubed, in the units of `over_sentences`.
        upward: whether only pairs i < j are parts; else all i ≠ j but j = 0.
    """

    sweep: Sweep
    fallback: Fallback
    share: float
    upward: bool

    def expectations(
        self, potentials: tuple[np.ndarray], lengths: Lengths, switches: tuple[bool, ...]
    ) -> tuple[Float[np.ndarray, " batch"], tuple[Table]]:
        """log Z and the expected parts of each sentence.

        Args:
            potentials: a first axis of size 1 stands for equal ones.
        """
        log_z, parts = self._run(potentials[0], None, lengths, switches)
        return log_z, (parts,)

    def covariances(
        self,
        potentials: tuple[np.ndarray],
        values: tuple[np.ndarray],
        lengths: Lengths,
        switches: tuple[bool, ...],
    ) -> tuple[Table]:
        """Cov(parts, ⟨values, parts⟩): the derivative of the expected parts in a direction.

        Args:
            potentials, values: of the same shapes; a first axis of size 1 stands for equal ones.
        """
        return (self._run(potentials[0], values[0], lengths, switches)[1],)

    def _run(
        self,
        potentials: np.ndarray,
        values: np.ndarray | None,
        lengths: Lengths,
        switches: tuple[bool, ...],
    ) -> tuple[Float[np.ndarray, " batch"], Table]:
        table = labelled(potentials)
        directions = table[:0] if values is None else labelled(values)
        moments, size = 1 if values is None else 2, table.shape[1]
        log_z, lost = np.zeros(len(lengths), table.dtype), np.zeros(len(lengths), np.bool_)
        parts = np.zeros((len(lengths), *table.shape[1:]), table.dtype)
        shape = (len(lengths), moments, size, size)
        scores, probabilities = np.empty(shape), np.empty(shape)

        def work(first: int, last: int) -> None:
            # One after another instead of one kernel of them all, which takes longer to compile.
            some = first, last
            _sum_labels(*some, table, directions, lengths, self.upward, scores, parts)
            arguments = *some, scores, lengths, *switches, lost, log_z, probabilities
            if self.sweep(*arguments):
                self.fallback(*arguments)
            _share_among_labels(
                *some, probabilities, scores, directions, lengths, self.upward, parts
            )

        costs = (moments * self.share * lengths**3).astype(np.int64)
        over_sentences(work, costs + lengths**2 * table.shape[3] // 50)
        return log_z, parts.reshape(len(lengths), *potentials.shape[1:])


def labelled(table: np.ndarray) -> np.ndarray:
    """A table without labels as that of a single label."""
    return table if table.ndim == 4 else table[..., None]


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
                    x = potentials[min(b, len(potentials) - 1), i, j]
                    scores[b, 0, i, j] = shares_of_labels(x, shares[b, i, j], row)
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

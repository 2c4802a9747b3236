"""What parts score, whatever the potentials are where there are none."""

from collections.abc import Iterable
from functools import reduce

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from structdistill.structures.kernels.arrays import Arrays, arrays, of_sentence
from structdistill.structures.kernels.compiling import compiled, step
from structdistill.structures.kernels.kernel import Given, Tensors
from structdistill.structures.kernels.threads import over_sentences


def scores(potentials: Given, parts: Tensors) -> Float[Tensor, " batch"]:
    """⟨potentials, parts⟩ of each sentence, not differentiable.

    Args:
        potentials: a first axis of size 1 stands for a batch of equal ones.
        parts: their counts; where there are none, potentials may be anything.
    """
    if isinstance(potentials[0], Tensor):
        products = [torch.where(y != 0, x * y, 0) for x, y in zip(potentials, parts, strict=True)]
        return reduce(torch.add, [product.flatten(1).sum(1) for product in products]).detach()
    given = arrays(parts)
    found = np.zeros(len(given[0]))
    tables = [rows(each) for each in zip(potentials, given, strict=True)]

    def work(first: int, last: int) -> None:
        for own, counts in tables:
            _add(first, last, own, counts, found)

    over_sentences(work, costs_of_sums(given))
    return torch.from_numpy(found.astype(potentials[0].dtype))


def rows(tables: Iterable[np.ndarray]) -> Arrays:
    """Each with what belongs to a sentence in one row."""
    return tuple(table.reshape(len(table), -1) for table in tables)


def costs_of_sums(parts: Arrays) -> Int[np.ndarray, " batch"]:
    """What it takes to look at all parts of each sentence once, for `over_sentences`."""
    return np.full(len(parts[0]), sum(each[0].size for each in parts) // 100)


@compiled
def _add(
    first: int, last: int, potentials: np.ndarray, parts: np.ndarray, found: np.ndarray
) -> None:
    """In float64."""
    for b in range(first, last):
        own, counts, total = of_sentence(potentials, b), parts[b], 0.0
        for i in range(len(counts)):
            # Where there is no part, there may be infinity or NaN.
            total += np.float64(own[i]) * counts[i] if counts[i] != 0 else 0.0
        found[b] += total


@step
def excess(potentials: np.ndarray, others: np.ndarray, counts: np.ndarray) -> float:
    """What the parts of a sentence score more under other potentials, in float64."""
    total = 0.0
    for i in range(len(potentials)):
        count = counts[i]
        # Of the difference, which is small where they are alike, as scores are not. Where there
        # is no part, there may be infinity or NaN.
        difference = np.float64(others[i]) - potentials[i]
        total += difference * count if count != 0 else 0.0
    return total

"""Rows of similar size in blocks, so that little of what a transformer reads is padding."""

import numpy as np
from jaxtyping import Int


def blocks(sizes: Int[np.ndarray, " row"], *, cost: int) -> list[Int[np.ndarray, " _"]]:
    """Splits rows into the blocks that take the fewest places.

    A block of k rows takes k times its longest, and a constant. Sorted by size, the rows of the
    best blocks are neighbours: a dynamic programme over them finds where to split.

    Args:
        sizes: places that each row fills.
        cost: the constant: as many places another block must save.

    Returns:
        the indices of each block's rows, the shortest first.
    """
    order = np.argsort(sizes, kind="stable")
    ordered = sizes[order]
    counts = np.arange(len(sizes) + 1)
    least = np.zeros(len(sizes) + 1, dtype=np.int64)  # of the first rows, that many
    begins = np.zeros(len(sizes) + 1, dtype=np.int64)  # where the last block of these begins
    for end in counts[1:]:
        totals = least[:end] + (end - counts[:end]) * ordered[end - 1] + cost
        begins[end] = totals.argmin()
        least[end] = totals[begins[end]]
    found, end = [], len(sizes)
    while end:
        found.append(order[begins[end] : end])
        end = begins[end]
    return found[::-1]

"""Kernels of constituency trees on CUDA devices.

Charts are symmetric: a span words[i:j] is at [i, j] and at [j, i], so that all parts of a span that
begin with it, and all that end with it, lie side by side.
"""

import triton.language as tl

from structdistill.structures.kernels.cuda.arithmetic import (
    EXPECTATIONS,
    descend,
    number,
    put,
    sums,
    times,
    total,
    weight,
)
from structdistill.structures.kernels.cuda.compiling import compiled
from structdistill.structures.kernels.cuda.labelled_trees import Recursion

_CHARTS = tl.constexpr(3)


@compiled
def _sweep(
    scores: tl.tensor,
    directions: tl.tensor,
    lengths: tl.tensor,
    log_z: tl.tensor,
    charts: tl.tensor,
    size: tl.tensor,
    MODE: tl.constexpr,
    EXACT: tl.constexpr,
    COLUMNS: tl.constexpr,
    ROWS: tl.constexpr,
) -> None:
    b = tl.program_id(0).to(tl.int64)
    n = tl.load(lengths + b).to(tl.int32)
    if n == 0:
        return
    plane = size * size
    chart = plane if MODE == EXPECTATIONS else 2 * plane
    # Probabilities of spans; sums over the trees of each, without and with its own score.
    probabilities = charts + b * _CHARTS * chart
    splits, trees = probabilities + chart, probabilities + 2 * chart
    scores, directions = scores + b * plane, directions + b * plane
    row, column = tl.arange(0, ROWS), tl.arange(0, COLUMNS)[None, :]

    for width in range(1, n + 1):
        for first in range(0, n + 1 - width, ROWS):
            i = first + row
            j = i + width
            spans = j <= n
            left, right = i[:, None], j[:, None]
            between = (left < column) & (column < right) & (right <= n)
            halves = times(
                number(trees, plane, left * size + column, between, MODE),
                number(trees, plane, right * size + column, between, MODE),
            )
            ways = total(halves, between, MODE, EXACT)
            if width == 1:
                ways = tl.zeros([ROWS], tl.float64), tl.zeros([ROWS], tl.float64)
            own = weight(scores + i * size + j, directions + i * size + j, spans, MODE)
            put(splits, plane, i * size + j, spans, ways, MODE)
            put(splits, plane, j * size + i, spans, ways, MODE)
            put(trees, plane, i * size + j, spans, times(ways, own), MODE)
            put(trees, plane, j * size + i, spans, times(ways, own), MODE)
        tl.debug_barrier()

    whole = tl.arange(0, 1) + n
    tl.store(log_z + b + tl.arange(0, 1), tl.load(trees + whole))
    tl.store(probabilities + whole, tl.full([1], 1.0, tl.float64))
    tl.store(probabilities + whole * size, tl.full([1], 1.0, tl.float64))
    tl.debug_barrier()

    for narrower in range(1, n):
        width = n - narrower
        for first in range(0, n + 1 - width, ROWS):
            i = first + row
            j = i + width
            left, right = i[:, None], j[:, None]
            # A parent is longer by words on one side, where the other part of it is.
            behind = column > right
            valid = (right <= n) & ((behind & (column <= n)) | (column < left))
            parent = tl.where(behind, left, right) * size + column
            sibling = tl.where(behind, right, left) * size + column
            split = tl.where(behind, right, left)
            tree = number(trees, plane, left * size + right, right <= n, MODE)
            pair = times(tree, number(trees, plane, sibling, valid, MODE))
            ways = number(splits, plane, parent, valid, MODE)
            mass = number(probabilities, plane, parent, valid, MODE)
            mass = sums(descend(mass, pair, ways, split, valid, MODE, EXACT))
            put(probabilities, plane, i * size + j, j <= n, mass, MODE)
            put(probabilities, plane, j * size + i, j <= n, mass, MODE)
        tl.debug_barrier()


_RECURSION = Recursion(_sweep, charts=_CHARTS.value, upward=True)
expectations, covariances = _RECURSION.expectations, _RECURSION.covariances
best = _RECURSION.best

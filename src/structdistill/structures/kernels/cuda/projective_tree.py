"""Kernels of projective dependency trees on CUDA devices, by Eisner's algorithm.

A half tree is all that a head governs to one side, up to an end; an open one stops at the head's
outermost dependent, whose own outer half is not yet there. Charts hold halves at [head, end] and
open halves at [head, dependent], right ones above the diagonal and left ones below. Between two
neighbouring heads lie a right half of one and a left half of the other: a pair, at [i, j] and
[j, i], which becomes an open half by an arc in either direction.
"""

import triton.language as tl

from structdistill.structures.kernels.cuda.arithmetic import (
    EXPECTATIONS,
    descend,
    number,
    plus,
    put,
    sums,
    times,
    total,
    weight,
)
from structdistill.structures.kernels.cuda.compiling import compiled
from structdistill.structures.kernels.cuda.labelled_trees import Recursion

_CHARTS = tl.constexpr(5)


@compiled
def _sweep(
    scores: tl.tensor,
    directions: tl.tensor,
    lengths: tl.tensor,
    single_root: tl.constexpr,
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
    # The probabilities of arcs are those of the open halves that they make.
    arcs = charts + b * _CHARTS * chart
    pairs, opened, halves, within = (
        arcs + chart,
        arcs + 2 * chart,
        arcs + 3 * chart,
        arcs + 4 * chart,
    )
    scores, directions = scores + b * plane, directions + b * plane
    row, column = tl.arange(0, ROWS), tl.arange(0, COLUMNS)[None, :]

    for width in range(1, n + 1):
        spans = n + 1 - width
        for first in range(0, spans, ROWS):
            i = first + row
            j = i + width
            left, right = i[:, None], j[:, None]
            valid = (left <= column) & (column < right) & (right <= n)
            if single_root:  # then the root has no dependent before its next one
                valid = valid & ((left > 0) | (column == 0))
            pair = total(
                times(
                    number(halves, plane, left * size + column, valid, MODE),
                    number(halves, plane, right * size + column + 1, valid, MODE),
                ),
                valid,
                MODE,
                EXACT,
            )
            there, leftward = j <= n, (j <= n) & (i > 0)
            to_right, to_left = i * size + j, j * size + i
            put(pairs, plane, to_right, there, pair, MODE)
            put(pairs, plane, to_left, there, pair, MODE)
            arc = weight(scores + to_right, directions + to_right, there, MODE)
            put(opened, plane, to_right, there, times(pair, arc), MODE)
            arc = weight(scores + to_left, directions + to_left, leftward, MODE)
            put(opened, plane, to_left, leftward, times(pair, arc), MODE)
        tl.debug_barrier()
        for first in range(0, 2 * spans, ROWS):
            head, end, there = _half(first + row, spans, width)
            h, e = head[:, None], end[:, None]
            valid = there[:, None] & tl.where(
                h < e, (h < column) & (column <= e), (e <= column) & (column < h)
            )
            half = total(
                times(
                    number(opened, plane, h * size + column, valid, MODE),
                    number(halves, plane, column * size + e, valid, MODE),
                ),
                valid,
                MODE,
                EXACT,
            )
            put(halves, plane, head * size + end, there, half, MODE)
        tl.debug_barrier()
    tl.store(log_z + b + tl.arange(0, 1), tl.load(halves + n + tl.arange(0, 1)))

    for narrower in range(n):
        width = n - narrower
        spans = n + 1 - width
        for first in range(0, 2 * spans, ROWS):
            head, end, there = _half(first + row, spans, width)
            h, e = head[:, None], end[:, None]
            # A half is the outer one of its head's head, or in a pair with a half behind its end.
            above = tl.where(h < e, column < h, (column > h) & (column <= n))
            behind = tl.where(h < e, (column > e) & (column <= n), column < e)
            next_end = tl.where(h < e, e + 1, e - 1)
            if single_root:
                behind = behind & tl.where(h < e, h > 0, (column > 0) | (e == 1))
            valid = there[:, None] & (above | behind)
            other = tl.where(
                above, 2 * chart + column * size + h, 3 * chart + column * size + next_end
            )
            outer, pair = column * size + e, h * size + column
            sum_at = tl.where(above, 3 * chart + outer, chart + pair)
            mass = plus(
                number(arcs, plane, tl.where(above, 4 * chart + outer, pair), valid, MODE),
                number(arcs, plane, column * size + h, valid & behind, MODE),
            )
            half = number(halves, plane, h * size + e, there[:, None], MODE)
            mass = descend(
                mass,
                times(half, number(arcs, plane, other, valid, MODE)),
                number(arcs, plane, sum_at, valid, MODE),
                tl.where(above, h, tl.minimum(e, next_end)),
                valid,
                MODE,
                EXACT,
            )
            probability, change = sums(mass)
            whole = tl.where(width == n, 1.0, probability), change
            put(within, plane, head * size + end, there, whole, MODE)
        tl.debug_barrier()
        for first in range(0, 2 * spans, ROWS):
            head, dependent, there = _half(first + row, spans, width)
            h, d = head[:, None], dependent[:, None]
            ends = tl.where(h < d, (column >= d) & (column <= n), (column > 0) & (column <= d))
            valid = there[:, None] & ends
            arc = number(opened, plane, h * size + d, there[:, None], MODE)
            mass = descend(
                number(within, plane, h * size + column, valid, MODE),
                times(arc, number(halves, plane, d * size + column, valid, MODE)),
                number(halves, plane, h * size + column, valid, MODE),
                d,
                valid,
                MODE,
                EXACT,
            )
            put(arcs, plane, head * size + dependent, there, sums(mass), MODE)
        tl.debug_barrier()


@compiled
def _half(row: tl.tensor, spans: tl.tensor, width: tl.tensor) -> tl.tuple:
    """Head and end of the halves of a width, first the right ones, then the left ones.

    The root has none of these.
    """
    rightward = row < spans
    first = tl.where(rightward, row, row - spans)
    last = first + width
    head, end = tl.where(rightward, first, last), tl.where(rightward, last, first)
    return head, end, (row < 2 * spans) & (rightward | (first > 0))


_RECURSION = Recursion(_sweep, charts=_CHARTS.value, upward=False)
expectations, covariances = _RECURSION.expectations, _RECURSION.covariances
best = _RECURSION.best

"""Kernels of dependency trees whose arcs may cross, on CUDA devices.

Where a node v is eliminated, the arc from i to j stands for itself and for the way through v:

    w'[i, j] = w[i, j] + w[i, v] w[v, j] / pivot,    pivot = Σ_i w[i, v] over the others

and the product of the pivots is Z (see `matrix_tree`). Nodes are eliminated from the last word to
the first. What an arc stands for in the end, when one of its nodes is eliminated, remains in the
chart of sums; so does each pivot, as that of an arc from a node to itself. These sums are all that
probability needs to descend: an arc stands for each way through a later node, and for itself, in
proportion to their weights. The best trees are found on the CPU, by contracting cycles.
"""

import triton.language as tl
from jaxtyping import Int
from torch import Tensor

from structdistill.structures.kernels import non_projective_tree as on_cpu
from structdistill.structures.kernels.arrays import best_on_cpu
from structdistill.structures.kernels.cuda.arithmetic import (
    EXPECTATIONS,
    descend,
    number,
    over,
    plus,
    put,
    sums,
    sums_of_columns,
    times,
    together,
    total,
    weight,
)
from structdistill.structures.kernels.cuda.compiling import compiled
from structdistill.structures.kernels.cuda.labelled_trees import Recursion, Table
from structdistill.structures.potentials import FORBIDDEN

_CHARTS, _FORBIDDEN = tl.constexpr(3), tl.constexpr(FORBIDDEN / 2)


def best(
    potentials: tuple[Table], lengths: Int[Tensor, " batch"], switches: tuple[bool, ...]
) -> tuple[Tensor, ...]:
    """The indicator of the best tree of each sentence."""
    return best_on_cpu(on_cpu.best, potentials, lengths, switches)


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
    probabilities = charts + b * _CHARTS * chart
    arcs, masses = probabilities + chart, probabilities + 2 * chart
    scores, directions = scores + b * plane, directions + b * plane
    row, column = tl.arange(0, ROWS), tl.arange(0, COLUMNS)
    head, j, zero = column[None, :], column[None, :], tl.arange(0, 1)
    first_word = _first_word(scores, masses, n, size, single_root, COLUMNS, ROWS)

    for first in range(0, n + 1, ROWS):
        i = first + row[:, None]
        valid = (i <= n) & (j > 0) & (j <= n)
        there = _exchanged(i, first_word) * size + _exchanged(j, first_word)
        own = weight(scores + there, directions + there, valid, MODE)
        put(arcs, plane, i * size + j, valid, own, MODE)
    tl.debug_barrier()

    whole = tl.zeros([1], tl.float64)
    for done in range(n):
        v = n - done
        into = number(arcs, plane, head * size + v, head < v, MODE)
        pivot = total(into, _may_choose(head, v, single_root), MODE, EXACT)
        whole += pivot[0]
        put(arcs, plane, v * size + v + zero, zero == 0, pivot, MODE)
        pivot = pivot[0][:, None], pivot[1][:, None]
        for first in range(0, v, ROWS):
            i = first + row[:, None]
            valid = _are_left(i, j, v)
            through = _through(arcs, plane, size, i, j, v, pivot, MODE)
            direct = number(arcs, plane, i * size + j, valid, MODE)
            put(arcs, plane, i * size + j, valid, together(direct, through, MODE, EXACT), MODE)
        tl.debug_barrier()
    tl.store(log_z + b + zero, whole)

    for v in range(1, n + 1):
        pivot = number(arcs, plane, v * size + v + zero[:, None], zero[:, None] == 0, MODE)
        onwards = tl.zeros([COLUMNS], tl.float64), tl.zeros([COLUMNS], tl.float64)
        for first in range(0, v, ROWS):
            i = first + row[:, None]
            valid = _are_left(i, j, v)
            mass = descend(
                number(masses, plane, i * size + j, valid, MODE),
                _through(arcs, plane, size, i, j, v, pivot, MODE),
                number(arcs, plane, i * size + j, valid, MODE),
                j,
                valid,
                MODE,
                EXACT,
            )
            onwards = plus(onwards, sums_of_columns(mass))
            put(masses, plane, (first + row) * size + v, first + row < v, sums(mass), MODE)
        put(masses, plane, v * size + column, (column > 0) & (column < v), onwards, MODE)
        tl.debug_barrier()
        # The pivot counts once, less the ways that it divides.
        through = number(masses, plane, head * size + v, head < v, MODE)
        probability, change = sums(through)
        chosen = descend(
            (1 - probability[:, None], -change[:, None]),
            number(arcs, plane, head * size + v, head < v, MODE),
            pivot,
            head,
            _may_choose(head, v, single_root),
            MODE,
            EXACT,
        )
        put(masses, plane, head * size + v, head < v, plus(through, chosen), MODE)
        tl.debug_barrier()

    for first in range(0, n + 1, ROWS):
        i = first + row[:, None]
        valid = (i <= n) & (j > 0) & (j <= n) & (i != j)
        there = _exchanged(i, first_word) * size + _exchanged(j, first_word)
        itself = descend(
            number(masses, plane, i * size + j, valid, MODE),
            weight(scores + there, directions + there, valid, MODE),
            number(arcs, plane, i * size + j, valid, MODE),
            j,
            valid,
            MODE,
            EXACT,
        )
        put(probabilities, plane, there, valid, itself, MODE)


@compiled
def _are_left(i: tl.tensor, j: tl.tensor, v: tl.tensor) -> tl.tensor:
    """Whether there are arcs from i to j when the words from v on are eliminated."""
    return (i < v) & (j > 0) & (j < v) & (i != j)


@compiled
def _may_choose(head: tl.tensor, v: tl.tensor, single_root: tl.constexpr) -> tl.tensor:
    """Whether a pivot counts the arc from this head: a single root's only the last one does."""
    counts = head < v
    if single_root:
        counts = counts & ((head > 0) | (v == 1))
    return counts


@compiled
def _through(
    arcs: tl.tensor,
    plane: tl.tensor,
    size: tl.tensor,
    i: tl.tensor,
    j: tl.tensor,
    v: tl.tensor,
    pivot: tl.tuple,
    MODE: tl.constexpr,
) -> tl.tuple:
    """The ways from i to j through v."""
    into = number(arcs, plane, i * size + v, i < v, MODE)
    onwards = number(arcs, plane, v * size + j, (j > 0) & (j < v), MODE)
    return times(into, over(onwards, pivot))


@compiled
def _exchanged(node: tl.tensor, first_word: tl.tensor) -> tl.tensor:
    """The node with the first word and another exchanged."""
    return tl.where(node == 1, first_word, tl.where(node == first_word, 1, node))


@compiled
def _first_word(
    scores: tl.tensor,
    reach: tl.tensor,
    n: tl.tensor,
    size: tl.tensor,
    single_root: tl.constexpr,
    COLUMNS: tl.constexpr,
    ROWS: tl.constexpr,
) -> tl.tensor:
    """The word to eliminate last: with a single root, one from which all others can be reached.

    The others' pivots do without the root; where a word hangs on the root alone they would be 0.

    Args:
        reach: a chart, which is overwritten.
    """
    row, j = tl.arange(0, ROWS), tl.arange(0, COLUMNS)[None, :]
    found = n * 0 + 1
    if single_root:
        forbidden = 0
        for first in range(1, n + 1, ROWS):
            i = first + row[:, None]
            words = (i <= n) & (j > 0) & (j <= n)
            score = tl.load(scores + i * size + j, mask=words & (i != j), other=0.0)
            possible = tl.where(score <= _FORBIDDEN, 0, 1)
            tl.store(reach + i * size + j, possible.to(tl.float64), mask=words)
            forbidden += tl.sum(tl.sum(1 - possible, 1), 0)
        if forbidden > 0:
            for via in range(1, n + 1):
                tl.debug_barrier()
                for first in range(1, n + 1, ROWS):
                    i = first + row[:, None]
                    words = (i <= n) & (j > 0) & (j <= n)
                    direct = tl.load(reach + i * size + j, mask=words, other=0.0)
                    to_via = tl.load(reach + i * size + via, mask=i <= n, other=0.0)
                    onwards = tl.load(reach + via * size + j, mask=(j > 0) & (j <= n), other=0.0)
                    reached = tl.maximum(direct, to_via * onwards)
                    tl.store(reach + i * size + j, reached, mask=words)
            tl.debug_barrier()
            found = n + 1
            for first in range(1, n + 1, ROWS):
                i = first + row[:, None]
                words = (i <= n) & (j > 0) & (j <= n)
                reached = tl.min(tl.load(reach + i * size + j, mask=words, other=1.0), 1)
                all_reached = (reached > 0) & (first + row <= n)
                found = tl.minimum(found, tl.min(tl.where(all_reached, first + row, n + 1), 0))
            found = tl.where(found > n, 1, found)
            tl.debug_barrier()
    return found


_RECURSION = Recursion(_sweep, charts=_CHARTS.value, upward=False)
expectations, covariances = _RECURSION.expectations, _RECURSION.covariances

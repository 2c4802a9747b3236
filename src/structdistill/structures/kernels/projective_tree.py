"""Fused kernels of projective dependency trees on CPUs, by Eisner's algorithm.

A half tree is all that a head governs to one side, up to an end; an open one stops at the head's
outermost dependent, whose own outer half is not yet there. Charts hold halves at [head, end] and
open halves at [head, dependent], right ones above the diagonal and left ones below. Of some the
transposed chart is kept, too, so that all sums run along rows.
"""

import numpy as np
from jaxtyping import Float

from structdistill.structures.kernels.arithmetic import (
    FIRST,
    LOGARITHMS,
    MAXIMA,
    PROBABILITIES,
    Chart,
    Number,
    best_split,
    clear,
    descend,
    inner,
    number,
    over,
    plus,
    put,
    times,
    weight,
)
from structdistill.structures.kernels.compiling import compiled, inlined, part
from structdistill.structures.kernels.labelled_trees import Lengths, Recursion, Table, labelled
from structdistill.structures.kernels.labels import largest, shares_of_labels
from structdistill.structures.kernels.threads import over_sentences
from structdistill.structures.potentials import FORBIDDEN

Charts = Float[np.ndarray, "chart moment node node"]

_HALVES, _HALVES_BY_END, _OPEN, _OPEN_BY_DEPENDENT, _AROUND, _AROUND_BY_END, _PAIRS = range(7)
_CHARTS = 7


def best(potentials: tuple[Table], lengths: Lengths, switches: tuple[bool]) -> tuple[Table]:
    """The indicator of the best tree of each sentence."""
    arcs, parts = labelled(potentials[0]), np.zeros_like(potentials[0])
    costs = lengths**3 // 30 + lengths**2 * arcs.shape[3] // 100
    over_sentences(_best, costs, arcs, lengths, switches[0], labelled(parts))
    return (parts,)


@compiled
def _sweep(
    first: int,
    last: int,
    scores: np.ndarray,
    lengths: np.ndarray,
    single_root: bool,
    lost: np.ndarray,
    log_z: np.ndarray,
    probabilities: np.ndarray,
) -> bool:
    some_lost = False
    charts = np.empty((_CHARTS, *scores.shape[1:]))
    for b in range(first, last):
        n = lengths[b]
        if n > 0:
            arcs = probabilities[b]
            shift, wide = _weigh(PROBABILITIES, scores[b], n, arcs)
            if not wide:
                wide = _fill_inside(PROBABILITIES, arcs, n, single_root, charts)
            if not wide:
                log_z[b] = shift + np.log(charts[_HALVES, 0, 0, n])
                wide = _fill_outside(arcs, n, single_root, charts)
            lost[b] = wide
            some_lost |= wide
    return some_lost


@compiled
def _fallback(
    first: int,
    last: int,
    scores: np.ndarray,
    lengths: np.ndarray,
    single_root: bool,
    lost: np.ndarray,
    log_z: np.ndarray,
    probabilities: np.ndarray,
) -> None:
    charts = np.empty((_CHARTS, *scores.shape[1:]))
    for b in range(first, last):
        if lost[b]:
            n, arcs = lengths[b], probabilities[b]
            shift, _ = _weigh(LOGARITHMS, scores[b], n, arcs)
            _fill_inside(LOGARITHMS, arcs, n, single_root, charts)
            log_z[b] = shift + charts[_HALVES, 0, 0, n]
            _descend(arcs, n, single_root, charts)


_RECURSION = Recursion(_sweep, _fallback, share=1 / 15, upward=False)
expectations, covariances = _RECURSION.expectations, _RECURSION.covariances


@part
def _weigh(arithmetic: int, scores: Chart, n: int, weights: Chart) -> tuple[float, bool]:
    """Weights of arcs, of which those to each dependent sum to 1.

    As every tree has one arc to each, that changes no distribution.

    Returns:
        the score of what all trees have in common; whether a weight is out of range.
    """
    shift, lost = 0.0, False
    heads, shares, row = np.empty(n + 1), np.empty(n + 1), np.empty(n + 1)
    for d in range(1, n + 1):
        for h in range(n + 1):
            heads[h] = scores[0, h, d] if h != d else -1e9
        total = shares_of_labels(heads, shares, row)
        shift += total
        for h in range(n + 1):
            moment = scores[1, h, d] if len(scores) == 2 else 0.0
            if arithmetic == PROBABILITIES:
                a = shares[h], shares[h] * moment
                lost |= a[0] < 1e-100 and heads[h] > FORBIDDEN / 2
            else:
                a = heads[h] - total, moment
            put(arithmetic, weights, h, d, a)
    return shift, lost


@inlined
def _keep(arithmetic: int, charts: Charts, chart: int, i: int, j: int, a: Number) -> bool:
    """Puts a number into a chart and its transposed; whether it is out of range."""
    put(arithmetic, charts[chart + 1], j, i, a)
    return put(arithmetic, charts[chart], i, j, a)


@part
def _fill_inside(
    arithmetic: int, weights: Chart, n: int, single_root: bool, charts: Charts
) -> bool:
    """The sums over all half trees; whether some are out of range."""
    halves, by_end, opened = charts[_HALVES], charts[_HALVES_BY_END], charts[_OPEN]
    lost = False
    for i in range(n, -1, -1):
        _keep(arithmetic, charts, _HALVES, i, i, weight(arithmetic, 0.0, 0.0))
        for j in range(i + 1, n + 1):
            # A single root has no dependent before its next one.
            splits = 1 if single_root and i == 0 else j - i
            pair = inner(arithmetic, halves, i, i, halves, j, i + 1, splits)
            right = times(arithmetic, pair, number(weights, i, j))
            lost |= _keep(arithmetic, charts, _OPEN, i, j, right)
            right = inner(arithmetic, opened, i, i + 1, by_end, j, i + 1, j - i)
            lost |= _keep(arithmetic, charts, _HALVES, i, j, right)
            if i > 0:
                left = times(arithmetic, pair, number(weights, j, i))
                lost |= _keep(arithmetic, charts, _OPEN, j, i, left)
                left = inner(arithmetic, opened, j, i, by_end, i, i, j - i)
                lost |= _keep(arithmetic, charts, _HALVES, j, i, left)
        if lost:
            break
    return lost or (arithmetic == PROBABILITIES and bool(halves[0, 0, n] == 0))


@part
def _fill_outside(weights: Chart, n: int, single_root: bool, charts: Charts) -> bool:
    """Turns weights into probabilities of arcs; whether something is out of range."""
    halves, by_end, opened = charts[_HALVES], charts[_HALVES_BY_END], charts[_OPEN]
    by_dependent, around = charts[_OPEN_BY_DEPENDENT], charts[_AROUND]
    around_by_end, pairs = charts[_AROUND_BY_END], charts[_PAIRS]
    total, lost = number(halves, 0, n), False
    for i in range(n + 1):
        for j in range(n, i, -1):
            # Around a half: the tree of its head's head, or the half that it forms a pair with.
            right = inner(PROBABILITIES, around_by_end, j, FIRST, by_dependent, i, FIRST, i)
            if j < n and not (single_root and i == 0):
                count = n - j
                pair = inner(PROBABILITIES, pairs, i, j + 1, by_end, j + 1, j + 1, count)
                right = plus(right, pair)
            if j - i == n:
                right = 1.0, 0.0
            lost |= _keep(PROBABILITIES, charts, _AROUND, i, j, right)
            right = inner(PROBABILITIES, around, i, j, halves, j, j, n - j + 1)
            pair = times(PROBABILITIES, right, number(weights, i, j))
            right = times(PROBABILITIES, right, number(opened, i, j))
            if i > 0:
                count = n - j
                left = inner(PROBABILITIES, around_by_end, i, j + 1, by_dependent, j, j + 1, count)
                start = 1 if single_root and i > 1 else 0
                count = i - start
                beside = inner(PROBABILITIES, pairs, j, start, by_end, i - 1, start, count)
                left = plus(left, beside)
                lost |= _keep(PROBABILITIES, charts, _AROUND, j, i, left)
                left = inner(PROBABILITIES, around, j, FIRST + 1, halves, i, FIRST + 1, i)
                pair = plus(pair, times(PROBABILITIES, left, number(weights, j, i)))
                left = times(PROBABILITIES, left, number(opened, j, i))
                put(PROBABILITIES, weights, j, i, over(left, total))
            put(PROBABILITIES, weights, i, j, over(right, total))
            put(PROBABILITIES, pairs, j, i, pair)
            lost |= put(PROBABILITIES, pairs, i, j, pair)
    return lost


@part
def _descend(arcs: Chart, n: int, single_root: bool, charts: Charts) -> None:
    """The probabilities of arcs, from logarithms."""
    halves, by_end, opened = charts[_HALVES], charts[_HALVES_BY_END], charts[_OPEN]
    # The probabilities of halves, as inner and as outer ones, and of open halves.
    within, outer, arc = charts[_AROUND], charts[_AROUND_BY_END], charts[_PAIRS]
    clear(within)
    clear(outer)
    clear(arc)
    for i in range(n + 1):
        for j in range(n, i, -1):
            mass = plus(number(within, i, j), number(outer, j, i))
            if j - i == n:
                mass = 1.0, 0.0
            descend(mass, opened, i, i + 1, by_end, j, i + 1, j - i, arc, outer)
            pair = number(arc, i, j)
            put(LOGARITHMS, arcs, i, j, pair)
            if i > 0:
                mass = plus(number(within, j, i), number(outer, i, j))
                descend(mass, opened, j, i, by_end, i, i, j - i, arc, outer)
                put(LOGARITHMS, arcs, j, i, number(arc, j, i))
                pair = plus(pair, number(arc, j, i))
            splits = 1 if single_root and i == 0 else j - i
            descend(pair, halves, i, i, halves, j, i + 1, splits, within, within)


@compiled
def _best(
    first: int,
    last: int,
    arcs: np.ndarray,
    lengths: np.ndarray,
    single_root: bool,
    parts: np.ndarray,
) -> None:
    """Of the sentences first … last - 1, ones into arrays of zeros."""
    size = arcs.shape[1]
    scores, charts = np.empty((1, size, size)), np.empty((4, 1, size, size))
    halves, by_end, opened = charts[_HALVES], charts[_HALVES_BY_END], charts[_OPEN]
    heads, ends = np.empty(2 * size, np.int64), np.empty(2 * size, np.int64)
    for b in range(first, last):
        n = lengths[b]
        for h in range(n + 1):
            for d in range(1, n + 1):
                scores[0, h, d] = largest(arcs[b, h, d])[1]
        _fill_inside(MAXIMA, scores, n, single_root, charts)
        waiting, heads[0], ends[0] = 1, 0, n
        while waiting:
            waiting -= 1
            head, end = heads[waiting], ends[waiting]
            if head == end:
                continue
            low, high = min(head + 1, end), max(head, end + 1)
            d = low + best_split(opened, head, low, by_end, end, low, high - low)
            parts[b, head, d, largest(arcs[b, head, d])[0]] = 1
            i, j = min(head, d), max(head, d)
            splits = 1 if single_root and head == 0 else j - i
            k = i + best_split(halves, i, i, halves, j, i + 1, splits)
            heads[waiting], ends[waiting] = d, end
            heads[waiting + 1], ends[waiting + 1] = i, k
            heads[waiting + 2], ends[waiting + 2] = j, k + 1
            waiting += 3

"""Fused kernels of constituency trees on CPUs.

A chart is symmetric: a span words[i:j] is at [i, j] and at [j, i], so that all parts of a span that
begin with it, and all that end with it, lie side by side.
"""

import numpy as np

from structdistill.structures.kernels.arithmetic import (
    FIRST,
    LOGARITHMS,
    MAXIMA,
    PROBABILITIES,
    Chart,
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
from structdistill.structures.kernels.compiling import compiled, part, step
from structdistill.structures.kernels.labelled_trees import Lengths, Recursion, Table
from structdistill.structures.kernels.labels import largest
from structdistill.structures.kernels.threads import over_sentences
from structdistill.structures.potentials import FORBIDDEN


def best(potentials: tuple[Table], lengths: Lengths, switches: tuple[()]) -> tuple[Table]:
    """The indicator of the best tree of each sentence."""
    parts = np.zeros_like(potentials[0])
    costs = lengths**3 // 100 + lengths**2 * parts.shape[3] // 200
    over_sentences(_best, costs, potentials[0], lengths, parts)
    return (parts,)


@compiled
def _sweep(
    first: int,
    last: int,
    scores: np.ndarray,
    lengths: np.ndarray,
    lost: np.ndarray,
    log_z: np.ndarray,
    probabilities: np.ndarray,
) -> bool:
    some_lost = False
    charts = np.empty((2, *scores.shape[1:]))
    inside, outside = charts[0], charts[1]
    for b in range(first, last):
        n, spans = lengths[b], probabilities[b]
        if n > 0:
            # Every tree has n - 2 spans beside its words and the whole, so any constant for each
            # can be chosen that keeps numbers in range: of the mean span, or else, in the
            # fallback, of the best tree's.
            constant = _mean_score(scores[b], n) + 1
            log_z[b], wide = _probabilities(scores[b], n, constant, inside, outside, spans)
            lost[b] = wide
            some_lost |= wide
    return some_lost


@compiled
def _fallback(
    first: int,
    last: int,
    scores: np.ndarray,
    lengths: np.ndarray,
    lost: np.ndarray,
    log_z: np.ndarray,
    probabilities: np.ndarray,
) -> None:
    charts = np.empty((2, *scores.shape[1:]))
    inside, outside = charts[0], charts[1]
    for b in range(first, last):
        n, spans = lengths[b], probabilities[b]
        if lost[b]:
            _weigh(LOGARITHMS, scores[b], n, 0.0, spans)
            _fill_inside(MAXIMA, spans, n, inside)
            constant = inside[0, 0, n] / max(1, n - 2) + 1
            log_z[b], wide = _probabilities(scores[b], n, constant, inside, outside, spans)
            if wide:
                shift, _ = _weigh(LOGARITHMS, scores[b], n, constant, spans)
                _fill_inside(LOGARITHMS, spans, n, inside)
                log_z[b] = shift + inside[0, 0, n]
                _descend(n, inside, outside, spans)


_RECURSION = Recursion(_sweep, _fallback, share=1 / 50, upward=True)
expectations, covariances = _RECURSION.expectations, _RECURSION.covariances


@part
def _probabilities(
    scores: Chart, n: int, constant: float, inside: Chart, outside: Chart, spans: Chart
) -> tuple[float, bool]:
    """log Z, with the probabilities of spans in `spans`; whether something is out of range."""
    shift, wide = _weigh(PROBABILITIES, scores, n, constant, spans)
    if not wide:
        wide = _fill_inside(PROBABILITIES, spans, n, inside)
    if not wide:
        shift += np.log(inside[0, 0, n])
        wide = _fill_outside(spans, n, inside, outside)
    return shift, wide


@step
def _mean_score(scores: Chart, n: int) -> float:
    """Of the spans of more than one word that are not forbidden."""
    total, count = 0.0, 0
    for i in range(n):
        for j in range(i + 2, n + 1):
            if scores[0, i, j] > FORBIDDEN / 2:
                total += scores[0, i, j]
                count += 1
    return total / max(1, count)


@part
def _weigh(
    arithmetic: int, scores: Chart, n: int, constant: float, weights: Chart
) -> tuple[float, bool]:
    """Weights of spans relative to what all trees have; its score; whether one is out of range."""
    shift, lost = constant * (n - 2) if n > 2 else 0.0, False
    for i in range(n):
        for j in range(i + 1, n + 1):
            score, moment = number(scores, i, j)
            if j == i + 1 or j - i == n:
                shift += score
                score = 0.0
            else:
                score -= constant
            a = weight(arithmetic, score, moment)
            lost |= put(arithmetic, weights, i, j, a) or (a[0] == 0 and score > FORBIDDEN / 2)
    return shift, lost and arithmetic == PROBABILITIES


@part
def _fill_inside(arithmetic: int, weights: Chart, n: int, inside: Chart) -> bool:
    """The sums over all trees of each span; whether some are out of range."""
    lost = False
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n + 1):
            tree = number(weights, i, j)
            if j > i + 1:
                halves = inner(arithmetic, inside, i, i + 1, inside, j, i + 1, j - i - 1)
                tree = times(arithmetic, tree, halves)
            lost |= put(arithmetic, inside, i, j, tree)
            put(arithmetic, inside, j, i, tree)
        if lost:
            break
    return lost or (arithmetic == PROBABILITIES and bool(inside[0, 0, n] == 0))


@part
def _fill_outside(weights: Chart, n: int, inside: Chart, outside: Chart) -> bool:
    """Turns the weights into probabilities of spans; whether something is out of range.

    Args:
        outside: filled with the sums over all that can be around and directly above a span.
    """
    lost, total = False, number(inside, 0, n)
    for i in range(n):
        for j in range(n, i, -1):
            around = 1.0, 0.0
            if j - i < n:
                to_the_right = inner(PROBABILITIES, outside, i, j + 1, inside, j, j + 1, n - j)
                to_the_left = inner(PROBABILITIES, outside, j, FIRST, inside, i, FIRST, i)
                around = plus(to_the_left, to_the_right)
            above = times(PROBABILITIES, around, number(weights, i, j))
            lost |= put(PROBABILITIES, outside, i, j, above)
            put(PROBABILITIES, outside, j, i, above)
            tree = times(PROBABILITIES, around, number(inside, i, j))
            put(PROBABILITIES, weights, i, j, over(tree, total))
    return lost


@part
def _descend(n: int, inside: Chart, masses: Chart, spans: Chart) -> None:
    """The probabilities of spans, from logarithms.

    Args:
        masses: scratch, for what spans get as left parts, above the diagonal, and as right ones.
    """
    clear(masses)
    for i in range(n):
        for j in range(n, i, -1):
            mass = 1.0, 0.0
            if j - i < n:
                mass = plus(number(masses, i, j), number(masses, j, i))
            put(LOGARITHMS, spans, i, j, mass)
            if j > i + 1:
                count = j - i - 1
                descend(mass, inside, i, i + 1, inside, j, i + 1, count, masses, masses)


@compiled
def _best(first: int, last: int, spans: np.ndarray, lengths: np.ndarray, parts: np.ndarray) -> None:
    """Of the sentences first … last - 1, ones into arrays of zeros."""
    size = spans.shape[1]
    scores, inside = np.empty((1, size, size)), np.empty((1, size, size))
    starts, ends = np.empty(size, np.int64), np.empty(size, np.int64)
    for b in range(first, last):
        n = lengths[b]
        for i in range(n):
            for j in range(i + 1, n + 1):
                scores[0, i, j] = largest(spans[b, i, j])[1]
        _fill_inside(MAXIMA, scores, n, inside)
        waiting, starts[0], ends[0] = min(n, 1), 0, n
        while waiting:
            waiting -= 1
            i, j = starts[waiting], ends[waiting]
            parts[b, i, j, largest(spans[b, i, j])[0]] = 1
            if j > i + 1:
                k = i + 1 + best_split(inside, i, i + 1, inside, j, i + 1, j - i - 1)
                starts[waiting], ends[waiting] = i, k
                starts[waiting + 1], ends[waiting + 1] = k, j
                waiting += 2

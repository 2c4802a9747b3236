"""Fused kernels of constituency trees on CPUs.

A chart is symmetric: a span words[i:j] is at [i, j] and at [j, i], so that all parts of a span that
begin with it, and all that end with it, lie side by side.
"""

import numpy as np
from jaxtyping import Float, Int

from structdistill.structures.kernels.arithmetic import (
    LOGARITHMS,
    MAXIMA,
    PROBABILITIES,
    Chart,
    inner,
    number,
    plus,
    put,
    share,
    times,
    weight,
)
from structdistill.structures.kernels.compiling import compiled
from structdistill.structures.kernels.labels import (
    differentiate,
    largest,
    mean,
    shares_of_labels,
)
from structdistill.structures.kernels.threads import over_sentences

Spans = Float[np.ndarray, "sentence position position label"]
Lengths = Int[np.ndarray, " batch"]


def expectations(
    potentials: tuple[Spans], lengths: Lengths, _: tuple[()]
) -> tuple[Float[np.ndarray, " batch"], tuple[Spans]]:
    """log Z and the expected spans of each sentence."""
    nothing = potentials[0][:0]
    return _run(potentials[0], nothing, lengths)


def covariances(
    potentials: tuple[Spans], values: tuple[np.ndarray], lengths: Lengths, _: tuple[()]
) -> tuple[Spans]:
    """Cov(spans, ⟨values, spans⟩): the derivative of the expected spans in a direction.

    Args:
        values: shaped like the potentials, or a first axis of size 1 stands for equal ones.
    """
    return _run(potentials[0], values[0], lengths)[1]


def best(potentials: tuple[Spans], lengths: Lengths, _: tuple[()]) -> tuple[Spans]:
    """The indicator of the best tree of each sentence."""
    parts = np.zeros_like(potentials[0])
    over_sentences(_best, _costs(parts, lengths), potentials[0], lengths, parts)
    return (parts,)


def _run(
    spans: np.ndarray, values: np.ndarray, lengths: Lengths
) -> tuple[Float[np.ndarray, " batch"], tuple[Spans]]:
    log_z, parts = np.zeros(len(lengths), spans.dtype), np.zeros_like(spans)
    over_sentences(_expectations, _costs(spans, lengths), spans, values, lengths, log_z, parts)
    return log_z, (parts,)


def _costs(spans: Spans, lengths: Lengths) -> Lengths:
    costs: Lengths = lengths**3 // 50 + lengths**2 * spans.shape[3] // 100
    return costs


@compiled
def _expectations(
    first: int,
    last: int,
    spans: Spans,
    values: Spans,
    lengths: Lengths,
    log_z: np.ndarray,
    parts: Spans,
) -> None:
    """Of the sentences first … last - 1, into `log_z` and into `parts`, which are zeros."""
    _, size, _, labels = spans.shape
    numbers = 1 + (len(values) > 0)
    scores, charts = np.empty((numbers, size, size)), np.empty((3, numbers, size, size))
    row = np.empty(labels)
    for b in range(first, last):
        n = lengths[b]
        for i in range(n):
            for j in range(i + 1, n + 1):
                scores[0, i, j] = shares_of_labels(spans[b, i, j], parts[b, i, j], row)
                if numbers == 2:
                    v = values[min(b, len(values) - 1), i, j]
                    scores[1, i, j] = mean(parts[b, i, j], v)
        if n > 0:
            log_z[b] = _spans(scores, n, charts)
        for i in range(n):
            for j in range(i + 1, n + 1):
                if numbers == 2:
                    v = values[min(b, len(values) - 1), i, j]
                    differentiate(parts[b, i, j], number(charts[0], i, j), v, scores[1, i, j])
                else:
                    parts[b, i, j] *= charts[0, 0, i, j]


@compiled
def _spans(scores: Chart, n: int, charts: np.ndarray) -> float:
    """log Z, and the probabilities of spans with their moments in `charts[0]`."""
    spans, inside, outside = charts[0], charts[1], charts[2]
    constant = 0.0
    for attempt in range(3):
        # Every tree has n - 2 spans beside its words and the whole, so any constant for each can
        # be chosen that keeps numbers in range: of the mean span, or else of the best tree's.
        if attempt == 0:
            constant = _mean_score(scores, n) + 1
        elif attempt == 1 and n > 2:
            _weigh(MAXIMA, scores, n, 0.0, spans)
            _fill_inside(MAXIMA, spans, n, inside)
            constant = inside[0, 0, n] / (n - 2) + 1
        arithmetic = LOGARITHMS if attempt == 2 else PROBABILITIES
        shift = _weigh(arithmetic, scores, n, constant, spans)
        lost = _fill_inside(arithmetic, spans, n, inside)
        lost = lost or _fill_outside(arithmetic, spans, n, inside, outside)
        if not lost:
            total = inside[0, 0, n]
            return float(shift + (total if arithmetic == LOGARITHMS else np.log(total)))
    return np.nan  # never: logarithms are not out of range


@compiled
def _mean_score(scores: Chart, n: int) -> float:
    """Of the spans of more than one word that are not forbidden."""
    total, count = 0.0, 0
    for i in range(n):
        for j in range(i + 2, n + 1):
            if scores[0, i, j] > -5e8:
                total += scores[0, i, j]
                count += 1
    return total / max(1, count)


@compiled
def _weigh(arithmetic: int, scores: Chart, n: int, constant: float, weights: Chart) -> float:
    """Weights of spans relative to what all trees have; its score."""
    shift = constant * (n - 2) if n > 2 else 0.0
    for i in range(n):
        for j in range(i + 1, n + 1):
            score, moment = number(scores, i, j)
            if j == i + 1 or j - i == n:
                shift += score
                score = 0.0
            else:
                score -= constant
            put(arithmetic, weights, i, j, weight(arithmetic, score, moment))
    return shift


@compiled
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


@compiled
def _fill_outside(arithmetic: int, weights: Chart, n: int, inside: Chart, outside: Chart) -> bool:
    """Turns the weights into probabilities of spans; whether something is out of range.

    Args:
        outside: filled with the sums over all that can be around and directly above a span.
    """
    lost, total = False, number(inside, 0, n)
    for i in range(n):
        for j in range(n, i, -1):
            around = weight(arithmetic, 0.0, 0.0)
            if j - i < n:
                to_the_right = inner(arithmetic, outside, i, j + 1, inside, j, j + 1, n - j)
                to_the_left = inner(arithmetic, outside, j, 0, inside, i, 0, i)
                around = plus(arithmetic, to_the_left, to_the_right)
            above = times(arithmetic, around, number(weights, i, j))
            lost |= put(arithmetic, outside, i, j, above)
            put(arithmetic, outside, j, i, above)
            tree = times(arithmetic, around, number(inside, i, j))
            put(arithmetic, weights, i, j, share(arithmetic, tree, total))
    return lost


@compiled
def _best(first: int, last: int, spans: Spans, lengths: Lengths, parts: Spans) -> None:
    """Of the sentences first … last - 1, ones into arrays of zeros."""
    size = spans.shape[1]
    scores, inside = np.empty((1, size, size)), np.empty((1, size, size))
    todo = np.empty((size, 2), np.int64)
    for b in range(first, last):
        n = lengths[b]
        for i in range(n):
            for j in range(i + 1, n + 1):
                scores[0, i, j] = largest(spans[b, i, j])
        _fill_inside(MAXIMA, scores, n, inside)
        waiting = min(n, 1)
        todo[0] = 0, n
        while waiting:
            waiting -= 1
            i, j = todo[waiting]
            parts[b, i, j, np.argmax(spans[b, i, j])] = 1
            if j > i + 1:
                k = i + 1 + np.argmax(inside[0, i, i + 1 : j] + inside[0, j, i + 1 : j])
                todo[waiting], todo[waiting + 1] = (i, k), (k, j)
                waiting += 2

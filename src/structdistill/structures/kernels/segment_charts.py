"""Charts of one sentence's segmentations, and the sweeps that fill them.

Words are counted by the boundaries before and behind them, 0 … n. Charts are laid out so that each
sum of a recursion, over widths or over labels, runs along rows.
"""

import numpy as np

from structdistill.structures.kernels.arithmetic import (
    FIRST,
    LOGARITHMS,
    PROBABILITIES,
    Number,
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
from structdistill.structures.kernels.compiling import inlined, part, step
from structdistill.structures.kernels.labels import exponentials
from structdistill.structures.potentials import FORBIDDEN

Arrays = tuple[np.ndarray, ...]


@step
def make_charts(numbers: int, words: int, widths: int, tags: int) -> Arrays:
    """Those that `fill_forward` fills; a second set is filled by the sweep that comes after it."""
    ending = np.empty((numbers, words + 1, tags))  # all up to a boundary, by the last label
    ending_by_label = np.empty((numbers, tags, words + 1))
    entering = np.empty((numbers, tags, words + 1))  # all before a segment from there, by its label
    by_end = np.empty((numbers, (words + 1) * tags, widths))  # segments, the widest first
    by_start = np.empty((numbers, (words + 1) * tags, widths))  # segments, the narrowest first
    pairs = np.empty((numbers, tags, tags))
    return ending, ending_by_label, entering, by_end, by_start, pairs, np.empty_like(pairs)


@part
def fill_forward(
    arithmetic: int,
    segments: np.ndarray,
    transitions: np.ndarray,
    segment_values: np.ndarray,
    transition_values: np.ndarray,
    n: int,
    charts: Arrays,
    scales: np.ndarray,
) -> bool:
    """The sums over all that can precede; whether something is out of range.

    Args:
        segment_values, transition_values: of this sentence in front, or none.
        scales: filled with logarithms. What leads to a boundary is divided by its scale, where
            the arithmetic is that of probabilities; all ways from one boundary to another then
            have the same factor.
    """
    ending, ending_by_label, entering, by_end, by_start, pairs, pairs_by_next = charts
    _, widths, tags = segments.shape
    row, shift = np.empty(tags), 0.0
    if arithmetic == PROBABILITIES:
        shift = _largest_allowed(transitions)
    lost = False
    for s in range(tags):
        for t in range(tags):
            moment = transition_values[0, s, t] if len(transition_values) > 0 else 0.0
            a = weight(arithmetic, transitions[s, t] - shift, moment)
            if transitions[s, t] < FORBIDDEN / 2 and arithmetic == PROBABILITIES:
                a = 0.0, 0.0
            lost |= put(arithmetic, pairs, s, t, a) or (
                a[0] == 0 and transitions[s, t] > FORBIDDEN / 2
            )
            put(arithmetic, pairs_by_next, t, s, a)
    if lost and arithmetic == PROBABILITIES:
        return True
    lost, total = False, 0.0
    for t in range(tags):
        put(arithmetic, entering, t, FIRST, weight(arithmetic, 0.0, 0.0))
    scales[0] = 0.0
    for j in range(1, n + 1):
        count = min(widths, j)
        largest = 0.0
        if arithmetic == PROBABILITIES:
            largest = -1e300
            for k in range(count):
                i = j - k - 1
                ahead = scales[i] + (shift if i > 0 else 0.0)
                largest = max(largest, ahead + _largest_allowed(segments[i, k : k + 1]))
        for k in range(count):
            i = j - k - 1
            ahead = 0.0
            if arithmetic == PROBABILITIES:
                ahead = largest - scales[i] - (shift if i > 0 else 0.0)
                exponentials(segments[i, k], ahead, row)
            for t in range(tags):
                moment = segment_values[0, i, k, t] if len(segment_values) > 0 else 0.0
                a = np.float64(segments[i, k, t]), np.float64(moment)
                if arithmetic == PROBABILITIES:
                    lost |= row[t] < 1e-100 and segments[i, k, t] > FORBIDDEN / 2
                    a = row[t], row[t] * moment
                put(arithmetic, by_end, j * tags + t, widths - 1 - k, a)
        total = 0.0
        for t in range(tags):
            a = inner(
                arithmetic, by_end, j * tags + t, widths - count, entering, t, j - count, count
            )
            put(arithmetic, ending, j, t, a)
            total += a[0]
        scale = 1.0
        if arithmetic == PROBABILITIES:
            scale = 1 / total if total > 0 else 1.0
            scales[j] = largest - np.log(scale)
        else:
            scales[j] = 0.0
        for t in range(tags):
            a = _scaled(arithmetic, number(ending, j, t), scale)
            lost |= put(arithmetic, ending, j, t, a)
            put(arithmetic, ending_by_label, t, j, a)
            for k in range(count):
                a = _scaled(arithmetic, number(by_end, j * tags + t, widths - 1 - k), scale)
                put(arithmetic, by_start, (j - k - 1) * tags + t, k, a)
        if lost:
            return True
        for t in range(tags):
            a = inner(arithmetic, ending, j, FIRST, pairs_by_next, t, FIRST, tags)
            lost |= put(arithmetic, entering, t, j, a)
    return lost or (arithmetic == PROBABILITIES and not total > 0)


@inlined
def _scaled(arithmetic: int, a: Number, scale: float) -> Number:
    return (a[0] * scale, a[1] * scale) if arithmetic == PROBABILITIES else a


@inlined
def _largest_allowed(scores: np.ndarray) -> float:
    """Of scores that are not forbidden; 0 if all are."""
    largest = -1e300
    for i in range(scores.shape[0]):
        for j in range(scores.shape[1]):
            if scores[i, j] > FORBIDDEN / 2 and scores[i, j] > largest:
                largest = np.float64(scores[i, j])
    return largest if largest > FORBIDDEN / 2 else 0.0


@part
def fill_backward(
    n: int, charts: Arrays, others: Arrays, segments: np.ndarray, transitions: np.ndarray
) -> bool:
    """The expected parts or their derivatives; whether something is out of range."""
    ending, ending_by_label, entering, _, by_start, pairs, _ = charts
    starting, starting_by_label, after, _, _, _, _ = others
    numbers, tags, widths = len(pairs), pairs.shape[1], by_start.shape[2]
    lost, total = False, (0.0, 0.0)
    for t in range(tags):
        total = plus(total, number(ending, n, t))
        put(PROBABILITIES, after, t, n, (1.0, 0.0))
    for i in range(n - 1, -1, -1):
        count = min(widths, n - i)
        for t in range(tags):
            a = inner(PROBABILITIES, by_start, i * tags + t, FIRST, after, t, i + 1, count)
            lost |= put(PROBABILITIES, starting, i, t, a)
            put(PROBABILITIES, starting_by_label, t, i, a)
            before = over(number(entering, t, i), total)
            for k in range(count):
                a = times(PROBABILITIES, before, number(by_start, i * tags + t, k))
                a = times(PROBABILITIES, a, number(after, t, i + k + 1))
                segments[i, k, t] = a[numbers - 1]
        for s in range(tags):
            a = inner(PROBABILITIES, starting, i, FIRST, pairs, s, FIRST, tags)
            lost |= put(PROBABILITIES, after, s, i, a)
        if lost:
            return True
    start = FIRST + 1
    for s in range(tags):
        for t in range(tags):
            a = inner(PROBABILITIES, ending_by_label, s, start, starting_by_label, t, start, n - 1)
            a = over(times(PROBABILITIES, a, number(pairs, s, t)), total)
            transitions[s, t] = a[numbers - 1]
    return False


@part
def descend_charts(
    n: int, charts: Arrays, others: Arrays, segments: np.ndarray, transitions: np.ndarray
) -> float:
    """log Z, and the expected parts or their derivatives, from logarithms."""
    ending, _, entering, by_end, _, pairs, pairs_by_next = charts
    ended, _, entered, there, _, nothing, following = others
    numbers, tags, widths = len(pairs), pairs.shape[1], by_end.shape[2]
    for chart in (ended, entered, there, nothing, following):
        clear(chart)
    log_z = inner(LOGARITHMS, ending, n, FIRST, nothing, FIRST, FIRST, tags)[0]
    certain = 1.0, 0.0
    descend(certain, ending, n, FIRST, nothing, FIRST, FIRST, tags, ended, np.zeros_like(nothing))
    for j in range(n, 0, -1):
        count = min(widths, j)
        for t in range(tags):
            row, narrow, start = j * tags + t, widths - count, j - count
            mass = number(ended, j, t)
            descend(mass, by_end, row, narrow, entering, t, start, count, there, entered)
            for k in range(count):
                segments[j - k - 1, k, t] = there[numbers - 1, row, widths - 1 - k]
        for t in range(tags):
            if j > 1:
                i, mass = j - 1, number(entered, t, j - 1)
                descend(mass, ending, i, FIRST, pairs_by_next, t, FIRST, tags, ended, following)
    for s in range(tags):
        for t in range(tags):
            transitions[s, t] = following[numbers - 1, t, s]
    return log_z

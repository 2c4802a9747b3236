"""Fused kernels of segmentations whose transitions are shared over positions, on CPUs.

Words are counted by the boundaries before and behind them, 0 … n. Charts are laid out so that each
sum of a recursion, over widths or over labels, runs along rows.
"""

import numpy as np
from jaxtyping import Float, Int

from structdistill.structures.kernels.arithmetic import (
    LOGARITHMS,
    MAXIMA,
    PROBABILITIES,
    Number,
    best_split,
    descend,
    inner,
    number,
    over,
    plus,
    put,
    times,
    weight,
)
from structdistill.structures.kernels.compiling import compiled, inlined
from structdistill.structures.kernels.labels import exponentials
from structdistill.structures.kernels.threads import over_sentences

Arrays = tuple[np.ndarray, ...]
Lengths = Int[np.ndarray, " batch"]


def expectations(
    potentials: Arrays, lengths: Lengths, _: tuple[()]
) -> tuple[Float[np.ndarray, " batch"], Arrays]:
    """log Z and the expected parts of each sentence."""
    return _run(potentials, tuple(array[:0] for array in potentials), lengths)


def covariances(potentials: Arrays, values: Arrays, lengths: Lengths, _: tuple[()]) -> Arrays:
    """Cov(parts, ⟨values, parts⟩): the derivative of the expected parts in a direction."""
    return _run(potentials, values, lengths)[1]


def best(potentials: Arrays, lengths: Lengths, _: tuple[()]) -> Arrays:
    """The indicator of the best segmentation of each sentence."""
    parts = _parts(potentials[0])
    over_sentences(_best, _costs(potentials[0], lengths), *potentials, lengths, *parts)
    return parts


def _run(
    potentials: Arrays, values: Arrays, lengths: Lengths
) -> tuple[Float[np.ndarray, " batch"], Arrays]:
    segments = potentials[0]
    log_z, parts = np.zeros(len(lengths), segments.dtype), _parts(segments)
    costs = 2 * _costs(segments, lengths)
    over_sentences(_expectations, costs, *potentials, *values, lengths, log_z, *parts)
    return log_z, parts


def _parts(segments: np.ndarray) -> Arrays:
    sentences, tags = len(segments), segments.shape[3]
    return np.zeros_like(segments), np.zeros((sentences, tags, tags), segments.dtype)


def _costs(segments: np.ndarray, lengths: Lengths) -> Lengths:
    costs: Lengths = lengths * segments.shape[3] * (segments.shape[2] + segments.shape[3]) // 50
    return costs


@compiled
def _expectations(
    first: int,
    last: int,
    segments: np.ndarray,
    transitions: np.ndarray,
    segment_values: np.ndarray,
    transition_values: np.ndarray,
    lengths: np.ndarray,
    log_z: np.ndarray,
    segment_parts: np.ndarray,
    transition_parts: np.ndarray,
) -> None:
    """Of the sentences first … last - 1, into `log_z` and the parts, which are zeros."""
    _, words, widths, tags = segments.shape
    numbers = 1 + (len(segment_values) > 0)
    charts = _charts(numbers, words, widths, tags)
    others = _charts(numbers, words, widths, tags)
    scales = np.empty(words + 1)
    for b in range(first, last):
        n = lengths[b]
        if n == 0:
            continue
        a = transitions[min(b, len(transitions) - 1)]
        v = segment_values[min(b, len(segment_values) - 1) :]
        u = transition_values[min(b, len(transition_values) - 1) :]
        x, y = segment_parts[b], transition_parts[b]
        lost = _fill_forward(PROBABILITIES, segments[b], a, v, u, n, charts, scales)
        if lost or _fill_backward(n, charts, others, x, y):
            _fill_forward(LOGARITHMS, segments[b], a, v, u, n, charts, scales)
            log_z[b] = _descend(n, charts, others, x, y)
        else:
            log_z[b] = scales[n] + np.log(charts[0][0, n].sum())


@compiled
def _charts(numbers: int, words: int, widths: int, tags: int) -> Arrays:
    """Those that `_fill_forward` fills."""
    ending = np.empty((numbers, words + 1, tags))  # all up to a boundary, by the last label
    ending_by_label = np.empty((numbers, tags, words + 1))
    entering = np.empty((numbers, tags, words + 1))  # all before a segment from there, by its label
    by_end = np.empty((numbers, (words + 1) * tags, widths))  # segments, the widest first
    by_start = np.empty((numbers, (words + 1) * tags, widths))  # segments, the narrowest first
    pairs = np.empty((numbers, tags, tags))
    return ending, ending_by_label, entering, by_end, by_start, pairs, np.empty_like(pairs)


@compiled
def _fill_forward(
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
            if transitions[s, t] < -5e8 and arithmetic == PROBABILITIES:
                a = 0.0, 0.0
            lost |= put(arithmetic, pairs, s, t, a) or (a[0] == 0 and transitions[s, t] > -5e8)
            put(arithmetic, pairs_by_next, t, s, a)
    if lost and arithmetic == PROBABILITIES:
        return True
    lost = False
    for t in range(tags):
        put(arithmetic, entering, t, 0, weight(arithmetic, 0.0, 0.0))
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
                    lost |= row[t] < 1e-100 and segments[i, k, t] > -5e8
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
            a = inner(arithmetic, ending, j, 0, pairs_by_next, t, 0, tags)
            lost |= put(arithmetic, entering, t, j, a)
    return lost or (arithmetic == PROBABILITIES and not ending[0, n].sum() > 0)


@inlined
def _scaled(arithmetic: int, a: Number, scale: float) -> Number:
    return (a[0] * scale, a[1] * scale) if arithmetic == PROBABILITIES else a


@inlined
def _largest_allowed(scores: np.ndarray) -> float:
    """Of scores that are not forbidden; 0 if all are."""
    largest = -1e300
    for i in range(scores.shape[0]):
        for j in range(scores.shape[1]):
            if scores[i, j] > -5e8 and scores[i, j] > largest:
                largest = np.float64(scores[i, j])
    return largest if largest > -5e8 else 0.0


@compiled
def _fill_backward(
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
            a = inner(PROBABILITIES, by_start, i * tags + t, 0, after, t, i + 1, count)
            lost |= put(PROBABILITIES, starting, i, t, a)
            put(PROBABILITIES, starting_by_label, t, i, a)
            before = over(number(entering, t, i), total)
            for k in range(count):
                a = times(PROBABILITIES, before, number(by_start, i * tags + t, k))
                a = times(PROBABILITIES, a, number(after, t, i + k + 1))
                segments[i, k, t] = a[numbers - 1]
        for s in range(tags):
            a = inner(PROBABILITIES, starting, i, 0, pairs, s, 0, tags)
            lost |= put(PROBABILITIES, after, s, i, a)
        if lost:
            return True
    for s in range(tags):
        for t in range(tags):
            a = inner(PROBABILITIES, ending_by_label, s, 1, starting_by_label, t, 1, n - 1)
            a = over(times(PROBABILITIES, a, number(pairs, s, t)), total)
            transitions[s, t] = a[numbers - 1]
    return False


@compiled
def _descend(
    n: int, charts: Arrays, others: Arrays, segments: np.ndarray, transitions: np.ndarray
) -> float:
    """log Z, and the expected parts or their derivatives, from logarithms."""
    ending, _, entering, by_end, _, pairs, pairs_by_next = charts
    ended, _, entered, there, _, nothing, following = others
    numbers, tags, widths = len(pairs), pairs.shape[1], by_end.shape[2]
    ended[:], entered[:], there[:], nothing[:], following[:] = 0, 0, 0, 0, 0
    log_z = inner(LOGARITHMS, ending, n, 0, nothing, 0, 0, tags)[0]
    descend((1.0, 0.0), ending, n, 0, nothing, 0, 0, tags, ended, np.zeros_like(nothing))
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
                mass = number(entered, t, j - 1)
                descend(mass, ending, j - 1, 0, pairs_by_next, t, 0, tags, ended, following)
    for s in range(tags):
        for t in range(tags):
            transitions[s, t] = following[numbers - 1, t, s]
    return log_z


@compiled
def _best(
    first: int,
    last: int,
    segments: np.ndarray,
    transitions: np.ndarray,
    lengths: np.ndarray,
    segment_parts: np.ndarray,
    transition_parts: np.ndarray,
) -> None:
    """Of the sentences first … last - 1, ones into arrays of zeros."""
    _, words, widths, tags = segments.shape
    charts, scales = _charts(1, words, widths, tags), np.empty(words + 1)
    ending, _, entering, by_end, _, _, pairs_by_next = charts
    for b in range(first, last):
        a = transitions[min(b, len(transitions) - 1)]
        j, t = lengths[b], 0
        if j > 0:
            _fill_forward(MAXIMA, segments[b], a, segments[:0], transitions[:0], j, charts, scales)
            for s in range(1, tags):
                t = s if ending[0, j, s] > ending[0, j, t] else t
        while j > 0:
            count = min(widths, j)
            i = best_split(by_end, j * tags + t, widths - count, entering, t, j - count, count)
            i += j - count
            segment_parts[b, i, j - i - 1, t] = 1
            if i > 0:
                s = best_split(ending, i, 0, pairs_by_next, t, 0, tags)
                transition_parts[b, s, t] += 1
                t = s
            j = i

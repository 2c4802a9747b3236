"""Fused kernels of segmentations whose transitions are shared over positions, on CPUs."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from structdistill.structures.kernels.arithmetic import (
    FIRST,
    LOGARITHMS,
    MAXIMA,
    PROBABILITIES,
    best_split,
)
from structdistill.structures.kernels.compiling import compiled
from structdistill.structures.kernels.segment_charts import (
    Arrays,
    descend_charts,
    fill_backward,
    fill_forward,
    make_charts,
)
from structdistill.structures.kernels.threads import over_sentences

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
    lost = np.zeros(len(lengths), np.bool_)

    def work(first: int, last: int) -> None:
        arguments: Any = first, last, *potentials, *values, lengths, lost, log_z, *parts
        if _expectations(*arguments):
            _wide_expectations(*arguments)

    over_sentences(work, 2 * _costs(segments, lengths))
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
    lost: np.ndarray,
    log_z: np.ndarray,
    segment_parts: np.ndarray,
    transition_parts: np.ndarray,
) -> bool:
    """Of the sentences first … last - 1, into `log_z` and the parts, which are zeros.

    Returns:
        whether scores of some range too widely, which is marked in `lost`.
    """
    some_lost = False
    _, words, widths, tags = segments.shape
    numbers = 1 + (len(segment_values) > 0)
    charts = make_charts(numbers, words, widths, tags)
    others = make_charts(numbers, words, widths, tags)
    scales = np.empty(words + 1)
    for b in range(first, last):
        n = lengths[b]
        if n == 0:
            continue
        a = transitions[min(b, len(transitions) - 1)]
        v = segment_values[min(b, len(segment_values) - 1) :]
        u = transition_values[min(b, len(transition_values) - 1) :]
        x, y = segment_parts[b], transition_parts[b]
        wide = fill_forward(PROBABILITIES, segments[b], a, v, u, n, charts, scales)
        if not wide:
            total = 0.0
            for t in range(tags):
                total += charts[0][0, n, t]
            log_z[b] = scales[n] + np.log(total)
            wide = fill_backward(n, charts, others, x, y)
        lost[b] = wide
        some_lost |= wide
    return some_lost


@compiled
def _wide_expectations(
    first: int,
    last: int,
    segments: np.ndarray,
    transitions: np.ndarray,
    segment_values: np.ndarray,
    transition_values: np.ndarray,
    lengths: np.ndarray,
    lost: np.ndarray,
    log_z: np.ndarray,
    segment_parts: np.ndarray,
    transition_parts: np.ndarray,
) -> None:
    """Of those that are lost."""
    _, words, widths, tags = segments.shape
    numbers = 1 + (len(segment_values) > 0)
    charts = make_charts(numbers, words, widths, tags)
    others = make_charts(numbers, words, widths, tags)
    scales = np.empty(words + 1)
    for b in range(first, last):
        if lost[b]:
            n = lengths[b]
            a = transitions[min(b, len(transitions) - 1)]
            v = segment_values[min(b, len(segment_values) - 1) :]
            u = transition_values[min(b, len(transition_values) - 1) :]
            fill_forward(LOGARITHMS, segments[b], a, v, u, n, charts, scales)
            log_z[b] = descend_charts(n, charts, others, segment_parts[b], transition_parts[b])


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
    charts, scales = make_charts(1 + FIRST, words, widths, tags), np.empty(words + 1)
    ending, _, entering, by_end, _, _, pairs_by_next = charts
    for b in range(first, last):
        a = transitions[min(b, len(transitions) - 1)]
        j, t = lengths[b], 0
        if j > 0:
            fill_forward(MAXIMA, segments[b], a, segments[:0], transitions[:0], j, charts, scales)
            for s in range(1, tags):
                t = s if ending[0, j, s] > ending[0, j, t] else t
        while j > 0:
            count = min(widths, j)
            i = best_split(by_end, j * tags + t, widths - count, entering, t, j - count, count)
            i += j - count
            segment_parts[b, i, j - i - 1, t] = 1
            if i > 0:
                s = best_split(ending, i, FIRST, pairs_by_next, t, FIRST, tags)
                transition_parts[b, s, t] += 1
                t = s
            j = i

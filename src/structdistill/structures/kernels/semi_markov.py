"""Fused kernels of segmentations whose transitions are shared over positions, on CPUs."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from structdistill.structures.kernels.arithmetic import LOGARITHMS, PROBABILITIES
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
    # The best up to a boundary by its last label, and before a segment from there by its label.
    ending, entering = np.empty((words + 1, tags)), np.empty((words + 1, tags))
    for b in range(first, last):
        n, a, x = lengths[b], transitions[min(b, len(transitions) - 1)], segments[b]
        if n == 0:
            continue
        for t in range(tags):
            entering[0, t] = 0
        for j in range(1, n + 1):
            for t in range(tags):
                ending[j, t], entering[j, t] = -np.inf, -np.inf
            for k in range(min(widths, j)):
                i = j - k - 1
                for t in range(tags):
                    ending[j, t] = max(ending[j, t], entering[i, t] + x[i, k, t])
            for s in range(tags):
                for t in range(tags):
                    entering[j, t] = max(entering[j, t], ending[j, s] + a[s, t])
        j, t = n, 0
        for s in range(1, tags):
            t = s if ending[n, s] > ending[n, t] else t
        while j > 0:
            # Found again for the best only, which costs less than remembering it for all.
            i = j - 1
            for k in range(1, min(widths, j)):
                h = j - k - 1
                if entering[h, t] + x[h, k, t] > entering[i, t] + x[i, j - i - 1, t]:
                    i = h
            segment_parts[b, i, j - i - 1, t] = 1
            if i > 0:
                before = 0
                for s in range(1, tags):
                    if ending[i, s] + a[s, t] > ending[i, before] + a[before, t]:
                        before = s
                transition_parts[b, before, t] += 1
                t = before
            j = i

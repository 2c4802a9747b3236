"""Fused kernels of chains whose transitions are shared over positions, on CPUs.

Potentials and values come as `emissions[b, n, t]`, `transitions[b, t, t]`, `start[b, t]` and
`end[b, t]`, where a first axis of size 1 stands for a batch of equal ones.
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from structdistill.structures.kernels.chain_logarithms import log_expectations
from structdistill.structures.kernels.chain_probabilities import (
    combine,
    exponentials,
    relative_exponentials,
    sweep,
    sweep_moments,
)
from structdistill.structures.kernels.compiling import compiled
from structdistill.structures.kernels.threads import over_sentences
from structdistill.structures.potentials import FORBIDDEN

Arrays = tuple[np.ndarray, ...]

# What a sum of tags can hold beside 1: the least logarithms of words and of transitions, and the
# least messages, before a word and, where something is forbidden, behind it. Below, log space.
_RANGES = {
    np.dtype(np.float32): (-64.0, -46.0, 1e-10, 1e-18),
    np.dtype(np.float64): (-450.0, -276.0, 1e-100, 1e-180),
}


def expectations(
    potentials: Arrays, lengths: Int[np.ndarray, " batch"], _: tuple[()]
) -> tuple[Float[np.ndarray, " batch"], Arrays]:
    """log Z and the expected parts of each sentence."""
    log_z = np.empty(len(lengths), potentials[0].dtype)
    return log_z, _run(potentials, potentials, lengths, log_z, covariance=False)


def covariances(
    potentials: Arrays, values: Arrays, lengths: Int[np.ndarray, " batch"], _: tuple[()]
) -> Arrays:
    """Cov(parts, ⟨values, parts⟩): the derivative of the expected parts in a direction."""
    log_z = np.empty(len(lengths), potentials[0].dtype)
    return _run(potentials, values, lengths, log_z, covariance=True)


def best(potentials: Arrays, lengths: Int[np.ndarray, " batch"], _: tuple[()]) -> Arrays:
    """The indicator of the best tags of each sentence."""
    parts = _parts(potentials[0], np.zeros)
    over_sentences(_best, lengths, *potentials, lengths, *parts)
    return parts


def _run(
    potentials: Arrays, values: Arrays, lengths: np.ndarray, log_z: np.ndarray, *, covariance: bool
) -> Arrays:
    parts = _parts(potentials[0], np.empty)
    limits = _RANGES[potentials[0].dtype]
    over_sentences(
        _expectations, lengths, potentials, values, lengths, limits, covariance, log_z, parts
    )
    return parts


def _parts(emissions: np.ndarray, make: Any) -> Arrays:
    sentences, _, tags = emissions.shape
    shapes = (emissions.shape, (sentences, tags, tags), (sentences, tags), (sentences, tags))
    return tuple(make(shape, emissions.dtype) for shape in shapes)


@compiled
def _expectations(
    first: int,
    last: int,
    potentials: Arrays,
    values: Arrays,
    lengths: np.ndarray,
    limits: tuple[float, float, float, float],
    covariance: bool,
    log_z: np.ndarray,
    parts: Arrays,
) -> None:
    """Of the sentences first … last - 1, into `log_z` and `parts`."""
    emissions, transitions, start, end = potentials
    unary, pairs, starts, ends = parts
    _, longest, tags = emissions.shape
    sweeps = np.empty((9, longest, tags), emissions.dtype)
    squares = np.empty((6, tags, tags), emissions.dtype)
    shift, wide, ready = 0.0, False, False
    for b in range(first, last):
        n = lengths[b]
        unary[b, n:] = 0
        if n == 0:
            log_z[b] = 0
            pairs[b], starts[b], ends[b] = 0, 0, 0
            continue
        x, a, s, e = emissions[b, :n], _of(transitions, b), _of(start, b), _of(end, b)
        v = (values[0][b, :n], _of(values[1], b), _of(values[2], b), _of(values[3], b))
        if not ready or len(transitions) > 1:
            shift, wide = exponentials(a.reshape(-1), limits[1], squares[0].reshape(-1))
            squares[1] = squares[0].T
            ready = True
        lost = wide
        if not wide:
            words = sweeps[8, :n]
            largest = relative_exponentials(x, words)
            value, lost = _scaled(x, words, s, e, limits, squares, sweeps, unary[b], pairs[b])
            log_z[b] = value + largest + shift * (n - 1)
        if lost:
            log_z[b] = log_expectations(x, a, s, e, v, unary[b], pairs[b], covariance)
        elif covariance:
            _scaled_covariances(v, sweeps[8, :n], squares, sweeps, unary[b], pairs[b])
        starts[b], ends[b] = unary[b, 0], unary[b, n - 1]


@compiled
def _of(array: np.ndarray, sentence: int) -> np.ndarray:
    """What belongs to a sentence, where one may stand for all."""
    found: np.ndarray = array[min(sentence, len(array) - 1)]
    return found


@compiled
def _scaled(
    emissions: np.ndarray,
    words: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    limits: tuple[float, float, float, float],
    squares: np.ndarray,
    sweeps: np.ndarray,
    unary: np.ndarray,
    pairs: np.ndarray,
) -> tuple[float, bool]:
    """log Z without the shifts of words and transitions; whether scores range too widely."""
    length, tags = emissions.shape
    before, messages, after = sweeps[0, :length], sweeps[1, :length], sweeps[2, :length]
    returning, rows = sweeps[3, :length], sweeps[4, :length]
    boundaries = np.empty((2, tags), emissions.dtype)
    first, wide = exponentials(start, limits[0], boundaries[0])
    last, wide_end = exponentials(end, limits[0], boundaries[1])
    sparse = squares[0].min() == 0 or boundaries.min() == 0
    low = 0
    if sparse:
        least = np.exp(limits[0])
        for i in range(length):
            for t in range(tags):
                low += (words[i, t] < least) & (emissions[i, t] > FORBIDDEN / 2)
    floors = (limits[2], limits[3] if sparse else 0.0)
    if wide or wide_end or low:
        return 0.0, True
    scale, lost = sweep(False, words, boundaries[0], squares[0], floors, before, messages)
    if lost:
        return 0.0, True
    _, lost = sweep(True, words, boundaries[1], squares[1], floors, after, returning)
    if lost:
        return 0.0, True
    for i in range(length):
        total = after[0, 0] * 0
        for t in range(tags):
            unary[i, t] = messages[i, t] * after[i, t]
            total += unary[i, t]
        if not total > limits[3]:
            return 0.0, True
        inverse = 1 / total
        for t in range(tags):
            unary[i, t] *= inverse
        if i < length - 1:
            for t in range(tags):
                rows[i, t] = returning[i + 1, t] * inverse
    for s in range(tags):
        combine(messages[: length - 1, s], rows[: length - 1], pairs[s])
    for s in range(tags):
        for t in range(tags):
            pairs[s, t] *= squares[0, s, t]
    ending = 0.0
    for t in range(tags):
        ending += messages[length - 1, t] * boundaries[1, t]
    return first + last + scale + np.log(ending), False


@compiled
def _scaled_covariances(
    values: Arrays,
    words: np.ndarray,
    squares: np.ndarray,
    sweeps: np.ndarray,
    unary: np.ndarray,
    pairs: np.ndarray,
) -> None:
    """Turns expectations into covariances, from what their sweeps have left."""
    length, tags = values[0].shape
    before, messages, after = sweeps[0, :length], sweeps[1, :length], sweeps[2, :length]
    returning, rows = sweeps[3, :length], sweeps[4, :length]
    moments_before, moments, moments_after = sweeps[5], sweeps[6], sweeps[7]
    transitions, reverse, weighted = squares[0], squares[1], squares[2]
    weighted_reverse, part, plain = squares[3], squares[4], squares[5]
    for s in range(tags):
        for t in range(tags):
            weighted[s, t] = transitions[s, t] * values[1][s, t]
            weighted_reverse[t, s] = weighted[s, t]
    x, _, start, end = values
    sweep_moments(
        False, words, x, start, transitions, weighted, before, messages, moments_before, moments
    )
    # The forward sweep's own `before` is not needed any more.
    moments_returning = before
    sweep_moments(
        True,
        words,
        x,
        end,
        reverse,
        weighted_reverse,
        after,
        returning,
        moments_after,
        moments_returning,
    )
    for i in range(length):
        total, mass = after[0, 0] * 0, after[0, 0] * 0
        for t in range(tags):
            total += messages[i, t] * after[i, t]
            unary_moment = moments[i, t] * after[i, t] + messages[i, t] * moments_after[i, t]
            moments_after[i, t] = unary_moment
            mass += unary_moment
        mean = mass / total
        for t in range(tags):
            unary[i, t] = moments_after[i, t] / total - unary[i, t] * mean
        if i < length - 1:
            for t in range(tags):
                moments_before[i, t] = moments_returning[i + 1, t] / total - rows[i, t] * mean
    for s in range(tags):
        combine(moments[: length - 1, s], rows[: length - 1], pairs[s])
        combine(messages[: length - 1, s], moments_before[: length - 1], part[s])
        combine(messages[: length - 1, s], rows[: length - 1], plain[s])
    for s in range(tags):
        for t in range(tags):
            pairs[s, t] = (pairs[s, t] + part[s, t]) * transitions[s, t]
            pairs[s, t] += plain[s, t] * weighted[s, t]


@compiled
def _best(
    first: int,
    last: int,
    emissions: np.ndarray,
    transitions: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    lengths: np.ndarray,
    unary: np.ndarray,
    pairs: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
) -> None:
    """Of the sentences first … last - 1, ones into arrays of zeros."""
    _, words, tags = emissions.shape
    scores, longer = np.empty((words, tags), emissions.dtype), np.empty(tags, emissions.dtype)
    blocked = tags - tags % 4
    for b in range(first, last):
        n, a = lengths[b], _of(transitions, b)
        if n == 0:
            continue
        scores[0] = _of(start, b) + emissions[b, 0]
        for i in range(1, n):
            for t in range(tags):
                longer[t] = scores[i - 1, 0] + a[0, t]
            for s in range(0, blocked, 4):
                one, two = scores[i - 1, s], scores[i - 1, s + 1]
                three, four = scores[i - 1, s + 2], scores[i - 1, s + 3]
                for t in range(tags):
                    earlier = max(one + a[s, t], two + a[s + 1, t])
                    later = max(three + a[s + 2, t], four + a[s + 3, t])
                    longer[t] = max(longer[t], max(earlier, later))
            for s in range(blocked, tags):
                for t in range(tags):
                    longer[t] = max(longer[t], scores[i - 1, s] + a[s, t])
            for t in range(tags):
                scores[i, t] = longer[t] + emissions[b, i, t]
        tag = int(np.argmax(scores[n - 1] + _of(end, b)))
        ends[b, tag] = 1
        for i in range(n - 1, 0, -1):
            unary[b, i, tag] = 1
            # Found again for the best tags only, which costs less than remembering it for all.
            previous = 0
            for s in range(1, tags):
                if scores[i - 1, s] + a[s, tag] > scores[i - 1, previous] + a[previous, tag]:
                    previous = s
            pairs[b, previous, tag] += 1
            tag = previous
        unary[b, 0, tag] = 1
        starts[b, tag] = 1

"""Fused kernels of chains whose transitions are shared over positions, on CPUs.

Potentials and values come as `emissions[b, n, t]`, `transitions[b, t, t]`, `start[b, t]` and
`end[b, t]`, where a first axis of size 1 stands for a batch of equal ones.
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from structdistill.structures.kernels.arrays import of_sentence
from structdistill.structures.kernels.chain_lanes import part_shapes
from structdistill.structures.kernels.chain_lockstep import Arrays, Question, in_lockstep
from structdistill.structures.kernels.chain_logarithms import log_expectations
from structdistill.structures.kernels.compiling import compiled
from structdistill.structures.kernels.lanes import LANES
from structdistill.structures.kernels.threads import over_sentences

_LIMITS = {
    np.dtype(np.float32): (-64.0, -46.0, 1e-10, 1e-18),
    np.dtype(np.float64): (-450.0, -276.0, 1e-100, 1e-180),
}
"""Those of `in_lockstep`."""


def expectations(
    potentials: Arrays, lengths: Int[np.ndarray, " batch"], _: tuple[()]
) -> tuple[Float[np.ndarray, " batch"], Arrays]:
    """log Z and the expected parts of each sentence."""
    return _run(potentials, potentials, lengths, covariance=False)


def covariances(
    potentials: Arrays, values: Arrays, lengths: Int[np.ndarray, " batch"], _: tuple[()]
) -> Arrays:
    """Cov(parts, ⟨values, parts⟩): the derivative of the expected parts in a direction."""
    return _run(potentials, values, lengths, covariance=True)[1]


def best(potentials: Arrays, lengths: Int[np.ndarray, " batch"], _: tuple[()]) -> Arrays:
    """The indicator of the best tags of each sentence."""
    parts, tags = _parts(potentials[0], np.zeros), potentials[0].shape[2]
    over_sentences(_best, lengths * (20 + tags) // 60, *potentials, lengths, *parts)
    return parts


def _run(
    potentials: Arrays, values: Arrays, lengths: np.ndarray, *, covariance: bool
) -> tuple[np.ndarray, Arrays]:
    log_z, parts = np.empty(len(lengths), potentials[0].dtype), _parts(potentials[0], np.empty)
    lost = np.zeros(len(lengths), np.bool_)
    # Sentences in lockstep are of similar lengths, and have the same transitions.
    order = (-lengths).argsort(kind="stable")
    size = LANES if len(potentials[1]) == 1 else 1
    tags = potentials[0].shape[2]
    costs = lengths[order[::size]] * (1 + tags * tags // 80)
    limits = _LIMITS[potentials[0].dtype]
    question = potentials, values, lengths, limits, covariance
    words, pairs, *boundaries = values
    if covariance and len(pairs) == 1 and not pairs.any():
        pairs = pairs[:0]  # which saves half of the work
    quick = potentials, (words, pairs, *boundaries), lengths, limits, covariance

    def work(first: int, last: int) -> None:
        results = lost, log_z, parts
        if _expectations(first, last, order, size, quick, *results):
            _wide_expectations(first, last, order, size, question, *results)

    over_sentences(work, costs)
    return log_z, parts


def _parts(emissions: np.ndarray, make: Any) -> Arrays:
    return tuple(make(shape, emissions.dtype) for shape in part_shapes(emissions))


@compiled
def _expectations(
    first: int,
    last: int,
    order: np.ndarray,
    size: int,
    question: Question,
    lost: np.ndarray,
    log_z: np.ndarray,
    parts: Arrays,
) -> bool:
    """Of groups first … last - 1 of `size` sentences in order, into `log_z` and `parts`.

    Returns:
        whether sentences are lost, marked in `lost`.
    """
    lengths, some_lost = question[2], False
    unary, pairs, starts, ends = parts
    _, words, tags = unary.shape
    for group in range(first, last):
        sentences = order[group * size : (group + 1) * size]
        if lengths[sentences[0]] > 0:
            some_lost |= in_lockstep(sentences, question, lost, log_z, unary, pairs)
        for lane in range(len(sentences)):
            b = sentences[lane]
            n = lengths[b]
            if n == 0:
                log_z[b], lost[b] = 0, False
                for t in range(tags):
                    for i in range(words):
                        unary[b, i, t] = 0
                    for s in range(tags):
                        pairs[b, s, t] = 0
            for t in range(tags):
                starts[b, t] = unary[b, 0, t]
                ends[b, t] = unary[b, max(n, 1) - 1, t]
    return some_lost


@compiled
def _wide_expectations(
    first: int,
    last: int,
    order: np.ndarray,
    size: int,
    question: Question,
    lost: np.ndarray,
    log_z: np.ndarray,
    parts: Arrays,
) -> None:
    """Of the sentences among them that are lost."""
    potentials, values, lengths, _, covariance = question
    unary, pairs, starts, ends = parts
    for position in range(first * size, min(last * size, len(order))):
        b = order[position]
        n = lengths[b]
        if lost[b]:
            log_z[b] = log_expectations(
                _of(potentials, b, n), _of(values, b, n), unary[b], pairs[b], covariance
            )
            for t in range(unary.shape[2]):
                starts[b, t], ends[b, t] = unary[b, 0, t], unary[b, n - 1, t]


@compiled
def _of(arrays: Arrays, b: int, length: int) -> Arrays:
    """What belongs to the words of a sentence, and to the whole."""
    emissions, transitions, start, end = arrays
    others = of_sentence(transitions, b), of_sentence(start, b), of_sentence(end, b)
    return of_sentence(emissions, b)[:length], *others


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
        n, a = lengths[b], of_sentence(transitions, b)
        if n == 0:
            continue
        starting, ending = of_sentence(start, b), of_sentence(end, b)
        for t in range(tags):
            scores[0, t] = starting[t] + emissions[b, 0, t]
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
        tag = 0
        for t in range(1, tags):
            if scores[n - 1, t] + ending[t] > scores[n - 1, tag] + ending[tag]:
                tag = t
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

"""Fused kernels of chains whose transitions are shared over positions, on CPUs.

Potentials and values come as `emissions[b, n, t]`, `transitions[b, t, t]`, `start[b, t]` and
`end[b, t]`, where a first axis of size 1 stands for a batch of equal ones.
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from structdistill.structures.kernels.arrays import of_sentence
from structdistill.structures.kernels.chain_lanes import part_shapes
from structdistill.structures.kernels.chain_lockstep import (
    COVARIANCES,
    DIVERGENCES,
    EXPECTATIONS,
    Arrays,
    Question,
    in_lockstep,
)
from structdistill.structures.kernels.chain_logarithms import log_expectations
from structdistill.structures.kernels.compiling import compiled, step
from structdistill.structures.kernels.lanes import LANES
from structdistill.structures.kernels.scores import excess
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
    return _run(EXPECTATIONS, potentials, potentials, lengths)


def covariances(
    potentials: Arrays, values: Arrays, lengths: Int[np.ndarray, " batch"], _: tuple[()]
) -> Arrays:
    """Cov(parts, ⟨values, parts⟩): the derivative of the expected parts in a direction."""
    return _run(COVARIANCES, potentials, values, lengths)[1]


def divergences(
    potentials: Arrays, others: Arrays, lengths: Int[np.ndarray, " batch"], _: tuple[()]
) -> tuple[Float[np.ndarray, " batch"], Arrays]:
    """KL(p ‖ q) of chains p with these potentials and q with others; E_q[parts] − E_p[parts]."""
    return _run(DIVERGENCES, potentials, others, lengths)


def best(potentials: Arrays, lengths: Int[np.ndarray, " batch"], _: tuple[()]) -> Arrays:
    """The indicator of the best tags of each sentence."""
    parts, tags = _parts(potentials[0], np.zeros), potentials[0].shape[2]
    over_sentences(_best, lengths * (20 + tags) // 60, *potentials, lengths, *parts)
    return parts


def _run(
    kind: int, potentials: Arrays, values: Arrays, lengths: np.ndarray
) -> tuple[np.ndarray, Arrays]:
    found, parts = np.empty(len(lengths), potentials[0].dtype), _parts(potentials[0], np.empty)
    lost = np.zeros(len(lengths), np.bool_)
    # Sentences in lockstep are of similar lengths, and have the same transitions.
    order = (-lengths).argsort(kind="stable")
    size = LANES if len(potentials[1]) == 1 else 1
    tags = potentials[0].shape[2]
    sides = 2 if kind == DIVERGENCES else 1
    costs = lengths[order[::size]] * (sides * (1 + tags * tags // 80))
    limits = _LIMITS[potentials[0].dtype]
    question = kind, potentials, values, lengths, limits
    words, pairs, *boundaries = values
    if kind == COVARIANCES and len(pairs) == 1 and not pairs.any():
        pairs = pairs[:0]  # which saves half of the work
    quick = kind, potentials, (words, pairs, *boundaries), lengths, limits

    def work(first: int, last: int) -> None:
        results = lost, found, parts
        if _answer(first, last, order, size, quick, *results):
            _wide_answer(first, last, order, size, question, *results)

    over_sentences(work, costs)
    return found, parts


def _parts(emissions: np.ndarray, make: Any) -> Arrays:
    return tuple(make(shape, emissions.dtype) for shape in part_shapes(emissions))


@compiled
def _answer(
    first: int,
    last: int,
    order: np.ndarray,
    size: int,
    question: Question,
    lost: np.ndarray,
    found: np.ndarray,
    parts: Arrays,
) -> bool:
    """Of groups first … last - 1 of `size` sentences in order, into `found` and `parts`.

    Args:
        found: becomes log Z, or KL where divergences are wanted.

    Returns:
        whether sentences are lost, marked in `lost`.
    """
    kind, potentials, values, lengths, limits = question
    some_lost, log_z, lower = False, np.empty(LANES), np.empty(LANES)
    unary, pairs, starts, ends = parts
    _, words, tags = unary.shape
    for group in range(first, last):
        sentences = order[group * size : (group + 1) * size]
        if lengths[sentences[0]] > 0:
            for side in range(2 if kind == DIVERGENCES else 1):
                given = potentials if side == 0 else values
                some_lost |= in_lockstep(
                    sentences, (kind, given, values, lengths, limits), side > 0,
                    lost, log_z, unary, pairs,
                )  # fmt: skip
                for lane in range(len(sentences)):
                    b = sentences[lane]
                    if kind == DIVERGENCES and side == 0:
                        more = _excess(potentials, values, b, lengths[b], unary, pairs)
                        lower[lane] = log_z[lane] + more
                    else:
                        found[b] = log_z[lane] if side == 0 else max(log_z[lane] - lower[lane], 0.0)
        for lane in range(len(sentences)):
            b = sentences[lane]
            n = lengths[b]
            if n == 0:
                found[b], lost[b] = 0, False
                for t in range(tags):
                    for i in range(words):
                        unary[b, i, t] = 0
                    for s in range(tags):
                        pairs[b, s, t] = 0
            for t in range(tags):
                starts[b, t] = unary[b, 0, t]
                ends[b, t] = unary[b, max(n, 1) - 1, t]
    return some_lost


@step
def _excess(
    potentials: Arrays,
    others: Arrays,
    b: int,
    length: int,
    unary: np.ndarray,
    pairs: np.ndarray,
) -> float:
    """What parts of a sentence score more under other potentials, in float64."""
    emissions, transitions, start, end = _of(potentials, b, length)
    other_emissions, other_transitions, other_start, other_end = _of(others, b, length)
    last = length - 1
    return float(
        excess(emissions.reshape(-1), other_emissions.reshape(-1), unary[b].reshape(-1))
        + excess(transitions.reshape(-1), other_transitions.reshape(-1), pairs[b].reshape(-1))
        + excess(start, other_start, unary[b, 0])
        + excess(end, other_end, unary[b, last])
    )


@compiled
def _wide_answer(
    first: int,
    last: int,
    order: np.ndarray,
    size: int,
    question: Question,
    lost: np.ndarray,
    found: np.ndarray,
    parts: Arrays,
) -> None:
    """Of the sentences among them that are lost."""
    kind, potentials, values, lengths, _ = question
    unary, pairs, starts, ends = parts
    _, words, tags = unary.shape
    others, other_pairs = np.empty((words, tags), unary.dtype), np.empty((tags, tags), unary.dtype)
    for position in range(first * size, min(last * size, len(order))):
        b = order[position]
        n = lengths[b]
        if not lost[b]:
            continue
        directions, lower = _of(values, b, n), 0.0
        for side in range(2 if kind == DIVERGENCES else 1):
            given = _of(potentials, b, n) if side == 0 else directions
            own = unary[b] if side == 0 else others
            own_pairs = pairs[b] if side == 0 else other_pairs
            log_z = log_expectations(given, directions, own, own_pairs, kind == COVARIANCES)
            if kind == DIVERGENCES and side == 0:
                lower = log_z + _excess(potentials, values, b, n, unary, pairs)
            else:
                found[b] = log_z if side == 0 else max(log_z - lower, 0.0)
        if kind == DIVERGENCES:
            for t in range(tags):
                for i in range(n):
                    unary[b, i, t] = others[i, t] - unary[b, i, t]
                for s in range(tags):
                    pairs[b, s, t] = other_pairs[s, t] - pairs[b, s, t]
        for t in range(tags):
            starts[b, t], ends[b, t] = unary[b, 0, t], unary[b, n - 1, t]


@step
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

"""Chains in the probability domain, in lockstep: each sentence has a lane.

Arrays are laid out `[word, tag, lane]`. A sweep is a matrix-vector product a word and lane,
rescaled to the sum 1. Lanes of shorter sentences go on behind their end, which nothing reads.
"""

from typing import cast

import numpy as np
from jaxtyping import Float

from structdistill.structures.kernels.chain_lanes import Totals, Words
from structdistill.structures.kernels.compiling import inlined, step
from structdistill.structures.kernels.lanes import load, same, store, where_less

Tags = Float[np.ndarray, "tag lane"]
Pairs = Float[np.ndarray, "tag tag lane"]
Matrix = Float[np.ndarray, "tag tag"]


FORWARD, BACKWARD = cast(bool, np.bool_(False)), cast(bool, np.bool_(True))
"""Directions of sweeps: numba would compile a sweep twice for a plain False and True."""


@inlined
def multiply(matrix: Matrix, vectors: Words, word: int, out: Words, place: int) -> None:
    """out[place] = matrix @ vectors[word] in every lane, four rows at a time."""
    rows, columns = matrix.shape
    zero = same(vectors, 0.0)
    blocked = rows - rows % 4
    for t in range(0, blocked, 4):
        a, b, c, d = zero, zero, zero, zero
        for s in range(columns):
            vector = load(vectors, (word, s))
            a = a + same(vectors, matrix[t, s]) * vector
            b = b + same(vectors, matrix[t + 1, s]) * vector
            c = c + same(vectors, matrix[t + 2, s]) * vector
            d = d + same(vectors, matrix[t + 3, s]) * vector
        store(out, (place, t), a)
        store(out, (place, t + 1), b)
        store(out, (place, t + 2), c)
        store(out, (place, t + 3), d)
    for t in range(blocked, rows):
        a = zero
        for s in range(columns):
            a = a + same(vectors, matrix[t, s]) * load(vectors, (word, s))
        store(out, (place, t), a)


@inlined
def multiply_own(matrices: Pairs, vectors: Words, word: int, out: Words, place: int) -> None:
    """out[place] = matrices @ vectors[word], where each lane has a matrix of its own."""
    rows, columns, _ = matrices.shape
    for t in range(rows):
        total = same(vectors, 0.0)
        for s in range(columns):
            total = total + load(matrices, (t, s)) * load(vectors, (word, s))
        store(out, (place, t), total)


@step
def sweep(
    backward: bool,
    words: Words,
    lengths: Float[np.ndarray, "one lane"],
    boundary: Tags,
    transitions: Matrix,
    before: Words,
    messages: Words,
    totals: Totals,
    least: Float[np.ndarray, "two lane"],
) -> None:
    """Messages along a chain, each rescaled to the sum 1.

    before[i] = transitions @ messages[i-1], where a sentence begins the boundary;
    messages[i] = words[i] · before[i]; both are divided by the sum of the latter, `totals[i]`.

    Args:
        backward: whether it goes from the last word to the first.
        words: the exponential of each word's emissions.
        boundary: that of the scores of tags where the sweep begins.
        transitions: to a tag from the one that is visited before it.
        before, messages, totals: are filled.
        least: becomes the least positive number of `before`, undivided, and of `messages`.
    """
    longest, tags, _ = words.shape
    zero, one, infinite = same(words, 0.0), same(words, 1.0), same(words, np.inf)
    least_before, least_message = infinite, infinite
    ends = load(lengths, (0,))
    for visited in range(longest):
        i = longest - 1 - visited if backward else visited
        here = same(words, i)
        total, low = zero, infinite
        begun = zero
        if visited > 0:
            multiply(transitions, messages, i + 1 if backward else i - 1, before, i)
            begun = ends - one if backward else infinite  # a lane waits for longer ones
        for t in range(tags):
            entering = where_less(here, begun, load(before, (i, t)), load(boundary, (t,)))
            message = entering * load(words, (i, t))
            store(before, (i, t), entering)
            store(messages, (i, t), message)
            total = total + message
            lower = where_less(entering, low, entering, low)
            low = where_less(zero, entering, lower, low)
        store(totals, (i,), total)
        low = where_less(zero, total, low, zero)
        inverse = where_less(zero, total, one / total, zero)
        below = infinite
        for t in range(tags):
            store(before, (i, t), load(before, (i, t)) * inverse)
            message = load(messages, (i, t)) * inverse
            store(messages, (i, t), message)
            lower = where_less(message, below, message, below)
            below = where_less(zero, message, lower, below)
        lower = where_less(low, least_before, low, least_before)
        least_before = where_less(here, ends, lower, least_before)
        lower = where_less(below, least_message, below, least_message)
        least_message = where_less(here, ends, lower, least_message)
    store(least, (0,), least_before)
    store(least, (1,), least_message)


@step
def sweep_moments(
    backward: bool,
    words: Words,
    word_values: Words,
    lengths: Float[np.ndarray, "one lane"],
    boundary: Tags,
    transitions: Matrix,
    weighted: Pairs,
    messages: Words,
    totals: Totals,
    moments_before: Words,
    moments: Words,
) -> None:
    """The derivative of a finished sweep's `before` and `messages` in a direction.

    Each word's are shifted by a multiple of what they are the derivative of, so that `moments` sum
    to 0: where a distribution is normalised that changes nothing.

    Args:
        word_values: the direction, of emissions.
        boundary, weighted: the boundary and transitions, times the direction; of no tags where that
            of transitions is 0.
        moments_before, moments: are filled.
    """
    longest, tags, _ = words.shape
    zero, one, infinite = same(words, 0.0), same(words, 1.0), same(words, np.inf)
    ends = load(lengths, (0,))
    for visited in range(longest):
        i = longest - 1 - visited if backward else visited
        previous = i + 1 if backward else i - 1
        here, total, mass = same(words, i), load(totals, (i,)), zero
        inverse = where_less(zero, total, one / total, zero)
        begun = zero
        if visited > 0:
            multiply(transitions, moments, previous, moments_before, i)
            if len(weighted) > 0:
                multiply_own(weighted, messages, previous, moments, i)
            begun = ends - one if backward else infinite
        for t in range(tags):
            moment = load(moments_before, (i, t))
            if len(weighted) > 0:
                moment = moment + load(moments, (i, t))
            moment = where_less(here, begun, moment, load(boundary, (t,))) * inverse
            store(moments_before, (i, t), moment)
            moment = moment * load(words, (i, t))
            moment = moment + load(messages, (i, t)) * load(word_values, (i, t))
            store(moments, (i, t), moment)
            mass = mass + moment
        for t in range(tags):
            shift = load(messages, (i, t)) * mass
            store(moments, (i, t), load(moments, (i, t)) - shift)


@step
def add_products(weights: Words, rows: Words, out: Float[np.ndarray, "even tag lane"]) -> None:
    """out[s, t] += Σ_i weights[i, s] · rows[i, t], for two tags s and four words at a time.

    Args:
        out: where tags are odd in number, with a row more, of no meaning.
    """
    length, tags, _ = rows.shape
    blocked = length - length % 4
    for i in range(0, blocked, 4):
        for s in range(0, tags, 2):
            a, b = load(weights, (i, s)), load(weights, (i + 1, s))
            c, d = load(weights, (i + 2, s)), load(weights, (i + 3, s))
            other = min(s + 1, tags - 1)
            e, f = load(weights, (i, other)), load(weights, (i + 1, other))
            g, h = load(weights, (i + 2, other)), load(weights, (i + 3, other))
            for t in range(tags):
                w, x = load(rows, (i, t)), load(rows, (i + 1, t))
                y, z = load(rows, (i + 2, t)), load(rows, (i + 3, t))
                total, next_total = load(out, (s, t)), load(out, (s + 1, t))
                store(out, (s, t), total + (a * w + b * x + (c * y + d * z)))
                store(out, (s + 1, t), next_total + (e * w + f * x + (g * y + h * z)))
    for i in range(blocked, length):
        for s in range(tags):
            a = load(weights, (i, s))
            for t in range(tags):
                store(out, (s, t), load(out, (s, t)) + a * load(rows, (i, t)))

"""Expected parts of chains in the probability domain, each sentence in a lane."""

import numpy as np
from jaxtyping import Float

from structdistill.structures.kernels.arrays import of_sentence
from structdistill.structures.kernels.chain_lanes import (
    Totals,
    Words,
    boundaries,
    exponentials,
    gather,
    relative_exponentials,
    scatter,
    weigh,
)
from structdistill.structures.kernels.chain_sweeps import (
    BACKWARD,
    FORWARD,
    add_products,
    sweep,
    sweep_moments,
)
from structdistill.structures.kernels.compiling import part, step
from structdistill.structures.kernels.lanes import LANES, load, same, store, where_less

Arrays = tuple[np.ndarray, ...]
Question = tuple[int, Arrays, Arrays, np.ndarray, tuple[float, float, float, float]]
"""What is wanted, potentials, values, lengths, limits.

Values of transitions are none, or an array of no sentences, where all are 0.

The limits are what a sum of tags can hold beside 1: the least logarithms of words and of
transitions, and the least messages, before a word and, where something is forbidden, behind it.
"""

EXPECTATIONS, COVARIANCES, DIVERGENCES = 0, 1, 2
"""What may be wanted: expected parts, their covariances with the values, or what expected parts are
more under the values, as potentials, than under the potentials; log Z or KL with it."""


@part
def in_lockstep(
    sentences: np.ndarray,
    question: Question,
    less: bool,
    lost: np.ndarray,
    log_z: Float[np.ndarray, " lane"],
    unary: np.ndarray,
    pairs: np.ndarray,
) -> bool:
    """Computes log Z and expectations, or covariances, of up to `LANES` sentences.

    Args:
        sentences: their numbers, the longest first; they have the same transitions.
        less: whether what unary and pairs hold is subtracted.
        log_z: is filled.
        lost, unary, pairs: of all sentences; those of these are filled. What is lost went beyond
            the limits, so that its results are of no use.

    Returns:
        whether one is lost.
    """
    kind, potentials, values, lengths, limits = question
    covariance = kind == COVARIANCES
    emissions, transitions, start, end = potentials
    longest, tags = lengths[sentences[0]], emissions.shape[2]
    pairs_count = covariance and len(values[1]) > 0
    arrays = np.empty((10 if covariance else 4, longest, tags, LANES), emissions.dtype)
    words, messages, after, returning = arrays[0], arrays[1], arrays[2], arrays[3]
    # In the place of what is not needed any more, so that all stays near the processor.
    expected, rows = (arrays[4], arrays[5]) if covariance else (after, words)
    figures = np.empty((4, longest, LANES), emissions.dtype)
    largest, totals, returning_totals, sums = figures[0], figures[1], figures[2], figures[3]
    checks = np.zeros((6, LANES), emissions.dtype)
    ends, low, least, least_returning = checks[:1], checks[1:2], checks[2:4], checks[4:]
    sides = np.empty((2, tags, LANES), emissions.dtype)
    squares = np.empty((2, tags, tags), emissions.dtype)

    shift, wide = exponentials(
        of_sentence(transitions, sentences[0]).reshape(-1), limits[1], squares[0].reshape(-1)
    )
    least_power = squares[0, 0, 0]
    for s in range(tags):
        for t in range(tags):
            squares[1, t, s] = squares[0, s, t]
            least_power = min(least_power, squares[0, s, t])
    first, first_wide = boundaries(start, sentences, limits[0], sides[0])
    last, last_wide = boundaries(end, sentences, limits[0], sides[1])
    for lane in range(len(sentences)):
        for t in range(tags):
            least_power = min(least_power, min(sides[0, t, lane], sides[1, t, lane]))
        ends[0, lane] = lengths[sentences[lane]]
    gather(emissions, sentences, lengths, words)
    relative_exponentials(words, limits[0], largest, low)
    sweep(FORWARD, words, ends, sides[0], squares[1], after, messages, totals, least)
    sweep(
        BACKWARD,
        words,
        ends,
        sides[1],
        squares[0],
        after,
        returning,
        returning_totals,
        least_returning,
    )
    expected_words(ends, messages, after, returning, returning_totals, expected, rows, sums)

    some_lost = False
    for lane in range(len(sentences)):
        b = sentences[lane]
        n, out_of_range = lengths[b], wide or first_wide[lane] or last_wide[lane]
        value, scale, ending = shift * (n - 1) + first[lane] + last[lane], 1.0, 0.0
        for i in range(n):
            value += largest[i, lane]
            scale *= totals[i, lane]
            if not 1e-200 < scale < 1e200:
                value, scale = value + np.log(scale), 1.0
            out_of_range |= not sums[i, lane] > limits[3]
        for t in range(tags):
            ending += messages[n - 1, t, lane] * sides[1, t, lane]
        log_z[lane] = value + np.log(scale) + np.log(ending)
        out_of_range |= min(least[0, lane], least_returning[0, lane]) < limits[2]
        if least_power == 0:
            out_of_range |= min(least[1, lane], least_returning[1, lane]) < limits[3]
            out_of_range |= low[0, lane] > 0
        lost[b] |= out_of_range
        some_lost |= out_of_range

    counts = np.zeros((tags + tags % 2, tags, LANES), emissions.dtype)
    plain_counts = np.zeros_like(counts) if pairs_count else counts
    size = tags if pairs_count else 0
    weighted = np.empty((2, size, size, LANES), emissions.dtype)
    if covariance:
        word_values, moments = arrays[6], arrays[7]
        moments_after, moments_returning, row_moments = arrays[8], arrays[9], returning
        if pairs_count:
            weigh(squares[0], values[1], sentences, weighted)
            add_products(messages, rows, plain_counts)
        for lane in range(len(sentences)):
            starts = of_sentence(values[2], sentences[lane])
            ends_here = of_sentence(values[3], sentences[lane])
            for t in range(tags):
                sides[0, t, lane] *= starts[t]
                sides[1, t, lane] *= ends_here[t]
        gather(values[0], sentences, lengths, word_values)
        sweep_moments(
            FORWARD, words, word_values, ends, sides[0], squares[1], weighted[1], messages, totals,
            moments_after, moments,
        )  # fmt: skip
        sweep_moments(
            BACKWARD, words, word_values, ends, sides[1], squares[0], weighted[0], returning,
            returning_totals, moments_after, moments_returning,
        )  # fmt: skip
        covariances_of_words(
            ends, messages, after, returning_totals, sums, moments, moments_after,
            moments_returning, expected, rows, row_moments,
        )  # fmt: skip
        add_products(moments, rows, counts)
        add_products(messages, row_moments, counts)
    else:
        add_products(messages, rows, counts)
    scatter(expected, sentences, lengths, less, unary)
    for lane in range(len(sentences)):
        b = sentences[lane]
        for s in range(tags):
            for t in range(tags):
                earlier = pairs[b, s, t] if less else 0
                pairs[b, s, t] = counts[s, t, lane] * squares[0, s, t] - earlier
                if pairs_count:
                    pairs[b, s, t] += plain_counts[s, t, lane] * weighted[0, s, t, lane]
    return some_lost


@step
def expected_words(
    lengths: Float[np.ndarray, "one lane"],
    messages: Words,
    after: Words,
    returning: Words,
    returning_totals: Totals,
    unary: Words,
    rows: Words,
    sums: Totals,
) -> None:
    """The marginals of tags, and what makes those of their pairs.

    Args:
        messages: of the forward sweep.
        after, returning, returning_totals: of the backward sweep, what it has `before` a word and
            its messages.
        unary: becomes the probabilities of each word's tags.
        rows: p(s, t) = messages[i, s] · transitions[s, t] · rows[i, t] of a word and the next; 0
            where there is no next.
        sums: of messages · after.
    """
    longest, tags, _ = messages.shape
    zero, one = same(messages, 0.0), same(messages, 1.0)
    last = load(lengths, (0,)) - one
    for i in range(longest):
        total = zero
        for t in range(tags):
            both = load(messages, (i, t)) * load(after, (i, t))
            store(unary, (i, t), both)
            total = total + both
        store(sums, (i,), total)
        inverse = where_less(zero, total, one / total, zero)
        for t in range(tags):
            store(unary, (i, t), load(unary, (i, t)) * inverse)
        scale = load(returning_totals, (i,))
        scale = where_less(zero, scale, inverse / scale, zero)
        scale = where_less(same(messages, i), last, scale, zero)
        for t in range(tags):
            following = load(returning, (i + 1, t)) if i + 1 < longest else zero
            store(rows, (i, t), following * scale)


@step
def covariances_of_words(
    lengths: Float[np.ndarray, "one lane"],
    messages: Words,
    after: Words,
    returning_totals: Totals,
    sums: Totals,
    moments: Words,
    moments_after: Words,
    moments_returning: Words,
    unary: Words,
    rows: Words,
    row_moments: Words,
) -> None:
    """Turns `unary` into covariances; `row_moments` becomes the derivative of `rows`."""
    longest, tags, _ = messages.shape
    zero, one = same(messages, 0.0), same(messages, 1.0)
    last = load(lengths, (0,)) - one
    for i in range(longest):
        total, mean = load(sums, (i,)), zero
        inverse = where_less(zero, total, one / total, zero)
        for t in range(tags):
            moment = load(moments, (i, t)) * load(after, (i, t))
            moment = moment + load(messages, (i, t)) * load(moments_after, (i, t))
            moment = moment * inverse
            # Kept where it is not needed any more.
            store(moments_after, (i, t), moment)
            mean = mean + moment
        for t in range(tags):
            covariance = load(moments_after, (i, t)) - load(unary, (i, t)) * mean
            store(unary, (i, t), covariance)
        scale = load(returning_totals, (i,))
        scale = where_less(zero, scale, inverse / scale, zero)
        scale = where_less(same(messages, i), last, scale, zero)
        for t in range(tags):
            following = load(moments_returning, (i + 1, t)) if i + 1 < longest else zero
            store(row_moments, (i, t), following * scale - load(rows, (i, t)) * mean)

"""Scores of sentences laid out as lanes, and as probabilities."""

import numpy as np
from jaxtyping import Float, Int

from structdistill.structures.kernels.arrays import of_sentence
from structdistill.structures.kernels.compiling import step
from structdistill.structures.kernels.exponentials import exponential
from structdistill.structures.kernels.lanes import LANES, load, same, store, where_less
from structdistill.structures.potentials import FORBIDDEN

Words = Float[np.ndarray, "word tag lane"]
Totals = Float[np.ndarray, "word lane"]


def part_shapes(emissions: np.ndarray) -> tuple[tuple[int, ...], ...]:
    """The shapes of a chain's parts, in their order."""
    sentences, _, tags = emissions.shape
    return emissions.shape, (sentences, tags, tags), (sentences, tags), (sentences, tags)


@step
def gather(
    scores: np.ndarray, sentences: np.ndarray, lengths: Int[np.ndarray, " sentence"], out: Words
) -> None:
    """The scores of each sentence's words in its lane; 0 behind its end and in spare lanes."""
    longest, tags, _ = out.shape
    for lane in range(LANES):
        b = sentences[lane] if lane < len(sentences) else 0
        n = lengths[b] if lane < len(sentences) else 0
        own = of_sentence(scores, b)
        for i in range(n):
            for t in range(tags):
                out[i, t, lane] = own[i, t]
        for i in range(n, longest):
            for t in range(tags):
                out[i, t, lane] = 0


@step
def weigh(
    matrix: np.ndarray,
    values: np.ndarray,
    sentences: np.ndarray,
    out: Float[np.ndarray, "two tag tag lane"],
) -> None:
    """A matrix times the values of each sentence, in its lane; and the same transposed."""
    tags = len(matrix)
    for lane in range(LANES):
        own = of_sentence(values, sentences[min(lane, len(sentences) - 1)])
        for s in range(tags):
            for t in range(tags):
                out[0, s, t, lane] = out[1, t, s, lane] = matrix[s, t] * own[s, t]


@step
def scatter(
    lanes: Words, sentences: np.ndarray, lengths: np.ndarray, less: bool, out: np.ndarray
) -> None:
    """What `gather` does, back; 0 behind a sentence's end.

    Args:
        less: whether what `out` holds is subtracted.
    """
    words, tags = out.shape[1:]
    for lane in range(len(sentences)):
        b = sentences[lane]
        for i in range(lengths[b]):
            for t in range(tags):
                out[b, i, t] = lanes[i, t, lane] - (out[b, i, t] if less else 0)
        behind = out[b].reshape(-1)
        for j in range(lengths[b] * tags, words * tags):
            behind[j] = 0


@step
def exponentials(scores: np.ndarray, cut: float, out: np.ndarray) -> tuple[float, bool]:
    """Scores relative to their largest, as probabilities.

    Returns:
        the largest score, and whether some score that is not forbidden is too far below it.
    """
    largest, low = scores[0], np.inf
    for j in range(1, len(scores)):
        largest = max(largest, scores[j])
    for j in range(len(scores)):
        x = scores[j] - largest
        out[j] = exponential(x)
        low = min(low, x if x > FORBIDDEN / 2 else np.inf)
    return largest, low < cut


@step
def boundaries(
    scores: np.ndarray, sentences: np.ndarray, cut: float, out: Float[np.ndarray, "tag lane"]
) -> tuple[Float[np.ndarray, " lane"], np.ndarray]:
    """`exponentials` of the scores of where sentences start or end, each in its lane."""
    largest, wide = np.zeros(LANES), np.zeros(LANES, np.bool_)
    row = np.empty(scores.shape[1], scores.dtype)
    for lane in range(LANES):
        if lane == 0 or (len(scores) > 1 and lane < len(sentences)):
            most, low = exponentials(of_sentence(scores, sentences[lane]), cut, row)
        largest[lane], wide[lane] = most, low
        for t in range(len(row)):
            out[t, lane] = row[t]
    return largest, wide


@step
def relative_exponentials(
    words: Words,
    cut: float,
    largest: Totals,
    low: Float[np.ndarray, "one lane"],
) -> None:
    """Turns each word's scores into probabilities relative to its largest.

    Args:
        largest: becomes the largest score of each word.
        low: becomes 1 for lanes where a score that is not forbidden lies further than `cut` below.
    """
    longest, tags, _ = words.shape
    one, limit, forbidden = same(words, 1.0), same(words, cut), same(words, FORBIDDEN / 2)
    found = same(words, 0.0)
    for i in range(longest):
        most = load(words, (i, 0))
        for t in range(1, tags):
            score = load(words, (i, t))
            most = where_less(most, score, score, most)
        store(largest, (i,), most)
        for t in range(tags):
            score = load(words, (i, t))
            relative = score - most
            too_low = where_less(relative, limit, one, found)
            found = where_less(forbidden, score, too_low, found)
            store(words, (i, t), relative)
    store(low, (0,), found)
    # Of all words in one go, as long rows compile to the quickest loop.
    flat = words.reshape(-1)
    for j in range(len(flat)):
        flat[j] = exponential(flat[j])

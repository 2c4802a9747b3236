"""The k best tag sequences of chains whose transitions are shared over positions, on CPUs."""

import numpy as np
from jaxtyping import Float, Int

from structdistill.structures.kernels.arrays import of_sentence
from structdistill.structures.kernels.chain_lanes import part_shapes
from structdistill.structures.kernels.compiling import compiled, inlined
from structdistill.structures.kernels.threads import over_sentences
from structdistill.structures.potentials import FORBIDDEN

Arrays = tuple[np.ndarray, ...]


def k_best(
    potentials: Arrays, lengths: Int[np.ndarray, " batch"], k: int
) -> tuple[Arrays, Float[np.ndarray, "k batch"]]:
    """The k best tag sequences of each sentence, best first, by Viterbi's algorithm with lists.

    Args:
        potentials: as for the other kernels of chains; a first axis of 1 stands for equal ones.

    Returns:
        indicators of shapes `(k, batch, ...)` and scores; where there are fewer, zeros and -inf.
    """
    emissions, tags = potentials[0], potentials[0].shape[2]
    parts = tuple(np.zeros((k, *shape), emissions.dtype) for shape in part_shapes(emissions))
    scores = np.full((k, len(lengths)), -np.inf)
    costs = lengths * (1 + tags * (tags + k) // 40)
    over_sentences(_k_best, costs, potentials, lengths, parts, scores)
    return parts, scores


@compiled
def _k_best(
    first: int,
    last: int,
    potentials: Arrays,
    lengths: np.ndarray,
    parts: Arrays,
    scores: np.ndarray,
) -> None:
    """Of the sentences first … last - 1, ones into arrays of zeros, and scores."""
    k = len(scores)
    _, words, tags = potentials[0].shape
    # The best sequences up to each word by its tag: scores, and tag · k + rank before that.
    lists, back = np.empty((words, tags, k)), np.empty((words, tags, k), np.int64)
    ends, end_back = np.empty(k), np.empty(k, np.int64)
    for b in range(first, last):
        n = lengths[b]
        if n == 0:
            scores[0, b] = 0
            continue
        transitions, start = of_sentence(potentials[1], b), of_sentence(potentials[2], b)
        end = of_sentence(potentials[3], b)
        for i in range(n):
            for t in range(tags):
                own = np.float64(potentials[0][b, i, t])
                lists[i, t] = -np.inf
                if i == 0:
                    lists[0, t, 0] = own + start[t]
                    continue
                for s in range(tags):
                    more = own + transitions[s, t]
                    if lists[i - 1, s, 0] + more > lists[i, t, k - 1]:
                        _merge(lists[i - 1, s], more, s * k, lists[i, t], back[i, t])
        ends[:] = -np.inf
        for t in range(tags):
            _merge(lists[n - 1, t], np.float64(end[t]), t * k, ends, end_back)
        for r in range(k):
            if ends[r] > FORBIDDEN / 2:
                scores[r, b] = ends[r]
                _write(r, b, n, back, end_back[r], parts)


@inlined
def _merge(
    earlier: np.ndarray, more: float, origin: int, found: np.ndarray, back: np.ndarray
) -> None:
    """Inserts the sequences of a tag, each longer by the same, into a list of the best."""
    k = len(found)
    for rank in range(k):
        score = earlier[rank] + more
        # Falling on both sides, so that nothing later can be better; what is forbidden is left out.
        if not (score > found[k - 1] and score > FORBIDDEN / 2):
            break
        place = k - 1
        while place > 0 and found[place - 1] < score:
            found[place] = found[place - 1]
            back[place] = back[place - 1]
            place -= 1
        found[place] = score
        back[place] = origin + rank


@compiled
def _write(rank: int, b: int, n: int, back: np.ndarray, origin: int, parts: Arrays) -> None:
    """The indicator of the sequence that ends at a place of the last word's lists."""
    unary, pairs, starts, ends = parts
    k = len(unary)
    ends[rank, b, origin // k] = 1
    for i in range(n - 1, -1, -1):
        tag = origin // k
        unary[rank, b, i, tag] = 1
        if i > 0:
            origin = back[i, tag, origin % k]
            pairs[rank, b, origin // k, tag] += 1
    starts[rank, b, origin // k] = 1

"""Arborescences of one sentence, by an elimination of words whose shares tell all derivatives.

Where word k is eliminated, the arc from i to j stands for itself and for the way through k:

    w'[i, j] = w[i, j] + through,    through = w[i, k] w[k, j] / pivot,    pivot = Σ_i w[i, k]

(see `matrix_tree`). All that derivatives need are the choices w[i, k] / pivot and the shares
through / w'[i, j], numbers between 0 and 1 whatever the range of the weights: expected arcs of the
smaller graph are divided by the shares, and arcs to k are chosen as often as its pivot counts.

Tables are `[head, dependent]`, of nodes 0 … n and words 0 … n - 1; word k is node k + 1. A block of
shares follows another: that of word k has k + 1 heads and k dependents.
"""

import numpy as np

from structdistill.structures.kernels.compiling import step

Table = np.ndarray

# No positive number falls below the first, so none is lost. Pivots lie between the second and its
# inverse, so that nothing overflows; the last tells 0 / 0, which is 0, from all other quotients.
_LEAST, _LEAST_PIVOT, _NOTHING = 1e-250, 1e-100, 1e-290


@step
def eliminate(
    weights: Table, single_root: bool, shares: np.ndarray, choices: Table
) -> tuple[float, bool]:
    """The logarithm of the sum over arborescences, from their weights.

    Args:
        weights: are overwritten.
        single_root: whether one arc leaves the root. Then its weight is in the last pivot only.
        shares, choices: are filled, `choices[k]` with those of the heads 0 … k of word k.

    Returns:
        the logarithm; whether the weights range too widely, so that it and the rest are wrong.
    """
    words = weights.shape[1]
    into, from_word = np.empty(words), np.empty(words)
    log_scale, scale = 0.0, 1.0
    end = len(shares)
    for k in range(words - 1, -1, -1):
        pivot, least_into, least_from = 0.0, np.inf, np.inf
        for i in range(k + 1):
            into[i] = weights[i, k]
            least_into = min(least_into, into[i] if into[i] > 0 else np.inf)
            pivot += into[i]
        without_root = single_root and k > 0
        if without_root:
            pivot = 0.0
            for i in range(1, k + 1):
                pivot += into[i]
        if not (_LEAST_PIVOT < pivot < 1 / _LEAST_PIVOT and into[0] < 1 / _LEAST_PIVOT):
            return 0.0, True
        inverse = 1 / pivot
        for j in range(k):
            from_word[j] = weights[k + 1, j] * inverse
            least_from = min(least_from, from_word[j] if from_word[j] > 0 else np.inf)
        if least_into * least_from < _LEAST:
            return 0.0, True
        for i in range(k + 1):
            choices[k, i] = into[i] * inverse
        if without_root:
            choices[k, 0] = 0
        end -= (k + 1) * k
        for i in range(k + 1):
            row, share, weight = weights[i], shares[end + i * k :], into[i]
            for j in range(k):
                through = weight * from_word[j]
                total = row[j] + through
                row[j] = total
                share[j] = through / (total + _NOTHING)
        scale *= pivot
        if scale < 1e-150 or scale > 1e150:
            log_scale, scale = log_scale + np.log(scale), 1.0
    return log_scale + np.log(scale), False


@step
def eliminate_logarithms(
    scores: Table, single_root: bool, shares: np.ndarray, choices: Table
) -> float:
    """The same from the logarithms of the weights, of any range: slower."""
    words = scores.shape[1]
    into = np.empty(words)
    total, end = 0.0, len(shares)
    for k in range(words - 1, -1, -1):
        first = 1 if single_root and k > 0 else 0
        largest = scores[first, k]
        for i in range(k + 1):
            into[i] = scores[i, k]
            choices[k, i] = 0
        for i in range(first, k + 1):
            largest = max(largest, into[i])
        number = 0.0
        for i in range(first, k + 1):
            choices[k, i] = np.exp(into[i] - largest)
            number += choices[k, i]
        for i in range(first, k + 1):
            choices[k, i] /= number
        pivot = largest + np.log(number)
        total += pivot
        end -= (k + 1) * k
        for i in range(k + 1):
            for j in range(k):
                through = into[i] + (scores[k + 1, j] - pivot)
                difference = through - scores[i, j]
                smaller = np.exp(-abs(difference))
                larger = max(through, scores[i, j])
                scores[i, j] = larger + np.log1p(smaller)
                part = 1.0 if difference > 0 else smaller
                shares[end + i * k + j] = part / (1 + smaller)
    return total


@step
def expected_arcs(shares: np.ndarray, choices: Table, arcs: Table) -> None:
    """Fills in the marginals of all arcs.

    In the graph of the words up to k, which the later ones have left, they are those of the graph
    without k, less what goes through it; k heads as many arcs as go through it, and its head is
    that of one of them, or a chosen one if there is none.
    """
    words = arcs.shape[1]
    start = 0
    for k in range(words):
        onwards, total = arcs[k + 1], 0.0
        for j in range(words):
            onwards[j] = 0
        for i in range(k + 1):
            row, share = arcs[i], shares[start + i * k :]
            through = 0.0
            for j in range(k):
                part = row[j] * share[j]
                row[j] -= part
                onwards[j] += part
                through += part
            row[k] = through
            total += through
        for i in range(k + 1):
            arcs[i, k] += choices[k, i] * (1 - total)
        start += (k + 1) * k


@step
def arc_covariances(
    shares: np.ndarray, choices: Table, values: Table, arcs: Table, change: Table
) -> None:
    """The derivative of the marginals in a direction: their covariances with a sum of values.

    Args:
        values: the direction, as derivatives of scores; of no arc 0. They are overwritten.
        arcs: is filled with the marginals.
        change: is filled with their derivatives.
    """
    words = arcs.shape[1]
    slopes, pulls = np.empty_like(shares), np.zeros_like(choices)
    end = len(shares)
    for k in range(words - 1, -1, -1):
        mean = 0.0
        for i in range(k + 1):
            mean += choices[k, i] * values[i, k]
        end -= (k + 1) * k
        for i in range(k + 1):
            pulls[k, i] = choices[k, i] * (values[i, k] - mean)
            row, share, slope = values[i], shares[end + i * k :], slopes[end + i * k :]
            before = values[i, k] - mean
            for j in range(k):
                through = before + values[k + 1, j]
                slope[j] = share[j] * (1 - share[j]) * (through - row[j])
                row[j] = (1 - share[j]) * row[j] + share[j] * through
    start = 0
    for k in range(words):
        onwards, onwards_change = arcs[k + 1], change[k + 1]
        for j in range(words):
            onwards[j], onwards_change[j] = 0, 0
        total, total_change = 0.0, 0.0
        for i in range(k + 1):
            row, row_change = arcs[i], change[i]
            share, slope = shares[start + i * k :], slopes[start + i * k :]
            through, through_change = 0.0, 0.0
            for j in range(k):
                part = row[j] * share[j]
                part_change = row_change[j] * share[j] + row[j] * slope[j]
                row[j] -= part
                row_change[j] -= part_change
                onwards[j] += part
                onwards_change[j] += part_change
                through += part
                through_change += part_change
            row[k], row_change[k] = through, through_change
            total, total_change = total + through, total_change + through_change
        for i in range(k + 1):
            arcs[i, k] += choices[k, i] * (1 - total)
            change[i, k] += pulls[k, i] * (1 - total) - choices[k, i] * total_change
        start += (k + 1) * k

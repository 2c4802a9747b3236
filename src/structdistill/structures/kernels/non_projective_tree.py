"""Fused kernels of dependency trees whose arcs may cross, on CPUs."""

import numpy as np

from structdistill.structures.kernels.arborescence import maximum_arborescence
from structdistill.structures.kernels.compiling import compiled, part, step
from structdistill.structures.kernels.elimination import (
    arc_covariances,
    eliminate,
    eliminate_logarithms,
    expected_arcs,
)
from structdistill.structures.kernels.exponentials import exponential
from structdistill.structures.kernels.labelled_trees import Lengths, Recursion, Table, labelled
from structdistill.structures.kernels.labels import largest
from structdistill.structures.kernels.threads import over_sentences
from structdistill.structures.potentials import FORBIDDEN

_NARROW = 200.0
"""Up to this range of scores the elimination is tried with weights, not with their logarithms."""


def best(potentials: tuple[Table], lengths: Lengths, switches: tuple[bool, ...]) -> tuple[Table]:
    """The indicator of the best tree of each sentence."""
    arcs, parts = labelled(potentials[0]), np.zeros_like(potentials[0])
    over_sentences(_best, lengths, arcs, lengths, switches[0], labelled(parts))
    return (parts,)


@compiled
def _sweep(
    first: int,
    last: int,
    arcs: np.ndarray,
    lengths: np.ndarray,
    single_root: bool,
    lost: np.ndarray,
    log_z: np.ndarray,
    probabilities: np.ndarray,
) -> bool:
    some_lost = False
    for b in range(first, last):
        n = lengths[b]
        if n > 0:
            lost[b] = _tree(False, arcs[b], n, single_root, log_z[b : b + 1], probabilities[b])
            some_lost |= lost[b]
    return some_lost


@compiled
def _fallback(
    first: int,
    last: int,
    arcs: np.ndarray,
    lengths: np.ndarray,
    single_root: bool,
    lost: np.ndarray,
    log_z: np.ndarray,
    probabilities: np.ndarray,
) -> None:
    for b in range(first, last):
        if lost[b]:
            _tree(True, arcs[b], lengths[b], single_root, log_z[b : b + 1], probabilities[b])


_RECURSION = Recursion(_sweep, _fallback, share=1 / 40, upward=False)
expectations, covariances = _RECURSION.expectations, _RECURSION.covariances


@part
def _tree(
    logarithms: bool,
    arcs: np.ndarray,
    n: int,
    single_root: bool,
    log_z: np.ndarray,
    probabilities: np.ndarray,
) -> bool:
    """One sentence; whether its scores range too widely for weights.

    Args:
        logarithms: whether the elimination is one of logarithms.
        log_z: of one number.
    """
    scores = _of_words(arcs[0], n, FORBIDDEN)
    last_word = _reaches_all(scores) if single_root else 0
    _exchange(scores, last_word)
    total, wide = _relative(scores)
    shares, choices = np.empty((n - 1) * n * (n + 1) // 3), np.empty((n, n))
    determinant = 0.0
    if logarithms:
        determinant, wide = eliminate_logarithms(scores, single_root, shares, choices), False
    elif not wide:
        weights = np.empty((n + 1, n))
        for h in range(n + 1):
            for d in range(n):
                weights[h, d] = exponential(scores[h, d])
        determinant, wide = eliminate(weights, single_root, shares, choices)
    if not wide:
        log_z[0] = total + determinant
        marginals, change = scores, scores  # which are not needed any more
        if len(arcs) == 2:
            direction, change = _of_words(arcs[1], n, 0.0), np.empty((n + 1, n))
            _exchange(direction, last_word)
            arc_covariances(shares, choices, direction, marginals, change)
            _exchange(change, last_word)
        else:
            expected_arcs(shares, choices, marginals)
        _exchange(marginals, last_word)
        for h in range(n + 1):
            for d in range(n):
                probabilities[0, h, d + 1] = marginals[h, d]
                if len(arcs) == 2:
                    probabilities[1, h, d + 1] = change[h, d]
    return wide


@step
def _of_words(table: np.ndarray, n: int, itself: float) -> np.ndarray:
    """What a table of nodes has of the arcs to words, as `[head, dependent]` of an elimination."""
    arcs = np.empty((n + 1, n))
    for h in range(n + 1):
        for d in range(n):
            arcs[h, d] = itself if h == d + 1 else table[h, d + 1]
    return arcs


@step
def _reaches_all(scores: np.ndarray) -> int:
    """A word from which all others can be reached without the root, so that no pivot is 0."""
    words = scores.shape[1]
    waiting, seen = np.empty(words, np.int64), np.empty(words, np.bool_)
    for word in range(words):
        for other in range(words):
            seen[other] = False
        seen[word], waiting[0] = True, word
        number, done = 1, 0
        while done < number and number < words:
            row = scores[waiting[done] + 1]
            done += 1
            for d in range(words):
                if not seen[d] and not row[d] <= FORBIDDEN / 2:
                    seen[d], waiting[number] = True, d
                    number += 1
        if number == words:
            return word
    return 0


@step
def _exchange(table: np.ndarray, word: int) -> None:
    """This word's heads and dependents with those of the first, which is eliminated last."""
    if word > 0:
        for d in range(table.shape[1]):
            table[1, d], table[word + 1, d] = table[word + 1, d], table[1, d]
        for h in range(len(table)):
            table[h, 0], table[h, word] = table[h, word], table[h, 0]


@step
def _relative(scores: np.ndarray) -> tuple[float, bool]:
    """Subtracts from each word's scores the best; their sum, and whether they range widely.

    What is forbidden stays so, and does not count.
    """
    total, wide = 0.0, False
    for d in range(scores.shape[1]):
        best = scores[0, d]
        for h in range(1, len(scores)):
            best = max(best, scores[h, d])
        total += best
        for h in range(len(scores)):
            possible = not scores[h, d] <= FORBIDDEN / 2
            scores[h, d] -= best
            wide |= possible and not scores[h, d] >= -_NARROW
    return total, wide


@compiled
def _best(
    first: int,
    last: int,
    arcs: np.ndarray,
    lengths: np.ndarray,
    single_root: bool,
    parts: np.ndarray,
) -> None:
    """Of the sentences first … last - 1, ones into arrays of zeros."""
    for b in range(first, last):
        n = lengths[b]
        scores = np.empty((n + 1, n + 1))
        for h in range(n + 1):
            for d in range(1, n + 1):
                scores[d, h] = largest(arcs[b, h, d])[1]
        heads = maximum_arborescence(scores, single_root)
        for d in range(1, n + 1):
            parts[b, heads[d], d, largest(arcs[b, heads[d], d])[0]] = 1

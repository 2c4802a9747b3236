"""Fused kernels of dependency trees whose arcs may cross, on CPUs.

Potentials, values and parts come as `arcs[b, n+1, n+1]` or `arcs[b, n+1, n+1, r]`, where a first
axis of size 1 stands for a batch of equal ones.
"""

import numpy as np
from jaxtyping import Float, Int

from structdistill.structures.kernels.arborescence import maximum_arborescence
from structdistill.structures.kernels.compiling import compiled
from structdistill.structures.kernels.elimination import (
    arc_covariances,
    eliminate,
    eliminate_logarithms,
    expected_arcs,
)
from structdistill.structures.kernels.exponentials import exponential
from structdistill.structures.kernels.threads import over_sentences
from structdistill.structures.potentials import FORBIDDEN

Arrays = tuple[np.ndarray, ...]

_NARROW = 200.0
"""Up to this range of scores the elimination is tried with weights, not with their logarithms."""


def expectations(
    potentials: Arrays, lengths: Int[np.ndarray, " batch"], switches: tuple[bool, ...]
) -> tuple[Float[np.ndarray, " batch"], Arrays]:
    """log Z and the expected arcs of each sentence."""
    log_z = np.empty(len(lengths), potentials[0].dtype)
    return log_z, _run(potentials, potentials, lengths, switches, log_z, covariance=False)


def covariances(
    potentials: Arrays,
    values: Arrays,
    lengths: Int[np.ndarray, " batch"],
    switches: tuple[bool, ...],
) -> Arrays:
    """Cov(arcs, ⟨values, arcs⟩): the derivative of the expected arcs in a direction."""
    log_z = np.empty(len(lengths), potentials[0].dtype)
    return _run(potentials, values, lengths, switches, log_z, covariance=True)


def best(
    potentials: Arrays, lengths: Int[np.ndarray, " batch"], switches: tuple[bool, ...]
) -> Arrays:
    """The indicator of the best tree of each sentence."""
    (arcs,), (single_root,) = potentials, switches
    parts = np.zeros((len(lengths), *arcs.shape[1:]), arcs.dtype)
    over_sentences(_best, lengths, _labelled(arcs), lengths, single_root, _labelled(parts))
    return (parts,)


def _run(
    potentials: Arrays,
    values: Arrays,
    lengths: np.ndarray,
    switches: tuple[bool, ...],
    log_z: np.ndarray,
    *,
    covariance: bool,
) -> Arrays:
    (arcs,), (directions,), (single_root,) = potentials, values, switches
    parts = np.zeros((len(lengths), *arcs.shape[1:]), arcs.dtype)
    over_sentences(
        _expectations,
        lengths,
        _labelled(arcs),
        _labelled(directions),
        lengths,
        single_root,
        covariance,
        log_z,
        _labelled(parts),
    )
    return (parts,)


def _labelled(arcs: np.ndarray) -> np.ndarray:
    """Arcs without relations as those of a single relation."""
    return arcs if arcs.ndim == 4 else arcs[..., None]


@compiled
def _expectations(
    first: int,
    last: int,
    arcs: np.ndarray,
    values: np.ndarray,
    lengths: np.ndarray,
    single_root: bool,
    covariance: bool,
    log_z: np.ndarray,
    parts: np.ndarray,
) -> None:
    """Of the sentences first … last - 1, into `log_z` and `parts`, arrays of zeros."""
    for b in range(first, last):
        n = lengths[b]
        if n == 0:
            log_z[b] = 0
            continue
        x, v = arcs[min(b, len(arcs) - 1)], values[min(b, len(values) - 1)]
        scores, normalisers, means = np.empty((3, n + 1, n))
        _over_relations(x, v, scores, normalisers, means, parts[b])
        last_word = _reaches_all(scores) if single_root else 0
        _exchange(scores, last_word)
        total, wide = _relative(scores)
        shares = np.empty((n - 1) * n * (n + 1) // 3)
        choices = np.empty((n, n))
        determinant = 0.0
        if not wide:
            weights = np.empty((n + 1, n))
            for h in range(n + 1):
                for d in range(n):
                    weights[h, d] = exponential(scores[h, d])
            determinant, wide = eliminate(weights, single_root, shares, choices)
        if wide:
            determinant = eliminate_logarithms(scores, single_root, shares, choices)
        log_z[b] = total + determinant
        marginals = scores  # which are not needed any more
        if covariance:
            direction, change = means.copy(), np.empty((n + 1, n))
            _exchange(direction, last_word)
            arc_covariances(shares, choices, direction, marginals, change)
            _exchange(change, last_word)
            _exchange(marginals, last_word)
            _spread_covariances(marginals, change, v, normalisers, means, parts[b])
        else:
            expected_arcs(shares, choices, marginals)
            _exchange(marginals, last_word)
            _spread(marginals, normalisers, parts[b])


@compiled
def _over_relations(
    arcs: np.ndarray,
    values: np.ndarray,
    scores: np.ndarray,
    normalisers: np.ndarray,
    means: np.ndarray,
    parts: np.ndarray,
) -> None:
    """The scores of arcs of any relation, and the means of values over relations.

    Leaves in `parts` the weights of relations, which are to be multiplied by the normalisers.
    """
    relations = arcs.shape[2]
    for h in range(len(scores)):
        for d in range(scores.shape[1]):
            scores[h, d], normalisers[h, d], means[h, d] = FORBIDDEN, 1, 0
            if h == d + 1:
                continue
            if relations == 1:
                scores[h, d], means[h, d] = arcs[h, d + 1, 0], values[h, d + 1, 0]
                parts[h, d + 1, 0] = 1
                continue
            x, v, weights = arcs[h, d + 1], values[h, d + 1], parts[h, d + 1]
            largest = x.max()
            total, product = x[0] * 0, x[0] * 0
            for r in range(relations):
                weight = exponential(x[r] - largest)
                weights[r] = weight
                total += weight
                product += weight * v[r]
            scores[h, d] = np.float64(largest) + np.log(np.float64(total))
            normalisers[h, d] = 1 / total
            means[h, d] = product / total


@compiled
def _reaches_all(scores: np.ndarray) -> int:
    """A word from which all others can be reached without the root, so that no pivot is 0."""
    words = scores.shape[1]
    waiting, seen = np.empty(words, np.int64), np.empty(words, np.bool_)
    for word in range(words):
        seen[:] = False
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


@compiled
def _exchange(table: np.ndarray, word: int) -> None:
    """This word's heads and dependents with those of the first, which is eliminated last."""
    if word > 0:
        for d in range(table.shape[1]):
            table[1, d], table[word + 1, d] = table[word + 1, d], table[1, d]
        for h in range(len(table)):
            table[h, 0], table[h, word] = table[h, word], table[h, 0]


@compiled
def _relative(scores: np.ndarray) -> tuple[float, bool]:
    """Subtracts from each word's scores the best; their sum, and whether they range widely.

    What is forbidden stays so, and does not count.
    """
    total, wide = 0.0, False
    for d in range(scores.shape[1]):
        best = scores[:, d].max()
        total += best
        for h in range(len(scores)):
            possible = not scores[h, d] <= FORBIDDEN / 2
            scores[h, d] -= best
            wide |= possible and not scores[h, d] >= -_NARROW
    return total, wide


@compiled
def _spread(marginals: np.ndarray, normalisers: np.ndarray, parts: np.ndarray) -> None:
    """Multiplies the weights of relations so that they become marginals."""
    for h in range(len(marginals)):
        for d in range(marginals.shape[1]):
            scale = parts.dtype.type(marginals[h, d] * normalisers[h, d])
            part = parts[h, d + 1]
            for r in range(len(part)):
                part[r] *= scale


@compiled
def _spread_covariances(
    marginals: np.ndarray,
    change: np.ndarray,
    values: np.ndarray,
    normalisers: np.ndarray,
    means: np.ndarray,
    parts: np.ndarray,
) -> None:
    """Multiplies the weights of relations so that they become covariances with the values."""
    for h in range(len(marginals)):
        for d in range(marginals.shape[1]):
            part, v = parts[h, d + 1], values[h, d + 1]
            for r in range(len(part)):
                difference = marginals[h, d] * (v[r] - means[h, d])
                part[r] *= normalisers[h, d] * (change[h, d] + difference)


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
        n, x = lengths[b], arcs[min(b, len(arcs) - 1)]
        scores = np.empty((n + 1, n + 1))
        for h in range(n + 1):
            for d in range(1, n + 1):
                scores[d, h] = x[h, d].max()
        heads = maximum_arborescence(scores, single_root)
        for d in range(1, n + 1):
            parts[b, heads[d], d, np.argmax(x[heads[d], d])] = 1

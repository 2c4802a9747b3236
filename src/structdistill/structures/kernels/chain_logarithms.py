"""One chain in log space and float64, for scores of any range: slower, never out of range."""

import numpy as np
from jaxtyping import Float

from structdistill.structures.kernels.compiling import part, step

Vector = Float[np.ndarray, " tag"]
Matrix = Float[np.ndarray, "tag tag"]
Words = Float[np.ndarray, "word tag"]


@part
def log_expectations(
    potentials: tuple[np.ndarray, ...],
    values: tuple[np.ndarray, ...],
    unary: Words,
    pairs: Matrix,
    covariance: bool,
) -> float:
    """log Z, and expected tags and transitions or their covariances with a sum of values.

    Cov(part, V) = p(part) (E[V | part] − E[V]), where V = ⟨values, parts⟩; each sweep carries the
    expectation of V up to a word given its tag.

    Args:
        potentials, values: of emissions, transitions, start and end.
        unary, pairs: are filled, `pairs` with the sum over positions.
        covariance: whether covariances are wanted.
    """
    emissions, transitions, start, end = potentials
    length, tags = emissions.shape
    word_values, pair_values, start_values, end_values = values
    forward, backward = np.empty((length, tags)), np.empty((length, tags))
    value_before, value_after = np.empty((length, tags)), np.empty((length, tags))
    weights = np.empty(tags)
    for t in range(tags):
        forward[0, t] = np.float64(start[t]) + emissions[0, t]
        value_before[0, t] = np.float64(start_values[t]) + word_values[0, t]
        backward[length - 1, t] = end[t]
        value_after[length - 1, t] = end_values[t]
    for i in range(1, length):
        for t in range(tags):
            for s in range(tags):
                weights[s] = forward[i - 1, s] + transitions[s, t]
            forward[i, t] = _normalise(weights) + emissions[i, t]
            mean = 0.0
            for s in range(tags):
                mean += weights[s] * (value_before[i - 1, s] + pair_values[s, t])
            value_before[i, t] = mean + word_values[i, t]
    for i in range(length - 2, -1, -1):
        for s in range(tags):
            for t in range(tags):
                weights[t] = (
                    np.float64(transitions[s, t]) + emissions[i + 1, t] + backward[i + 1, t]
                )
            backward[i, s] = _normalise(weights)
            mean = 0.0
            for t in range(tags):
                later = np.float64(word_values[i + 1, t]) + value_after[i + 1, t]
                mean += weights[t] * (later + pair_values[s, t])
            value_after[i, s] = mean
    log_z, row = 0.0, np.empty(tags)
    for s in range(tags):
        for t in range(tags):
            pairs[s, t] = 0
    for i in range(length):
        for t in range(tags):
            weights[t] = forward[i, t] + backward[i, t]
        log_z = _normalise(weights)
        mean = 0.0
        for t in range(tags):
            mean += weights[t] * (value_before[i, t] + value_after[i, t])
        for t in range(tags):
            share = weights[t]
            if covariance:
                share *= value_before[i, t] + value_after[i, t] - mean
            unary[i, t] = share
        if i == length - 1:
            break
        for s in range(tags):
            for t in range(tags):
                row[t] = np.float64(transitions[s, t]) + emissions[i + 1, t] + backward[i + 1, t]
            _normalise(row)
            for t in range(tags):
                share = weights[s] * row[t]
                if covariance:
                    later = np.float64(word_values[i + 1, t]) + value_after[i + 1, t]
                    share *= value_before[i, s] + pair_values[s, t] + later - mean
                pairs[s, t] += share
    return log_z


@step
def _normalise(scores: Vector) -> float:
    """Turns scores into probabilities; their log-sum-exp."""
    largest, total = scores[0], 0.0
    for i in range(1, len(scores)):
        largest = max(largest, scores[i])
    for i in range(len(scores)):
        scores[i] = np.exp(scores[i] - largest)
        total += scores[i]
    for i in range(len(scores)):
        scores[i] /= total
    return float(largest + np.log(total))

"""The labels of one part of a tree: summed over before the recursion, told apart after it."""

import numpy as np

from structdistill.structures.kernels.compiling import inlined
from structdistill.structures.kernels.exponentials import exponential


@inlined
def exponentials(scores: np.ndarray, shift: float, out: np.ndarray) -> float:
    """out = exp(scores - shift), in float64, and its sum.

    What is below exp(-708) is 0, what is above exp(708) that.
    """
    total = 0.0
    for i in range(len(scores)):
        x = np.float64(scores[i]) - shift
        power = exponential(708.0 if x > 708.0 else x)
        out[i] = power
        total += power
    return total


@inlined
def shares_of_labels(scores: np.ndarray, shares: np.ndarray, row: np.ndarray) -> float:
    """The log-sum-exp of a part's labels.

    Args:
        scores: of the labels.
        shares: filled with their softmax.
        row: scratch, as long, of float64.
    """
    if len(scores) == 1:
        shares[0] = 1
        return float(scores[0])
    # Few scores are so large or small that their largest must be subtracted first.
    shift = 0.0
    total = exponentials(scores, shift, row)
    if not 1e-250 < total < 1e250:
        shift = largest(scores)[1]
        total = exponentials(scores, shift, row)
    inverse = 1 / total
    for i in range(len(row)):
        shares[i] = row[i] * inverse
    return float(shift + np.log(total))


@inlined
def mean(shares: np.ndarray, values: np.ndarray) -> float:
    """⟨shares, values⟩"""
    total = 0.0
    for i in range(len(shares)):
        total += np.float64(shares[i]) * values[i]
    return total


@inlined
def differentiate(
    shares: np.ndarray, part: tuple[float, float], values: np.ndarray, average: float
) -> None:
    """Turns labels' shares of a part into the derivatives of their probabilities.

    Args:
        part: its probability, and the derivative of that in the direction of `values`.
        average: ⟨shares, values⟩
    """
    probability, moment = part
    for i in range(len(shares)):
        shares[i] *= moment + probability * (values[i] - average)


@inlined
def largest(scores: np.ndarray) -> tuple[int, float]:
    """Which label has the largest score, and this score."""
    found, score = 0, scores[0]
    for i in range(1, len(scores)):
        if scores[i] > score:
            found, score = i, scores[i]
    return found, float(score)

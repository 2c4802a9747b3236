"""The labels of one part of a tree: summed over before the recursion, told apart after it."""

import numpy as np

from structdistill.structures.kernels.compiling import inlined

# Of the series of 2^x, for |x| <= 1/2 as exact as float64.
_SERIES = tuple(np.log(2) ** k / np.prod(np.arange(1.0, k + 1)) for k in range(14))


@inlined
def exponentials(scores: np.ndarray, shift: float, out: np.ndarray) -> float:
    """out = exp(scores - shift), in float64, and its sum.

    Not numpy's, which takes one number at a time. What is below exp(-708) is 0.
    """
    total = 0.0
    for i in range(len(scores)):
        x = (np.float64(scores[i]) - shift) * 1.4426950408889634
        clipped = -1021.0 if x < -1021.0 else (1021.0 if x > 1021.0 else x)
        whole = np.int64(clipped - 0.5 if x < 0 else clipped + 0.5)
        rest = clipped - whole
        power = _SERIES[13]
        for k in range(12, -1, -1):
            power = power * rest + _SERIES[k]
        power *= np.int64((whole + 1023) << 52).view(np.float64)
        power = 0.0 if x < -1021.0 else power
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

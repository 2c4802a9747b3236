"""Numbers with their derivatives in a direction, as they are or as logarithms.

Inside recursions are written once over these operations. They run over numbers as they are, which
is quick, or over logarithms where those would leave the range of float64; over logarithms with
maxima for sums they find the best structure. A number is a pair: its value and its moment, which
is the derivative of the value, for logarithms that of the logarithm. A chart holds the numbers of
pairs of positions, `[0, i, j]` the values and, where moments are wanted, `[1, i, j]` those.

Expected parts follow from sums over all that is outside of a part, as long as numbers are in range.
From logarithms they would be differences of large numbers, whose rounding shows. There probability
descends from the whole to its parts instead, at each sum in shares that add up to 1.
"""

from typing import cast

import numpy as np
from jaxtyping import Float

from structdistill.structures.kernels.compiling import inlined, step
from structdistill.structures.potentials import FORBIDDEN

PROBABILITIES, LOGARITHMS, MAXIMA = range(3)
Number = tuple[float, float]
Chart = Float[np.ndarray, "moment position position"]

FIRST = cast(int, np.int64(0))
"""The first position: numba would compile once more for a plain 0, as for any constant."""

_NOTHING = -1e300  # less than any sum
_LEAST, _LARGEST = 1e-100, 1e100  # so that the product of three is in range


@inlined
def times(arithmetic: int, a: Number, b: Number) -> Number:
    """a · b"""
    if arithmetic == PROBABILITIES:
        return a[0] * b[0], a[1] * b[0] + a[0] * b[1]
    return a[0] + b[0], a[1] + b[1]


@inlined
def plus(a: Number, b: Number) -> Number:
    """a + b, of numbers as they are."""
    return a[0] + b[0], a[1] + b[1]


@inlined
def over(a: Number, b: Number) -> Number:
    """a / b, of numbers as they are."""
    value = a[0] / b[0]
    return value, a[1] / b[0] - value * b[1] / b[0]


@inlined
def inner(
    arithmetic: int, a: Chart, i: int, j: int, b: Chart, k: int, m: int, count: int
) -> Number:
    """The sum of `count` products a[i, j] · b[k, m] + a[i, j+1] · b[k, m+1] + …"""
    if arithmetic != PROBABILITIES:
        largest = _largest_sum(a, i, j, b, k, m, count)
        if arithmetic == MAXIMA:
            return largest, 0.0
        value, moment = _exponentials(a, i, j, b, k, m, count, largest)
        return largest + np.log(value), moment / value
    value, moment = 0.0, 0.0
    # Values, and by the product rule moments with values and values with moments.
    for term in range(1 if len(a) == 1 else 3):
        x, y = a[term & 1, i, j : j + count], b[term >> 1, k, m : m + count]
        total = 0.0
        for n in range(count):
            total += x[n] * y[n]
        if term == 0:
            value = total
        else:
            moment += total
    return value, moment


@inlined
def _largest_sum(a: Chart, i: int, j: int, b: Chart, k: int, m: int, count: int) -> float:
    x, y, largest = a[0, i, j : j + count], b[0, k, m : m + count], _NOTHING
    for n in range(count):
        score = x[n] + y[n]
        largest = score if score > largest else largest
    return largest


@inlined
def best_split(a: Chart, i: int, j: int, b: Chart, k: int, m: int, count: int) -> int:
    """Which of the sums that `inner` takes the maximum of is largest."""
    found, largest = 0, a[0, i, j] + b[0, k, m]
    for n in range(1, count):
        score = a[0, i, j + n] + b[0, k, m + n]
        if score > largest:
            found, largest = n, score
    return found


@inlined
def clear(chart: Chart) -> None:
    """Zeros everywhere."""
    moments, rows, columns = chart.shape
    for moment in range(moments):
        for i in range(rows):
            for j in range(columns):
                chart[moment, i, j] = 0


@step  # on its own, because there are many inner products and few of logarithms
def _exponentials(
    a: Chart, i: int, j: int, b: Chart, k: int, m: int, count: int, largest: float
) -> Number:
    """The sum of exp(a + b − largest), and of these times their moments."""
    value, moment = 0.0, 0.0
    for n in range(count):
        share = np.exp(a[0, i, j + n] + b[0, k, m + n] - largest)
        value += share
        if len(a) == 2:
            moment += share * (a[1, i, j + n] + b[1, k, m + n])
    return value, moment


@step
def descend(
    mass: Number,
    a: Chart,
    i: int,
    j: int,
    b: Chart,
    k: int,
    m: int,
    count: int,
    of_a: Chart,
    of_b: Chart,
) -> None:
    """Adds the probability of an inner product of logarithms to those of its factors.

    Args:
        mass: the probability and its derivative; each product gets its share.
        of_a, of_b: probabilities of what is at the same places of a and of b.
    """
    if mass[0] == 0 and mass[1] == 0:
        return
    largest = _largest_sum(a, i, j, b, k, m, count)
    total, moment = _exponentials(a, i, j, b, k, m, count, largest)
    for n in range(count):
        share = np.exp(a[0, i, j + n] + b[0, k, m + n] - largest) / total
        of_a[0, i, j + n] += mass[0] * share
        of_b[0, k, m + n] += mass[0] * share
        if len(a) == 2:
            deviation = a[1, i, j + n] + b[1, k, m + n] - moment / total
            change = share * (mass[1] + mass[0] * deviation)
            of_a[1, i, j + n] += change
            of_b[1, k, m + n] += change


@inlined
def number(chart: Chart, i: int, j: int) -> Number:
    """What a chart holds."""
    return chart[0, i, j], chart[1, i, j] if len(chart) == 2 else 0.0


@inlined
def put(arithmetic: int, chart: Chart, i: int, j: int, a: Number) -> bool:
    """Puts a number into a chart; whether it is out of range, which zero is not."""
    chart[0, i, j] = a[0]
    if len(chart) == 2:
        chart[1, i, j] = a[1]
    return arithmetic == PROBABILITIES and a[0] != 0 and not _LEAST < a[0] < _LARGEST


@inlined
def weight(arithmetic: int, score: float, moment: float) -> Number:
    """exp(score), and its moment where that of the score is given; 0 for what is forbidden."""
    if arithmetic != PROBABILITIES:
        return score, moment
    value = 0.0 if score < FORBIDDEN / 2 else np.exp(score)
    return value, value * moment

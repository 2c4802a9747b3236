"""Sums of logarithms, and how probability descends from a sum to its terms.

A number is a pair: its logarithm in float64, and a second one. Where covariances are wanted, that
is the derivative of the logarithm in the direction of the values; where the best structure is
wanted and sums are maxima, the index of the largest term. A chart holds first numbers and, `plane`
entries further, second ones.

Expected parts come from no second recursion over what is outside of a part: probability descends
from the whole to its parts, at each sum in shares that add up to 1, as when gradients are
propagated back through the sums. Where sums are maxima, all of it goes to the largest term, and
what arrives is the best structure. So one kernel computes all.

Logarithms are added in float64, so that no digits are lost in large scores; exponentials are in the
precision of the potentials, which is what takes time.
"""

import triton.language as tl

from structdistill.structures.kernels.cuda.compiling import compiled

# What a kernel computes: its `MODE`.
EXPECTATIONS, COVARIANCES, BEST = tl.constexpr(0), tl.constexpr(1), tl.constexpr(2)

_NOTHING = tl.constexpr(-1e30)  # less than any sum; finite, so that no difference is NaN
_NOT_A_NUMBER = tl.constexpr(-1e29)  # may be chosen if all else is no number either


@compiled
def number(
    chart: tl.tensor, plane: tl.tensor, at: tl.tensor, valid: tl.tensor, MODE: tl.constexpr
) -> tl.tuple:
    """What a chart holds; zeros where it is not valid."""
    value = tl.load(chart + at, mask=valid, other=0.0)
    second = value
    if MODE != EXPECTATIONS:
        second = tl.load(chart + plane + at, mask=valid, other=0.0)
    return value, second


@compiled
def weight(
    potential: tl.tensor, value: tl.tensor, valid: tl.tensor, MODE: tl.constexpr
) -> tl.tuple:
    """A part's potential, and its value where covariances are wanted; both are pointers."""
    score = tl.load(potential, mask=valid, other=0.0).to(tl.float64)
    second = score
    if MODE == COVARIANCES:
        second = tl.load(value, mask=valid, other=0.0).to(tl.float64)
    return score, second


@compiled
def put(
    chart: tl.tensor,
    plane: tl.tensor,
    at: tl.tensor,
    valid: tl.tensor,
    a: tl.tuple,
    MODE: tl.constexpr,
) -> None:
    """Puts numbers into a chart."""
    tl.store(chart + at, a[0], mask=valid)
    if MODE != EXPECTATIONS:
        tl.store(chart + plane + at, a[1], mask=valid)


@compiled
def times(a: tl.tuple, b: tl.tuple) -> tl.tuple:
    """a · b, of logarithms."""
    return a[0] + b[0], a[1] + b[1]


@compiled
def over(a: tl.tuple, b: tl.tuple) -> tl.tuple:
    """a / b, of logarithms."""
    return a[0] - b[0], a[1] - b[1]


@compiled
def together(a: tl.tuple, b: tl.tuple, MODE: tl.constexpr, EXACT: tl.constexpr) -> tl.tuple:
    """a + b, of logarithms; never a maximum."""
    larger = tl.maximum(a[0], b[0])
    first, second = exponential(a[0] - larger, EXACT), exponential(b[0] - larger, EXACT)
    summed = first + second
    value = larger + tl.log(summed)
    derivative = value
    if MODE == COVARIANCES:
        derivative = (first * a[1] + second * b[1]) / summed
    return value, derivative


@compiled
def plus(a: tl.tuple, b: tl.tuple) -> tl.tuple:
    """a + b, of probabilities."""
    return a[0] + b[0], a[1] + b[1]


@compiled
def total(a: tl.tuple, valid: tl.tensor, MODE: tl.constexpr, EXACT: tl.constexpr) -> tl.tuple:
    """The sum of each row, or its maximum and where that is."""
    terms = a[0]
    if MODE == BEST:
        terms = tl.where(terms == terms, terms, _NOT_A_NUMBER)
        value, index = tl.max(tl.where(valid, terms, _NOTHING), 1, return_indices=True)
        second = index.to(tl.float64)
    else:
        terms = tl.where(valid, terms, _NOTHING)
        largest = tl.max(terms, 1)
        shares = exponential(terms - largest[:, None], EXACT)
        summed = tl.sum(shares, 1)
        value = largest + tl.log(summed)
        second = value
        if MODE == COVARIANCES:
            second = tl.sum(tl.where(valid, shares * a[1], 0.0), 1) / summed
    return value, second


@compiled
def descend(
    mass: tl.tuple,
    term: tl.tuple,
    whole: tl.tuple,
    index: tl.tensor,
    valid: tl.tensor,
    MODE: tl.constexpr,
    EXACT: tl.constexpr,
) -> tl.tuple:
    """What of the probabilities of sums comes to one term of each, with derivatives.

    Args:
        mass: probabilities of the sums.
        term, whole: the term and its sum.
        index: the term's index in the sum.
    """
    if MODE == BEST:
        share = (valid & (whole[1] == index)).to(tl.float64)
    else:
        share = exponential(tl.where(valid, term[0] - whole[0], _NOTHING), EXACT)
    value = mass[0] * share
    second = value
    if MODE == COVARIANCES:
        second = mass[1] * share + value * (term[1] - whole[1])
    return value, second


@compiled
def exponential(x: tl.tensor, EXACT: tl.constexpr) -> tl.tensor:
    """e^x, to the digits of float64 or of float32."""
    return tl.exp(x) if EXACT else tl.exp(x.to(tl.float32)).to(tl.float64)


@compiled
def sums(a: tl.tuple) -> tl.tuple:
    """Of each row of probabilities."""
    return tl.sum(a[0], 1), tl.sum(a[1], 1)


@compiled
def sums_of_columns(a: tl.tuple) -> tl.tuple:
    """Likewise of each column."""
    return tl.sum(a[0], 0), tl.sum(a[1], 0)


@compiled
def wanted(a: tl.tuple, MODE: tl.constexpr) -> tl.tensor:
    """The derivative where covariances are wanted, else the probability."""
    return a[1] if MODE == COVARIANCES else a[0]

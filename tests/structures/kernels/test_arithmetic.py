"""Numbers and their derivatives: over probabilities and logarithms alike."""

import numpy as np
import pytest

from structdistill.structures.kernels import arithmetic
from structdistill.structures.kernels.arithmetic import LOGARITHMS, MAXIMA, PROBABILITIES, descend
from tests.structures.kernels.calling import from_python

best_split = from_python(arithmetic.best_split)
inner = from_python(arithmetic.inner)
number = from_python(arithmetic.number)
over = from_python(arithmetic.over)
plus = from_python(arithmetic.plus)
put = from_python(arithmetic.put)
times = from_python(arithmetic.times)
weight = from_python(arithmetic.weight)

A, B, SIZE = (0.5, 3.0), (0.25, -2.0), (2, 4, 4)  # two numbers and their derivatives
either = pytest.mark.parametrize("arithmetic", [PROBABILITIES, LOGARITHMS])


def to(arithmetic: int, a: tuple[float, float]) -> tuple[float, float]:
    """A number as the arithmetic has it."""
    return a if arithmetic == PROBABILITIES else (np.log(a[0]), a[1] / a[0])


@either
def test_products(arithmetic: int) -> None:
    a, b = to(arithmetic, A), to(arithmetic, B)
    np.testing.assert_allclose(times(arithmetic, a, b), to(arithmetic, (0.125, -0.25)))


def test_sums_and_quotients() -> None:
    np.testing.assert_allclose(plus(A, B), (0.75, 1.0))
    np.testing.assert_allclose(over(A, B), (2.0, 12.0 + 16.0))


@either
def test_weights_are_exponentials(arithmetic: int) -> None:
    expected = to(arithmetic, (np.exp(2.0), 3 * np.exp(2.0)))
    np.testing.assert_allclose(weight(arithmetic, 2.0, 3.0), expected)
    assert weight(PROBABILITIES, -1e9, 3.0) == (0, 0)


@either
def test_inner_products(arithmetic: int) -> None:
    a, b = np.random.rand(*SIZE), np.random.rand(*SIZE)
    value = a[0, 1, 1:3] @ b[0, 2, :2]
    moment = a[1, 1, 1:3] @ b[0, 2, :2] + a[0, 1, 1:3] @ b[1, 2, :2]
    if arithmetic == LOGARITHMS:
        a, b = (np.stack([np.log(x[0]), x[1] / x[0]]) for x in (a, b))
    found = inner(arithmetic, a, 1, 1, b, 2, 0, 2)
    np.testing.assert_allclose(found, to(arithmetic, (value, moment)))


def test_probability_descends_in_shares_that_add_up() -> None:
    a, b, of_a, of_b = np.zeros((4, *SIZE))
    a[0, 1, 1:3] = np.log([1, 3]) + 1e4
    a[1, 1, 1:3] = 1.0, 5.0  # the mean is 4
    from_python(descend)((0.8, 0.1), a, 1, 1, b, 2, 0, 2, of_a, of_b)
    np.testing.assert_allclose(of_a[0, 1], [0, 0.2, 0.6, 0])
    np.testing.assert_allclose(of_a[1, 1], [0, 0.25 * (0.1 - 2.4), 0.75 * (0.1 + 0.8), 0])
    np.testing.assert_allclose(of_b[:, 2, :2], of_a[:, 1, 1:3])
    assert of_a[0].sum() == 0.8


def test_maxima_are_those_of_sums() -> None:
    a, b = np.random.randn(1, 4, 4), np.random.randn(1, 4, 4)
    sums = a[0, 1, 1:] + b[0, 2, :3]
    assert inner(MAXIMA, a, 1, 1, b, 2, 0, 3)[0] == sums.max()
    assert best_split(a, 1, 1, b, 2, 0, 3) == sums.argmax()


@pytest.mark.parametrize(
    ("value", "lost"), [(0.0, False), (1.0, False), (1e-120, True), (1e120, True), (np.nan, True)]
)
def test_what_leaves_the_range_is_noticed(value: float, lost: bool) -> None:
    chart = np.zeros(SIZE)
    assert put(PROBABILITIES, chart, 1, 2, (value, 5.0)) == lost
    np.testing.assert_equal(number(chart, 1, 2), (value, 5.0))
    assert not put(LOGARITHMS, chart, 1, 2, (value, 5.0))

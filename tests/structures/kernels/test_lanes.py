"""Numbers in lanes are computed with as numpy computes with rows."""

import numpy as np
import pytest

from structdistill.structures.kernels.compiling import compiled
from structdistill.structures.kernels.lanes import LANES, load, same, store, where_less

every_precision = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@compiled
def compute(rows: np.ndarray, number: float, out: np.ndarray) -> None:
    a, b, c = load(rows, (0,)), load(rows, (1,)), same(rows, number)
    store(out, (0, 0), a + b * c)
    store(out, (0, 1), a - b)
    store(out, (1, 0), a / b)
    store(out, (1, 1), where_less(a, b, c, a))


@every_precision
def test_arithmetic_is_that_of_each_lane(dtype: type[np.floating]) -> None:
    rows, out = np.random.rand(2, LANES).astype(dtype), np.empty((2, 2, LANES), dtype)
    compute(rows, 3, out)
    a, b = rows
    expected = [[a + 3 * b, a - b], [a / b, np.where(a < b, 3, a)]]
    np.testing.assert_allclose(out, expected, rtol=1e-6)


def test_not_a_number_is_not_less() -> None:
    rows, out = np.ones((2, LANES)), np.empty((2, 2, LANES))
    rows[:, 3] = np.nan
    compute(rows, 5, out)
    assert np.isnan(out[1, 1, 3])


def test_only_the_lanes_asked_for_are_written() -> None:
    rows, out = np.ones((2, LANES)), np.zeros((3, 3, LANES))
    compute(rows, 5, out)
    assert not out[2].any()
    assert not out[:, 2].any()

"""The exponential of kernels is that of numpy."""

import numpy as np
import pytest

from structdistill.structures.kernels.compiling import compiled
from structdistill.structures.kernels.exponentials import exponential


@compiled
def exponentials(numbers: np.ndarray, out: np.ndarray) -> None:
    for i in range(len(numbers)):
        out[i] = exponential(numbers[i])


@pytest.mark.parametrize(("dtype", "least"), [(np.float32, -87), (np.float64, -708)])
def test_it_is_exact_to_two_digits_of_the_last_place(dtype: type[np.floating], least: int) -> None:
    numbers = np.concatenate([np.linspace(least, 80, 100_000), np.linspace(-1, 1, 1001)])
    numbers = numbers.astype(dtype)
    out = np.empty_like(numbers)
    exponentials(numbers, out)
    np.testing.assert_allclose(out, np.exp(numbers.astype(np.longdouble)), rtol=np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_too_low_is_zero_and_not_a_number_stays_that(dtype: type[np.floating]) -> None:
    numbers = np.array([0, -800, -1e9, -np.inf, np.nan], dtype)
    out = np.empty_like(numbers)
    exponentials(numbers, out)
    np.testing.assert_array_equal(out, [1, 0, 0, 0, np.nan])


def test_python_cannot_call_it() -> None:
    with pytest.raises(NotImplementedError, match="only kernels"):
        exponential(1.0)

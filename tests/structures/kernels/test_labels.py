"""Labels are summed over, and get their shares back."""

import numpy as np
import pytest

from structdistill.structures.kernels import labels
from tests.structures.kernels.calling import from_python

differentiate = from_python(labels.differentiate)
exponentials = from_python(labels.exponentials)
largest = from_python(labels.largest)
mean = from_python(labels.mean)
shares_of_labels = from_python(labels.shares_of_labels)


def test_exponentials_are_as_exact_as_numpy() -> None:
    scores, out = np.random.uniform(-700, 700, 1001), np.empty(1001)
    total = exponentials(scores, 3.0, out)
    np.testing.assert_allclose(out, np.exp(scores - 3), rtol=1e-12)
    np.testing.assert_allclose(total, out.sum())


def test_exponentials_of_what_is_far_below_are_zero_and_what_is_no_number_stays_that() -> None:
    out = np.empty(3)
    assert np.isnan(exponentials(np.array([-1e9, -750.0, np.nan]), 0.0, out))
    assert out[:2].tolist() == [0, 0]


@pytest.mark.parametrize("offset", [0.0, -3000.0, 3000.0])
def test_shares_are_the_softmax(offset: float) -> None:
    scores, shares = np.log([1.0, 2.0, 5.0]) + offset, np.empty(3, np.float32)
    np.testing.assert_allclose(shares_of_labels(scores, shares, np.empty(3)), np.log(8) + offset)
    np.testing.assert_allclose(shares, [0.125, 0.25, 0.625])


def test_derivatives_of_labels_are_those_of_a_product() -> None:
    shares, values = np.array([0.25, 0.75]), np.array([4.0, 8.0])
    average = mean(shares, values)
    assert average == 7
    differentiate(shares, (0.5, 2.0), values, average)
    np.testing.assert_allclose(shares, [0.25 * (2 - 1.5), 0.75 * (2 + 0.5)])


def test_the_largest_is_found() -> None:
    assert largest(np.array([-3.0, -1.0, -2.0])) == (1, -1.0)

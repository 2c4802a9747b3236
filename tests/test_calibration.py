"""Expected calibration error: what it is of models whose calibration is known."""

import numpy as np
import pytest

from structdistill.calibration import Bin, Calibration


def test_of_a_model_that_is_right_as_often_as_it_says_it_is_almost_0():
    generator = np.random.default_rng(1)
    sure = generator.random(200_000)
    found = Calibration.of(sure.tolist(), (generator.random(200_000) < sure).tolist())
    # Chance alone: up to 100 √(15 / 2π · 200,000) = 0.35.
    assert found.error < 0.35
    assert found.confidence == pytest.approx(50, abs=0.5)
    assert found.count == 200_000


def test_constant_overconfidence_is_the_error():
    found = Calibration.of([0.9] * 1000, [True] * 700 + [False] * 300)
    assert found.error == pytest.approx(20)
    assert (found.confidence, found.accuracy) == pytest.approx((90, 70))


def test_a_case_by_hand():
    # Two bins, [0, ½] and (½, 1].
    found = Calibration.of([0.0, 0.5, 1.0, 0.6], [False, True, True, False], bins=2)
    low, high = found.bins
    assert low == Bin(2, 25.0, 50.0)
    assert (high.count, high.accuracy) == (2, 50)
    assert high.confidence == pytest.approx(80)
    assert found.error == pytest.approx((2 * 25 + 2 * 30) / 4)


def test_errors_in_both_directions_do_not_cancel_across_bins():
    found = Calibration.of([0.2, 0.8], [True, False])
    assert found.confidence == found.accuracy == pytest.approx(50)
    assert found.error == pytest.approx(80)


def test_bins_without_predictions_are_0_and_without_any_so_is_the_error():
    found = Calibration.of([], [])
    assert found.bins == (Bin(0, 0.0, 0.0),) * 15
    assert (found.error, found.confidence, found.accuracy, found.count) == (0, 0, 0, 0)


def test_figures_are_plain_numbers():
    figures = Calibration.of([0.5, 1.0], [True, True], bins=2).figures()
    assert figures == {
        "error": 25,
        "confidence": 75,
        "accuracy": 100,
        "count": 2,
        "bins": [[1, 50, 100], [1, 100, 100]],
    }


def test_what_is_no_probability_is_refused():
    with pytest.raises(ValueError, match="a confidence is not between 0 and 1"):
        Calibration.of([1.2], [True])
    with pytest.raises(ValueError, match="2 confidences of 1 predictions; expected one each"):
        Calibration.of([1.0, 1.0], [True])

"""Weights over the course of training."""

import pytest

from structdistill.objectives import Linear
from structdistill.objectives.schedules import shortest


@pytest.mark.parametrize(
    ("schedule", "progress", "weight"),
    [
        (Linear(1, 0), 0.0, 1.0),
        (Linear(1, 0), 0.25, 0.75),
        (Linear(1, 0), 1.0, 0.0),
        (Linear(0.2, 0.6, until=0.5), 0.25, 0.4),
        (Linear(0.2, 0.6, until=0.5), 0.5, 0.6),
        (Linear(0.2, 0.6, until=0.5), 0.9, 0.6),
    ],
)
def test_a_straight_line_and_then_flat(schedule: Linear, progress: float, weight: float) -> None:
    assert schedule.at(progress) == pytest.approx(weight)


@pytest.mark.parametrize("until", [0.0, -0.5, 1.5])
def test_until_is_a_share_of_training(until: float) -> None:
    with pytest.raises(
        ValueError, match=rf"until is a share of training, in \(0, 1\]; got {until}"
    ):
        Linear(1, 0, until=until)


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1"), (2.0, "2"), (0.1, "0.1"), (1 / 3, "0.3333333333333333"), (1e-05, "1e-05")],
)
def test_numbers_are_written_short_and_exactly(number: float, text: str) -> None:
    assert shortest(number) == text
    assert float(text) == number

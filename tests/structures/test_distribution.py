"""What teachers and students have in common."""

import pytest

from structdistill.structures import Distribution, Empirical, Structure
from structdistill.structures.distribution import check_temperature


def test_structures_and_lists_of_them_are_distributions() -> None:
    assert issubclass(Structure, Distribution)
    assert issubclass(Empirical, Distribution)
    asked = {"argmax", "best", "local", "entropy", "kl", "temper", "detach", "to", "relabel"}
    assert Distribution.__abstractmethods__ == asked | {"__getitem__"}


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_temperatures_are_positive(temperature: float) -> None:
    with pytest.raises(ValueError, match="temperature must be positive; got"):
        check_temperature(temperature)

import pytest
from pydantic import ValidationError

from structdistill.data.filtering import Filter


def test_bounds_are_inclusive_and_what_is_not_bounded_is_free():
    bounds = Filter(min_confidence=0.25, max_confidence=0.5, max_entropy=1)
    for confidence in (0.25, 0.4, 0.5):
        assert bounds.allows(confidence=confidence, entropy=0)
    for confidence in (0.2, 0.6):
        assert not bounds.allows(confidence=confidence, entropy=0)
    assert bounds.allows(confidence=0.3, entropy=1)
    assert not bounds.allows(confidence=0.3, entropy=1.1)
    assert Filter().allows(confidence=0, entropy=100)


def test_a_bound_of_zero_is_one():
    assert Filter(max_entropy=0)
    assert not Filter(max_entropy=0).allows(entropy=0.1)
    assert not Filter()
    assert not Filter(per="sentence")


def test_it_asks_for_what_it_bounds():
    assert Filter(max_confidence=1).asks("confidence")
    assert not Filter(max_confidence=1).asks("entropy")
    assert Filter(min_entropy=0).asks("entropy")


def test_it_says_its_bounds():
    bounds = Filter(min_confidence=0.9, max_entropy=0.3, per="sentence")
    assert str(bounds) == "min_confidence = 0.9, max_entropy = 0.3 a sentence"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"min_confidence": 0.6, "max_confidence": 0.5}, "min_confidence must not exceed max_conf"),
        ({"min_entropy": 2, "max_entropy": 1}, "must not exceed max_entropy; got 2.0 > 1.0"),
        ({"min_confidence": 1.5}, "less than or equal to 1"),
        ({"max_entropy": -1}, "greater than or equal to 0"),
    ],
)
def test_bounds_that_nothing_can_be_within_are_refused(table, message):
    with pytest.raises(ValidationError, match=message):
        Filter(**table)

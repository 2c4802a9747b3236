"""What the exceptions say and what they are."""

from pathlib import Path

import pytest

from structdistill import errors
from structdistill.errors import DataError, RecipeError, StructdistillError


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({}, "no tag"),
        ({"path": "a.txt"}, "a.txt: no tag"),
        ({"path": Path("b/a.txt"), "line": 7}, "b/a.txt:7: no tag"),
    ],
)
def test_data_errors_say_where(place: dict, message: str) -> None:
    error = DataError("no tag", **place)
    assert str(error) == message
    assert error.path == place.get("path")
    assert error.line == place.get("line")


def test_all_are_of_one_kind_that_the_command_line_catches() -> None:
    defined = [value for value in vars(errors).values() if isinstance(value, type)]
    exceptions = [value for value in defined if issubclass(value, Exception)]
    assert len(exceptions) == 5
    assert all(issubclass(value, StructdistillError) for value in exceptions)


def test_recipe_errors_can_be_collected_as_value_errors() -> None:
    assert issubclass(RecipeError, ValueError)

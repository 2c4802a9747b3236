"""The file name is the name."""

from pathlib import Path

import pytest

import structdistill
from structdistill.errors import RecipeError
from structdistill.names import known, resolve, suggestion
from structdistill.objectives import NLL, TopK

PACKAGE = Path(structdistill.__file__).parent


def test_known_names_are_the_modules_of_the_folder() -> None:
    files = {path.stem for path in (PACKAGE / "objectives").glob("*.py")}
    assert known("objectives") == sorted(files - {"__init__", "base", "expression", "schedules"})


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("nll", NLL),
        ("top_k", TopK),
        ("structdistill.objectives.top_k.TopK", TopK),
        ("pathlib.Path", Path),
    ],
)
def test_names_stand_for_classes(name: str, found: type) -> None:
    assert resolve("objectives", name) is found


def test_every_known_name_stands_for_a_class() -> None:
    for name in known("objectives"):
        assert resolve("objectives", name).__module__ == f"structdistill.objectives.{name}"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("posteror", "unknown objective 'posteror'. Did you mean 'posterior'? Known: nll, "),
        ("zzz", "unknown objective 'zzz'. Known: nll, posterior, "),
        ("base", "unknown objective 'base'."),
        ("no_such_package.Thing", "cannot import 'no_such_package.Thing': No module named"),
        ("pathlib.Nothing", "'pathlib' has no class 'Nothing'"),
        ("pathlib.os", "'pathlib' has no class 'os'"),
    ],
)
def test_unknown_names_are_told(name: str, message: str) -> None:
    with pytest.raises(RecipeError) as error:
        resolve("objectives", name)
    assert str(error.value).startswith(message)


def test_a_module_without_the_class_of_its_name_is_told() -> None:
    # `convert` and others are functions: structures are no family that recipes name.
    with pytest.raises(
        RecipeError, match=r"module 'structdistill\.structures\.convert' has no class"
    ):
        resolve("structures", "convert")


def test_the_kind_in_the_message_is_that_of_the_family() -> None:
    with pytest.raises(RecipeError, match=r"unknown structure 'linear_chian'\. Did you mean"):
        resolve("structures", "linear_chian")


def test_suggestions_name_the_nearest_and_all() -> None:
    assert suggestion("tokn", ["top_k", "token"]) == "Did you mean 'token'? Known: token, top_k"
    assert suggestion("xyz", ["b", "a"]) == "Known: a, b"

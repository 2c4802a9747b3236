"""Tables of a recipe that name a member of a family and its settings."""

import inspect
from collections.abc import Mapping
from typing import Any

from pydantic import AfterValidator, ConfigDict, TypeAdapter, ValidationError

from structdistill.errors import RecipeError
from structdistill.names import resolve, suggestion

Table = dict[str, Any]

_TOML = {
    "dict_type": "a table, as in { name = ... }",
    "model_type": "a table",
    "tuple_type": 'a list, as in ["a", "b"]',
}


def member(package: str, default: str) -> AfterValidator:
    """Checks a table that names a member of a family, and the settings it gives it.

    Args:
        package: of the family.
        default: the member that a table without name means.
    """

    def check(table: Table) -> Table:
        table = {"name": default, **table}
        settings = dict(table)
        member = resolve(package, str(settings.pop("name")))
        check_settings(settings, inspect.signature(member).parameters)
        return table

    return AfterValidator(check)


def check_settings(settings: Table, parameters: Mapping[str, inspect.Parameter]) -> None:
    """Refuses settings that a class does not have, or that are of another type there.

    Raises:
        RecipeError: all mistakes, a line each.
    """
    mistakes = [
        f"{setting}: {mistake}"
        for setting, value in settings.items()
        if (mistake := _mistake(setting, value, parameters))
    ]
    if mistakes:
        raise RecipeError("\n".join(mistakes))


def _mistake(
    setting: str, value: object, parameters: Mapping[str, inspect.Parameter]
) -> str | None:
    """What is wrong with a setting of a class, if anything."""
    if setting not in parameters:
        return f"unknown key. {suggestion(setting, parameters)}"
    hint = parameters[setting].annotation
    if isinstance(hint, str) or hint is inspect.Parameter.empty:
        return None
    try:
        adapter = TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))
        adapter.validate_python(value, strict=True)
    except ValidationError as error:
        expected = dict.fromkeys(wanted(dict(mistake)) for mistake in error.errors())
        return f"must be {' or '.join(expected)}; got {value!r}"
    return None


def wanted(mistake: Mapping[str, Any]) -> str:
    """What pydantic expected, in the words of TOML."""
    if mistake["type"] in _TOML:
        return _TOML[mistake["type"]]
    return str(mistake["msg"]).removeprefix("Input should be ")

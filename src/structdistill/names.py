"""The file name is the name: objectives, encoders, tasks and formats are found by their module."""

import difflib
import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

from structdistill.errors import RecipeError

# Modules that hold a family's shared ground rather than a member of it.
_SHARED = {"base", "expression", "schedules", "tag_layer"}


def known(package: str) -> list[str]:
    """The names of a family: the modules of `structdistill.<package>` that define a member."""
    folder = importlib.import_module(f"structdistill.{package}")
    names = (module.name for module in pkgutil.iter_modules(folder.__path__))
    return sorted(name for name in names if name not in _SHARED and not name.startswith("_"))


def suggestion(name: str, names: Iterable[str]) -> str:
    """`Did you mean …? Known: …` for a name that is not among the known ones."""
    names = sorted(names)
    close = difflib.get_close_matches(name, names, n=1)
    meant = f"Did you mean {close[0]!r}? " if close else ""
    return f"{meant}Known: {', '.join(names)}"


def resolve(package: str, name: str) -> type:
    """The class that a name stands for.

    A plain name is a module of `structdistill.<package>` and stands for the class of that module
    with the same name in capitals (`top_k` → `TopK`); a dotted name is imported as it stands, so
    that other people's classes need no registration.

    Raises:
        RecipeError: there is no such module or class; names the nearest ones.
    """
    module_name, _, class_name = name.rpartition(".")
    if module_name:
        try:
            module = importlib.import_module(module_name)
        except ImportError as error:
            raise RecipeError(f"cannot import {name!r}: {error}") from error
        found = getattr(module, class_name, None)
        if not isinstance(found, type):
            raise RecipeError(f"{module_name!r} has no class {class_name!r}")
        return found
    family = package.rpartition(".")[2]
    if name not in known(package):
        kind = family.removesuffix("s")
        raise RecipeError(f"unknown {kind} {name!r}. {suggestion(name, known(package))}")
    return _class_named(importlib.import_module(f"structdistill.{package}.{name}"), name)


def _class_named(module: ModuleType, name: str) -> type:
    wanted = name.replace("_", "")
    for attribute, value in vars(module).items():
        if attribute.lower() == wanted and isinstance(value, type):
            return value
    raise RecipeError(f"module {module.__name__!r} has no class named after it")

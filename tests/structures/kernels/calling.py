"""Steps of kernels, which only kernels can call, called from Python."""

from collections.abc import Callable
from functools import cache
from typing import ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


@cache  # which compiles it once
def from_python(step: Callable[P, R]) -> Callable[P, R]:
    """A kernel of a single step."""
    return cast(Callable[P, R], njit(lambda *arguments: step(*arguments)))

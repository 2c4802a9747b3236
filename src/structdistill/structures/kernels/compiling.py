"""How kernels are compiled: once, to a cache on disk, and to run beside Python's lock."""

import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")

# Sums may be reordered, but NaN and infinity stay what they are.
_RULES = {"reassoc", "contract", "nsz"}


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The function as machine code, without what tests have wrapped around it to check shapes."""
    compile_ = njit(nogil=True, cache=True, fastmath=_RULES)
    return cast(Callable[P, R], compile_(inspect.unwrap(function)))

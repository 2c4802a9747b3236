"""How kernels are compiled: once, to a cache on disk, and to run beside Python's lock."""

import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")

# Sums may be reordered, but NaN and infinity stay what they are.
_COMPILED: dict[str, Any] = {
    "nogil": True,
    "cache": True,
    "error_model": "numpy",  # x / 0 is infinite, and needs no test whether to raise
    "fastmath": {"reassoc", "contract", "nsz"},
}
_STEP: dict[str, Any] = {
    **_COMPILED,
    "cache": False,  # as what calls it is kept
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
_INLINED: dict[str, Any] = {**_STEP, "forceinline": True, "_nrt": False}


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The function as machine code, without what tests have wrapped around it to check shapes."""
    return cast(Callable[P, R], njit(**_COMPILED)(inspect.unwrap(function)))


def step(function: Callable[P, R]) -> Callable[P, R]:
    """A function that only kernels call: without what a call from Python needs, and not kept.

    What calls it is kept, with its code.
    """
    return cast(Callable[P, R], njit(**_STEP)(inspect.unwrap(function)))


def part(function: Callable[P, R]) -> Callable[P, R]:
    """A large step of a single kernel, written into its code: nothing is compiled for itself first.

    What kernels call otherwise is compiled on its own, and optimised again in each caller.
    """
    return cast(Callable[P, R], njit(**_COMPILED, inline="always")(inspect.unwrap(function)))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """A small step of kernels, repeated wherever it is called; it cannot allocate arrays.

    Only kernels can call it: what a call from Python needs takes longer to compile than the step.
    It is compiled once for each constant among its arguments. As it allocates nothing,
    numba's run time (`nrt`) is not needed, which counts references to arrays: each time by an
    atomic operation, in small loops most of the time.
    """
    return cast(Callable[P, R], njit(**_INLINED)(inspect.unwrap(function)))

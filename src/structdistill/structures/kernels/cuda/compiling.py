"""How functions for CUDA devices are compiled, and how much of a sentence one step works on."""

import inspect
from collections.abc import Callable
from typing import Any

import triton

_TILE = 1024
"""Numbers that a step holds at once: 8 for each of a program's 128 threads."""


def compiled(function: Callable[..., Any]) -> Any:
    """The function in Triton, without what tests have wrapped around it to check shapes.

    With `TRITON_INTERPRET=1` in the environment when this is called, Triton's interpreter runs the
    function on tensors of the CPU instead: for tests where there is no such device.
    """
    return triton.jit(inspect.unwrap(function))


def columns(number: int) -> int:
    """The next power of two, which sizes of tiles have to be."""
    return int(triton.next_power_of_2(number))


def rows(number: int, width: int) -> int:
    """How many of so many rows of this width a tile takes at once."""
    return max(1, min(columns(number), _TILE // width))

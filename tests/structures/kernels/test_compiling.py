"""What is compiled is the function itself."""

import functools

from structdistill.structures.kernels.compiling import compiled
from structdistill.structures.kernels.linear_chain import _best


def test_what_is_wrapped_around_a_function_is_not_compiled() -> None:
    def double(number: float) -> float:
        return 2 * number

    @functools.wraps(double)
    def wrapped(number: float) -> float:
        raise AssertionError

    assert compiled(wrapped)(1.5) == 3


def test_kernels_release_the_lock_and_are_kept_on_disk() -> None:
    assert _best.targetoptions["nogil"]
    assert type(_best._cache).__name__ == "FunctionCache"

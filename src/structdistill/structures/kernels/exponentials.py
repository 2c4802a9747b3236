"""An exponential that compilers can compute for several numbers at once, as numpy's they cannot."""

import inspect
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numba import types
from numba.extending import intrinsic, overload


def exponential(x: float) -> float:
    """e^x of a float32 or float64 up to its range, to the last digit or two; 0 below, NaN of NaN.

    x = k log 2 + r with a whole number k, so e^x = 2^k e^r, where |r| < 0.35 and 2^k is written as
    bits. It is called from kernels only.

    Reference: Cody and Waite (1980), Software Manual for the Elementary Functions, chapter 6.
    """
    raise NotImplementedError("only kernels can call it")


# Sums keep their order, or the remainder below loses its digits.
@overload(exponential, jit_options={"fastmath": {"contract"}, "forceinline": True}, strict=False)
def _of_a_type(x: types.Float) -> Callable[[float], float]:
    implementation = _double if x == types.float64 else _single
    found: Callable[[float], float] = inspect.unwrap(implementation)
    return found


def _bits_as_float(_: Any, bits: types.Integer) -> Any:
    """The float32 or float64 of these bits, in the terms of the compiler."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

    return (types.float64 if bits == types.int64 else types.float32)(bits), code


_as_float = cast(Callable[[Any], float], intrinsic(_bits_as_float))


def _double(x: Any) -> Any:
    reduced = -708.0 if x < -708.0 else x
    k = np.floor(reduced * 1.4426950408889634 + 0.5)
    r = (reduced - k * 6.93147180369123816e-01) - k * 1.90821492927058770e-10
    p = 1.6059043836821613e-10  # 1 / 13!, and so on to 1 / 0!
    p = p * r + 2.08767569878681e-09
    p = p * r + 2.505210838544172e-08
    p = p * r + 2.755731922398589e-07
    p = p * r + 2.7557319223985893e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 0.0001984126984126984
    p = p * r + 0.001388888888888889
    p = p * r + 0.008333333333333333
    p = p * r + 0.041666666666666664
    p = p * r + 0.16666666666666666
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    value = p * _as_float((np.int64(k) + 1023) << 52)
    return 0.0 if x < -708.0 else value


_LEAST, _HALF, _ONE = np.float32(-87), np.float32(0.5), np.float32(1)
_PER_LOG_2, _LOG_2 = np.float32(1.44269504), np.float32(0.693359375)
_LOG_2_REST = np.float32(-2.12194440e-4)
_3, _4, _5, _6, _7 = (np.float32(1 / number) for number in (6, 24, 120, 720, 5040))


def _single(x: Any) -> Any:
    reduced = _LEAST if x < _LEAST else x
    k = np.floor(reduced * _PER_LOG_2 + _HALF)
    r = (reduced - k * _LOG_2) - k * _LOG_2_REST
    p = _7 * r + _6
    p = p * r + _5
    p = p * r + _4
    p = p * r + _3
    p = p * r + _HALF
    p = p * r + _ONE
    p = p * r + _ONE
    value = p * _as_float(np.int32((np.int32(k) + 127) << 23))
    return np.float32(0) if x < _LEAST else value

"""Several numbers as one: the lanes of the processor's vectors, for kernels that work in lockstep.

`load` and `same` make them, `store` keeps them; `+ - * /` and `where_less` compute lane by lane.
They are for kernels only. Loops over as few tags as are common compile to no good vectors.
"""

import operator
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

LANES = 16
"""How many: the numbers of single precision in the widest vectors. Others take several vectors."""


class _Lanes(types.Type):
    """So many numbers of a type."""

    def __init__(self, dtype: Any):
        super().__init__(name=f"Lanes({dtype})")
        self.dtype = dtype


@register_model(_Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, lanes: _Lanes):
        element = manager.lookup(lanes.dtype).get_value_type()
        super().__init__(manager, lanes, ir.VectorType(element, LANES))


def _place(context: Any, builder: Any, array_type: Any, array: Any, indices: Any) -> Any:
    """A pointer to the vector at `array[*indices, :]`."""
    structure = context.make_array(array_type)(context, builder, array)
    last = context.get_constant(types.intp, 0)
    indices = [*cgutils.unpack_tuple(builder, indices), last]
    pointer = cgutils.get_item_pointer(
        context, builder, array_type, structure, indices, wraparound=False
    )
    vector = ir.VectorType(context.get_value_type(array_type.dtype), LANES)
    return builder.bitcast(pointer, vector.as_pointer())


def _load(_: Any, array: Any, indices: Any) -> Any:
    """The numbers `array[*indices, :]` of an array with contiguous lanes."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature.args[0], *arguments)
        return builder.load(place, align=array.dtype.bitwidth // 8)

    return _Lanes(array.dtype)(array, indices), code


def _store(_: Any, array: Any, indices: Any, lanes: Any) -> Any:
    """array[*indices, :] = lanes"""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], place, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, indices, lanes), code


def _same(_: Any, array: Any, number: Any) -> Any:
    """A number in all lanes, of the precision of an array."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        element = context.cast(builder, arguments[1], number, array.dtype)
        vector = ir.VectorType(element.type, LANES)
        nothing, zero = ir.Constant(vector, ir.Undefined), ir.Constant(ir.IntType(32), 0)
        first = builder.insert_element(nothing, element, zero)
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(first, nothing, everywhere)

    return _Lanes(array.dtype)(array, number), code


def _where_less(_: Any, a: Any, b: Any, yes: Any, no: Any) -> Any:
    """yes where a < b, no elsewhere, NaN included."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b, yes, no = arguments
        return builder.select(builder.fcmp_ordered("<", a, b), yes, no)

    return yes(a, b, yes, no), code


load = cast(Callable[[np.ndarray, tuple[int, ...]], Any], intrinsic(_load))
store = cast(Callable[[np.ndarray, tuple[int, ...], Any], None], intrinsic(_store))
same = cast(Callable[[np.ndarray, float], Any], intrinsic(_same))
where_less = cast(Callable[[Any, Any, Any, Any], Any], intrinsic(_where_less))


def _operation(name: str) -> Any:
    """An operation of LLVM on two of a kind."""

    def typed(_: Any, a: Any, b: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return getattr(builder, name)(*arguments)

        return a(a, b), code

    return intrinsic(typed)


def _overloaded(function: Callable[..., Any], name: str) -> None:
    instruction = _operation(name)

    def of_lanes(a: Any, b: Any) -> Any:
        if isinstance(a, _Lanes) and a == b:
            return lambda a, b: instruction(a, b)
        return None

    overload(function, strict=False)(of_lanes)


for _function, _name in {
    operator.add: "fadd",
    operator.sub: "fsub",
    operator.mul: "fmul",
    operator.truediv: "fdiv",
}.items():
    _overloaded(_function, _name)

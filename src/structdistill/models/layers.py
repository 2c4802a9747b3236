"""Which layers of a transformer an encoder keeps."""

from collections.abc import Sequence

import numpy as np
from torch import nn

from structdistill.errors import RecipeError

_EVEN = "even:"


def select(layers: int | str | Sequence[int], count: int) -> list[int]:
    """The numbers of the layers that are kept, counted from 0.

    Args:
        layers: `k`, the first k; `"even:k"`, k evenly spaced ones from the first to the last; or
            their numbers.
        count: the layers there are.

    Raises:
        RecipeError: it asks for layers that are not there, or is none of these.
    """
    wanted: Sequence[int] | None = None
    if isinstance(layers, str):
        number = layers.removeprefix(_EVEN)
        if layers.startswith(_EVEN) and number.isdecimal() and 1 <= int(number) <= count:
            wanted = np.linspace(0, count - 1, int(number)).round().astype(int).tolist()
    elif isinstance(layers, int):
        wanted = range(layers) if 1 <= layers <= count else None
    elif len(layers) > 0 and len(set(layers)) == len(layers) and set(layers) <= set(range(count)):
        wanted = layers
    if wanted is None:
        raise RecipeError(
            f"layers must be a number from 1 to {count} (the first ones), 'even:k' with k from 1 "
            f"to {count}, or a list of different numbers from 0 to {count - 1}; got {layers!r}"
        )
    return list(wanted)


def layer_list(transformer: nn.Module, count: int) -> tuple[str, nn.ModuleList]:
    """The name and the list of a transformer's layers, of which there are `count`.

    Raises:
        RecipeError: it has no single list of so many layers (but shares one, for example).
    """
    lists = [
        (name, module)
        for name, module in transformer.named_modules()
        if isinstance(module, nn.ModuleList) and len(module) == count
    ]
    if len(lists) != 1:
        raise RecipeError(
            f"cannot select layers of {type(transformer).__name__}: expected one list of its "
            f"{count} layers, found {len(lists)}; leave `layers` out"
        )
    return lists[0]

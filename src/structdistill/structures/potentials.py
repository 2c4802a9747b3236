"""Potentials: their axes, declared once to validate and pad every tensor; and what is forbidden."""

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache, reduce
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

FORBIDDEN = -1e9
"""The potential of an impossible part. Finite, so that no arithmetic turns into NaN; `-inf` in the
input means the same and is replaced by it. Ordinary potentials stay far above it."""

Parts = dict[str, Tensor]
"""One tensor for each potential, of its shape: an indicator, counts or expectations."""

LABELS = frozenset("tlr")
"""Letters of the axes that run over labels (tags, constituent labels, relations)."""


def allowed(potential: Tensor) -> Bool[Tensor, "*shape"]:
    """Which parts are possible."""
    return potential > FORBIDDEN / 2


def word_offset(axis: str) -> int | None:
    """How much longer than the sentence an axis is (`n-1` → -1), or None if it is no word axis."""
    return int(axis[1:] or 0) if axis.startswith("n") else None


class Axes(dict[str, tuple[str, ...]]):
    """The axes of each potential by name, the batch axis `b` included where it is there."""

    @cached_property
    def shared(self) -> tuple[bool, ...]:
        """Which potentials have no batch axis, for all sentences share them."""
        return tuple(axes[0] != "b" for axes in self.values())

    @cached_property
    def of_parts(self) -> tuple[tuple[str, ...], ...]:
        """Those of each potential's parts, without the batch axis."""
        return tuple(axes[1:] if axes[0] == "b" else axes for axes in self.values())

    @cached_property
    def widths(self) -> tuple[tuple[str, int], ...]:
        """Of each potential that has an axis over widths, which it is."""
        return tuple((name, axes.index("k")) for name, axes in self.items() if "k" in axes)

    @cached_property
    def dimensions(self) -> tuple[int, ...]:
        """Of each potential's parts, with the batch axis."""
        return tuple(1 + len(axes) for axes in self.of_parts)


def bind(
    structure: str,
    shapes: Mapping[str, Sequence[int]],
    declared: Mapping[str, Sequence[tuple[str, ...]]],
    batch: int,
) -> Axes:
    """The axes of each potential.

    Args:
        structure: the name for messages.
        shapes: of the potentials.
        declared: the possible axes of each potential, without the batch axis. Potentials with a
            word axis must have a batch axis, the others may.
        batch: number of sentences.

    Raises:
        ValueError: a potential has none of its shapes, or two disagree on an axis.
    """
    sizes = {"b": batch}
    axes = Axes()
    for name, possible in declared.items():
        shape = shapes[name]
        candidates = [("b", *names) for names in possible]
        candidates += [s for s in possible if all(word_offset(axis) is None for axis in s)]
        fitting = [s for s in candidates if len(s) == len(shape) and _agree(s, shape, sizes)]
        if not fitting:
            raise ValueError(_mismatch(structure, name, candidates, shape, sizes))
        axes[name] = fitting[0]
    return axes


@lru_cache(maxsize=1024)  # as a loop asks of every batch
def bound_axes(family: Any, shapes: tuple[torch.Size, ...], batch: int) -> Axes:
    """`bind` for a structure that declares `axes`, of potentials in their order."""
    return bind(family.__name__, dict(zip(family.axes, shapes, strict=True)), family.axes, batch)


def check_lengths(lengths: Int[Tensor, " batch"], *, words: int, of: str) -> None:
    """Raises a ValueError unless tensors with room for so many words hold all sentences."""
    if len(lengths) and not 0 <= min(listed := lengths.tolist()) <= max(listed) <= words:
        raise ValueError(
            f"lengths of {of} must lie between 0 and {words}, the words that there is room for; "
            f"got {listed}"
        )


def _agree(axes: tuple[str, ...], shape: Sequence[int], sizes: dict[str, int]) -> bool:
    """Whether the sizes fit those known so far; if so, remembers the new ones."""
    seen = dict(sizes)
    for axis, size in zip(axes, shape, strict=True):
        offset = word_offset(axis)
        if offset is None:
            expected = seen.setdefault(axis, size)
        else:
            expected = max(0, seen.setdefault("n", size - offset) + offset)
        if expected != size:
            return False
    sizes.update(seen)
    return True


def _mismatch(
    structure: str,
    name: str,
    candidates: list[tuple[str, ...]],
    shape: Sequence[int],
    sizes: dict[str, int],
) -> str:
    expected = " or ".join(f"({', '.join(axes)})" for axes in candidates)
    known = ", ".join(f"{axis} = {size}" for axis, size in sizes.items())
    return (
        f"{name} of {structure} must have shape {expected} with {known}; got "
        f"{tuple(shape)}. Axes: b sentences, n words, the others labels or widths"
    )


def inside(axis: str, size: int, lengths: Int[Tensor, " batch"]) -> Bool[Tensor, "batch position"]:
    """Which positions of a word axis of the given size lie inside each sentence."""
    return torch.arange(size, device=lengths.device) < (lengths + (word_offset(axis) or 0))[:, None]


def padding(
    shape: Sequence[int], axes: tuple[str, ...], lengths: Int[Tensor, " batch"]
) -> Bool[Tensor, "batch ..."] | None:
    """What of a tensor of this shape lies beyond the sentences; None if it has no word axis."""
    outside = None
    for dim, axis in enumerate(axes):
        if word_offset(axis) is not None:
            view = [len(lengths), *[1] * (len(axes) - 1)]
            view[dim] = shape[dim]
            beyond = ~inside(axis, shape[dim], lengths).view(view)
            outside = beyond if outside is None else outside | beyond
    return outside


def bounded(
    tensors: Mapping[str, Tensor], no_parts: Mapping[str, Bool[Tensor, "batch ..."] | None]
) -> Parts:
    """Copies with nothing below FORBIDDEN, and zero where there are no parts."""
    found = _Bounded.apply(tuple(no_parts.values()), *tensors.values())
    return dict(zip(tensors, found, strict=True))


def reordered(
    parts: Parts, axes: Mapping[str, tuple[str, ...]], order: Int[Tensor, " label"]
) -> Parts:
    """Parts or potentials with labels in another order; they may have further axes in front."""
    found = dict(parts)
    for name, names in axes.items():
        for dim, axis in enumerate(names):
            if axis in LABELS:
                found[name] = found[name].index_select(dim - len(names), order)
    return found


def inner(
    potentials: Parts, parts: Parts, axes: Mapping[str, tuple[str, ...]]
) -> Float[Tensor, "*count batch"]:
    """⟨potentials, parts⟩ of each sentence.

    Args:
        potentials: with a batch axis, or without one where all sentences share them.
        parts: may have further axes before the batch axis.
        axes: of each, with or without `b`.
    """
    products = []
    for name, potential in potentials.items():
        if potential.dim() == sum(axis != "b" for axis in axes[name]):
            dtype = torch.promote_types(potential.dtype, parts[name].dtype)
            rows = parts[name].flatten(-potential.dim()).to(dtype)
            products.append(rows @ potential.flatten().to(dtype))
        else:
            products.append((potential * parts[name]).flatten(1 - potential.dim()).sum(-1))
    return reduce(torch.add, products)


class _Bounded(torch.autograd.Function):
    """As one step for all, and large tables are gone through once there and once back."""

    @staticmethod
    def forward(ctx: Any, no_parts: tuple[Tensor | None, ...], *tensors: Tensor) -> Any:
        ctx.set_materialize_grads(False)  # what nobody asks of gets no zeros
        ctx.outside = []
        copies = []
        for tensor, outside in zip(tensors, no_parts, strict=True):
            copy = tensor.contiguous().clamp(min=FORBIDDEN)
            copies.append(copy)
            if outside is None:
                ctx.outside.append(None)
                continue
            # Whole rows at once, which is several times as fast as a mask that is expanded.
            rows, last = outside.flatten().nonzero().squeeze(1), outside.dim() - 1
            while last and outside.shape[last] == 1:
                last -= 1
            ctx.outside.append((rows, last))
            copy.flatten(0, last).index_fill_(0, rows, 0)
        return tuple(copies)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        # What is forbidden may have a gradient: it is no part of anything that counts.
        found = []
        for gradient, outside in zip(gradients, ctx.outside, strict=True):
            if gradient is not None and outside is not None and len(outside[0]):
                rows = gradient.contiguous().flatten(0, outside[1])
                gradient = rows.index_fill(0, outside[0], 0).view_as(gradient)
            found.append(gradient)
        return None, *found

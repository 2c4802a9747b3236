"""Potentials: their axes, declared once to validate and pad every tensor; and what is forbidden."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Bool, Int
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


def bind(
    structure: str,
    tensors: Mapping[str, Tensor],
    declared: Mapping[str, Sequence[tuple[str, ...]]],
    batch: int,
) -> dict[str, tuple[str, ...]]:
    """The axes of each tensor, the batch axis `b` included where it is there.

    Args:
        structure: the name for messages.
        tensors: the potentials.
        declared: the possible axes of each potential, without the batch axis. Potentials with a
            word axis must have a batch axis, the others may.
        batch: number of sentences.

    Raises:
        ValueError: a tensor has none of its shapes, or two tensors disagree on an axis.
    """
    sizes = {"b": batch}
    axes = {}
    for name, shapes in declared.items():
        tensor = tensors[name]
        candidates = [("b", *shape) for shape in shapes]
        candidates += [s for s in shapes if all(word_offset(axis) is None for axis in s)]
        fitting = [s for s in candidates if len(s) == tensor.dim() and _agree(s, tensor, sizes)]
        if not fitting:
            raise ValueError(_mismatch(structure, name, candidates, tensor, sizes))
        axes[name] = fitting[0]
    return axes


def _agree(shape: tuple[str, ...], tensor: Tensor, sizes: dict[str, int]) -> bool:
    """Whether the sizes fit those known so far; if so, remembers the new ones."""
    seen = dict(sizes)
    for axis, size in zip(shape, tensor.shape, strict=True):
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
    tensor: Tensor,
    sizes: dict[str, int],
) -> str:
    expected = " or ".join(f"({', '.join(shape)})" for shape in candidates)
    known = ", ".join(f"{axis} = {size}" for axis, size in sizes.items())
    return (
        f"{name} of {structure} must have shape {expected} with {known}; got "
        f"{tuple(tensor.shape)}. Axes: b sentences, n words, the others labels or widths"
    )


def inside(axis: str, size: int, lengths: Int[Tensor, " batch"]) -> Bool[Tensor, "batch position"]:
    """Which positions of a word axis of the given size lie inside each sentence."""
    return torch.arange(size, device=lengths.device) < (lengths + (word_offset(axis) or 0))[:, None]


def zero_padding(tensor: Tensor, axes: tuple[str, ...], lengths: Int[Tensor, " batch"]) -> Tensor:
    """The tensor with everything beyond each sentence's length set to zero."""
    padding = torch.zeros((), dtype=torch.bool, device=tensor.device)
    for dim, axis in enumerate(axes):
        if word_offset(axis) is not None:
            view = [1] * tensor.dim()
            view[0], view[dim] = len(lengths), tensor.shape[dim]
            padding = padding | ~inside(axis, tensor.shape[dim], lengths).view(view)
    return tensor.masked_fill(padding, 0) if padding.dim() else tensor

"""From the vectors of words to a structure: one head for each kind of annotation."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from structdistill.errors import RecipeError
from structdistill.models.heads.base import Head
from structdistill.models.heads.biaffine import BiaffineHead
from structdistill.models.heads.chain import ChainHead
from structdistill.models.heads.segment import SegmentHead
from structdistill.models.heads.span import SpanHead
from structdistill.names import suggestion

__all__ = ["BiaffineHead", "ChainHead", "Head", "SegmentHead", "SpanHead", "build_head", "head_of"]

_HEADS: dict[str, type[Head]] = {
    "tagging": ChainHead,
    "segmentation": SegmentHead,
    "dependency": BiaffineHead,
    "constituency": SpanHead,
}


def head_of(task: str) -> type[Head]:
    """The head that a task's annotation needs.

    Raises:
        RecipeError: there is no head for the task.
    """
    if task not in _HEADS:
        raise RecipeError(f"unknown task {task!r}. {suggestion(task, _HEADS)}")
    return _HEADS[task]


def build_head(
    task: str,
    *,
    structure: str | None = None,
    width: int,
    labels: Sequence[str],
    settings: Mapping[str, Any] | None = None,
) -> Head:
    """A head with random weights.

    Args:
        task: the kind of annotation.
        structure: by name; by default the first that the task's head can make.
        width: size of a word's vector.
        labels: in the order of the potentials.
        settings: of the head, such as the width of its layers.

    Raises:
        RecipeError: the task, the structure or a setting is unknown.
    """
    head = head_of(task)
    make: Callable[..., Head] = head  # each has settings of its own
    structure = structure or next(iter(head.structures))
    try:
        given = {"width": width, "structure": structure, **head.sizes(labels)}
        return make(**given, **(settings or {}))
    except TypeError as error:
        raise RecipeError(f"cannot build the head with {dict(settings or {})}: {error}") from error

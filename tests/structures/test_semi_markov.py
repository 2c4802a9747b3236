"""Segmentations: what the laws must know of them, and what is peculiar."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
import torch

from structdistill.structures import FORBIDDEN, SemiMarkov
from tests.oracle import Arrays
from tests.structures.families import WIDTHS, Family, Setting, Shapes, draw

Segmentation = tuple[tuple[int, int, int], ...]


@cache
def segmentations(length: int, widths: int, labels: int) -> tuple[Segmentation, ...]:
    """All (start, end, label) that cover a sentence."""
    return tuple(_segmentations(0, length, widths, labels))


def _segmentations(start: int, length: int, widths: int, labels: int) -> Iterator[Segmentation]:
    if start == length:
        yield ()
    for end in range(start + 1, min(start + widths, length) + 1):
        for rest in _segmentations(end, length, widths, labels):
            yield from (((start, end, label), *rest) for label in range(labels))


def parts(length: int, shapes: Shapes) -> Arrays:
    members = segmentations(length, *shapes["segments"][1:])
    found = {name: np.zeros((len(members), *shape)) for name, shape in shapes.items()}
    shared = len(shapes["transitions"]) == 2
    for row, member in enumerate(members):
        for start, end, label in member:
            found["segments"][row, start, end - start - 1, label] = 1
        for (_, end, before), (_, _, after) in zip(member, member[1:], strict=False):
            where = (before, after) if shared else (end - 1, before, after)
            found["transitions"][(row, *where)] += 1
    return found


def count(length: int, labels: int) -> int:
    if length == 0:
        return 1
    return labels * sum(count(length - width, labels) for width in range(1, WIDTHS + 1)[:length])


def contradicted(observed: np.ndarray) -> np.ndarray:
    """A word that lies in observed segments lies in no others."""
    *_, words, widths, _ = observed.shape
    covers = np.zeros((words, widths, words), dtype=bool)
    for start, width, word in np.ndindex(covers.shape):
        covers[start, width, word] = start <= word <= start + width
    covered = np.einsum("...nkt,nkw->...w", observed, covers) > 0
    return (np.einsum("...w,nkw->...nk", covered, covers) > 0)[..., None] & (observed == 0)


SEGMENTS = {"segments": ("b", "n", "k", "t")}
FAMILY = Family(
    structure=SemiMarkov,
    forms=[
        SEGMENTS | {"transitions": ("t", "t")},
        SEGMENTS | {"transitions": ("b", "t", "t")},
        SEGMENTS | {"transitions": ("b", "n-1", "t", "t")},
    ],
    parts=parts,
    count=count,
    words=5,
    labels=(3, 4, 2, 1),
    contradicted=contradicted,
)

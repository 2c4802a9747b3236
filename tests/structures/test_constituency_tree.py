"""Binary trees of labelled spans: what the laws must know of them, and what is peculiar."""

import itertools
from functools import cache
from math import comb

import numpy as np

from structdistill.structures import ConstituencyTree
from tests.oracle import Arrays
from tests.structures.families import Family, Shapes

Spans = tuple[tuple[int, int], ...]


@cache
def bracketings(start: int, end: int) -> list[Spans]:
    """The spans of every binary tree over words[start:end]."""
    if end - start < 2:
        return [((start, end),) * (end - start)]
    return [
        ((start, end), *left, *right)
        for middle in range(start + 1, end)
        for left in bracketings(start, middle)
        for right in bracketings(middle, end)
    ]


def parts(length: int, shapes: Shapes) -> Arrays:
    """Indicators of every bracketing under every assignment of labels."""
    labels = shapes["spans"][2]
    bracketed, number = bracketings(0, length), max(0, 2 * length - 1)
    trees = np.array(bracketed, dtype=int).reshape(len(bracketed), number, 2)
    labellings = np.array(list(itertools.product(range(labels), repeat=number)), dtype=int)
    spans = np.zeros((len(trees), len(labellings), *shapes["spans"]))
    tree, labelling = np.ix_(range(len(trees)), range(len(labellings)))
    for node in range(number):
        start, end = trees[:, node, :, None].swapaxes(0, 1)
        spans[tree, labelling, start, end, labellings[:, node]] = 1
    return {"spans": spans.reshape(-1, *shapes["spans"])}


def crossing(observed: np.ndarray) -> np.ndarray:
    """All labels of the spans that cross an observed one."""
    excluded = np.zeros_like(observed)
    for i, j in np.argwhere(observed.any(2)):
        for a, c in itertools.product(range(len(observed)), repeat=2):
            excluded[a, c] += i < a < j < c or a < i < c < j
    return excluded


FAMILY = Family(
    structure=ConstituencyTree,
    forms=[{"spans": ("b", "n+1", "n+1", "l")}],
    parts=parts,
    count=lambda n, labels: comb(2 * n - 2, n - 1) // n * labels ** (2 * n - 1) if n else 1,
    words=4,
    labels=(2, 1),
    place=(0, 1),
    excluded=crossing,
)

"""Dependency trees without crossing arcs: what the laws must know, and what is peculiar."""

import itertools
from functools import cache
from math import comb

import numpy as np
import pytest
import torch

from structdistill.objectives import NLL
from structdistill.structures import ProjectiveTree
from tests.oracle import Arrays
from tests.structures.families import Family, Shapes


@cache
def heads_of_trees(length: int, single_root: bool) -> list[tuple[int, ...]]:
    """The heads of the words 1, 2, … of every tree."""
    found = []
    for heads in itertools.product(range(length + 1), repeat=length):
        roots = heads.count(0)
        if (
            (roots == 1 or not single_root or not length)
            and _is_tree(heads)
            and not _crosses(heads)
        ):
            found.append(heads)
    return found


def _is_tree(heads: tuple[int, ...]) -> bool:
    """Whether every word descends from the root."""
    for word in range(1, len(heads) + 1):
        for _ in heads:
            word = heads[word - 1] if word else 0
        if word:
            return False
    return True


def _crosses(heads: tuple[int, ...]) -> bool:
    arcs = [tuple(sorted(arc)) for arc in enumerate(heads, start=1)]
    return any(a < c < b < d for (a, b), (c, d) in itertools.product(arcs, repeat=2))


def labelled_parts(length: int, shapes: Shapes, *, single_root: bool) -> Arrays:
    """Indicators of every tree under every assignment of relations."""
    nodes, _, *relations = shapes["arcs"]
    heads = heads_of_trees(length, single_root)
    trees = np.array(heads, dtype=int).reshape(len(heads), length)
    labels = relations[0] if relations else 1
    labellings = np.array(list(itertools.product(range(labels), repeat=length)), dtype=int)
    arcs = np.zeros((len(trees), len(labellings), nodes, nodes, labels))
    tree, labelling = np.ix_(range(len(trees)), range(len(labellings)))
    for word in range(length):
        arcs[tree, labelling, trees[:, word][:, None], word + 1, labellings[:, word]] = 1
    return {"arcs": arcs.reshape(-1, *shapes["arcs"])}


def single_root_parts(length: int, shapes: Shapes) -> Arrays:
    return labelled_parts(length, shapes, single_root=True)


def several_roots_parts(length: int, shapes: Shapes) -> Arrays:
    return labelled_parts(length, shapes, single_root=False)


def single_root_count(length: int, labels: int) -> int:
    return comb(3 * length - 2, length - 1) // length * labels**length if length else 1


def several_roots_count(length: int, labels: int) -> int:
    return comb(3 * length, length) // (2 * length + 1) * labels**length


SINGLE_ROOT = Family(
    structure=ProjectiveTree,
    forms=[{"arcs": ("b", "n+1", "n+1", "r")}],
    parts=single_root_parts,
    count=single_root_count,
    words=4,
    labels=(2, 1, 3),
    fixed={"single_root": True},
    place=(1,),
)
SEVERAL_ROOTS = Family(
    structure=ProjectiveTree,
    forms=[{"arcs": ("b", "n+1", "n+1", "r")}],
    parts=several_roots_parts,
    count=several_roots_count,
    words=4,
    labels=(2, 1),
    fixed={"single_root": False},
    place=(1,),
)
UNLABELLED_SINGLE_ROOT = Family(
    structure=ProjectiveTree,
    forms=[{"arcs": ("b", "n+1", "n+1")}],
    parts=single_root_parts,
    count=single_root_count,
    words=5,
    labels=(1,),
    fixed={"single_root": True},
    place=(1,),
)
UNLABELLED_SEVERAL_ROOTS = Family(
    structure=ProjectiveTree,
    forms=[{"arcs": ("b", "n+1", "n+1")}],
    parts=several_roots_parts,
    count=several_roots_count,
    words=5,
    labels=(1,),
    fixed={"single_root": False},
    place=(1,),
)

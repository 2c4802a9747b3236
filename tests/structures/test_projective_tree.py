"""Dependency trees without crossing arcs: what the laws must know, and what is peculiar."""

import itertools
from functools import partial
from math import comb

from structdistill.structures import ProjectiveTree
from tests.oracle import Arrays
from tests.structures.families import Family, Shapes
from tests.structures.trees import Heads, heads_of_trees, labelled_parts


def _crosses(heads: Heads) -> bool:
    arcs = [tuple(sorted(arc)) for arc in enumerate(heads, start=1)]
    return any(a < c < b < d for (a, b), (c, d) in itertools.product(arcs, repeat=2))


def parts(length: int, shapes: Shapes, *, single_root: bool) -> Arrays:
    trees = heads_of_trees(length, single_root=single_root)
    return labelled_parts(shapes, [heads for heads in trees if not _crosses(heads)])


def single_root_count(length: int, labels: int) -> int:
    return comb(3 * length - 2, length - 1) // length * labels**length if length else 1


def several_roots_count(length: int, labels: int) -> int:
    return comb(3 * length, length) // (2 * length + 1) * labels**length


SINGLE_ROOT = Family(
    structure=ProjectiveTree,
    forms=[{"arcs": ("b", "n+1", "n+1", "r")}],
    parts=partial(parts, single_root=True),
    count=single_root_count,
    words=4,
    labels=(2, 1, 3),
    fixed={"single_root": True},
    place=(1,),
)
SEVERAL_ROOTS = Family(
    structure=ProjectiveTree,
    forms=[{"arcs": ("b", "n+1", "n+1", "r")}],
    parts=partial(parts, single_root=False),
    count=several_roots_count,
    words=4,
    labels=(2, 1),
    fixed={"single_root": False},
    place=(1,),
)
UNLABELLED_SINGLE_ROOT = Family(
    structure=ProjectiveTree,
    forms=[{"arcs": ("b", "n+1", "n+1")}],
    parts=partial(parts, single_root=True),
    count=single_root_count,
    words=5,
    labels=(1,),
    fixed={"single_root": True},
    place=(1,),
)
UNLABELLED_SEVERAL_ROOTS = Family(
    structure=ProjectiveTree,
    forms=[{"arcs": ("b", "n+1", "n+1")}],
    parts=partial(parts, single_root=False),
    count=several_roots_count,
    words=5,
    labels=(1,),
    fixed={"single_root": False},
    place=(1,),
)

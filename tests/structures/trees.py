"""Dependency trees, enumerated."""

import itertools
from collections.abc import Sequence
from functools import cache

import numpy as np

from tests.oracle import Arrays
from tests.structures.families import Shapes

Heads = tuple[int, ...]


@cache
def heads_of_trees(length: int, *, single_root: bool) -> list[Heads]:
    """The heads of the words 1, 2, … of every tree."""
    every = itertools.product(range(length + 1), repeat=length)
    roots = {min(1, length)} if single_root else set(range(length + 1))
    return [heads for heads in every if heads.count(0) in roots and _is_tree(heads)]


def labelled_parts(shapes: Shapes, trees: Sequence[Heads]) -> Arrays:
    """Indicators of these trees of one sentence under every assignment of relations."""
    nodes, _, *relations = shapes["arcs"]
    labels = relations[0] if relations else 1
    heads, length = np.array(trees, dtype=int), len(trees[0])
    labellings = np.array(list(itertools.product(range(labels), repeat=length)), dtype=int)
    arcs = np.zeros((len(heads), len(labellings), nodes, nodes, labels))
    tree, labelling = np.ix_(range(len(heads)), range(len(labellings)))
    for word in range(length):
        arcs[tree, labelling, heads[:, word][:, None], word + 1, labellings[:, word]] = 1
    return {"arcs": arcs.reshape(-1, *shapes["arcs"])}


def _is_tree(heads: Heads) -> bool:
    """Whether every word descends from the root."""
    above = range(1, len(heads) + 1)
    for _ in heads:
        above = [heads[node - 1] if node else 0 for node in above]
    return not any(above)

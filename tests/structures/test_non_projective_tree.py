"""Trees with crossing arcs: what the laws must know of them, and what is peculiar."""

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from structdistill.structures import FORBIDDEN, NonProjectiveTree
from tests.oracle import Arrays
from tests.structures.families import Family, Shapes


def trees(words: int, *, single_root: bool) -> Iterator[tuple[int, ...]]:
    """The heads of the words, of all trees."""
    for heads in itertools.product(range(words + 1), repeat=words):
        if heads.count(0) == min(1, words) or not single_root:
            above = range(1, words + 1)
            for _ in heads:
                above = [heads[node - 1] if node else 0 for node in above]
            if not any(above):
                yield heads


def enumerator(single_root: bool) -> Callable[[int, Shapes], Arrays]:
    def parts(length: int, shapes: Shapes) -> Arrays:
        nodes, _, *relations = shapes["arcs"]
        found = []
        for heads in trees(length, single_root=single_root):
            for kinds in itertools.product(range(*relations or (1,)), repeat=length):
                arcs = np.zeros((nodes, nodes, *relations))
                for word, (head, kind) in enumerate(zip(heads, kinds, strict=True), start=1):
                    arcs[(head, word, kind)[: arcs.ndim]] = 1
                found.append(arcs)
        return {"arcs": np.stack(found)}

    return parts


def counter(single_root: bool) -> Callable[[int, int], int]:
    def count(length: int, labels: int) -> int:
        if not length:
            return 1
        return (length if single_root else length + 1) ** (length - 1) * labels**length

    return count


def family(single_root: bool) -> Family:
    return Family(
        structure=NonProjectiveTree,
        forms=[{"arcs": ("b", "n+1", "n+1")}, {"arcs": ("b", "n+1", "n+1", "r")}],
        parts=enumerator(single_root),
        count=counter(single_root),
        words=4,
        labels=(1, 2),
        fixed={"single_root": single_root},
        place=(1,),
    )


FAMILY = family(single_root=True)
SEVERAL_ROOTS = family(single_root=False)

"""Blocks of rows: each row once, and no way of splitting them takes less."""

from collections.abc import Iterator, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from structdistill.models.blocks import blocks


def in_blocks(sizes: Sequence[int], cost: int) -> list[list[int]]:
    return [block.tolist() for block in blocks(np.array(sizes), cost=cost)]


def taken(sizes: Sequence[int], split: Sequence[Sequence[int]], cost: int) -> int:
    return sum(len(block) * max(sizes[row] for row in block) + cost for block in split)


def partitions(rows: Sequence[int]) -> Iterator[list[list[int]]]:
    if not rows:
        yield []
        return
    for rest in partitions(rows[1:]):
        yield [[rows[0]], *rest]
        for number, block in enumerate(rest):
            yield [*rest[:number], [rows[0], *block], *rest[number + 1 :]]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.integers(0, 50))
def test_they_take_least_of_all_partitions(sizes: list[int], cost: int) -> None:
    split = in_blocks(sizes, cost)
    assert sorted(row for block in split for row in block) == list(range(len(sizes)))
    least = min(taken(sizes, each, cost) for each in partitions(range(len(sizes))))
    assert taken(sizes, split, cost) == least


def test_the_shortest_come_first() -> None:
    assert in_blocks([90, 3, 100, 2, 3], 20) == [[3, 1, 4], [0, 2]]


def test_what_saves_too_little_is_not_split() -> None:
    assert in_blocks([5, 3, 4], 4) == [[1, 2, 0]]

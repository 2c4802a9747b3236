import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structdistill.data.batching import batches


def newspaper(count: int = 4000) -> list[int]:
    """Lengths like those of CoNLL-2000: mean 23.7, spread 11, one to eighty."""
    generator = random.Random(0)
    return [min(80, max(1, round(generator.gauss(23.7, 11)))) for _ in range(count)]


def padded(found: list[list[int]], lengths: list[int]) -> int:
    return sum(len(batch) * max(lengths[index] for index in batch) for batch in found)


@settings(derandomize=True, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 60)),
    words=st.integers(1, 200),
    seed=st.none() | st.integers(0, 5),
)
def test_every_sentence_is_in_one_batch_within_the_budget(lengths, words, seed):
    found = batches(lengths, words=words, seed=seed)
    assert sorted(index for batch in found for index in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) * max(lengths[index] for index in batch) <= words or len(batch) == 1


@pytest.mark.parametrize("seed", [None, 0, 1])
@pytest.mark.parametrize("words", [500, 2000])
def test_little_is_padding(words, seed):
    lengths = newspaper()
    found = batches(lengths, words=words, seed=seed)
    assert sum(lengths) > 0.9 * padded(found, lengths)


def test_the_budget_is_used():
    found = batches([10] * 100, words=200, seed=None)
    assert [len(batch) for batch in found] == [20] * 5


def test_without_a_seed_the_shortest_come_first():
    assert batches([3, 1, 2, 9], words=4, seed=None) == [[1, 2], [0], [3]]


def test_the_same_seed_gives_the_same_batches():
    lengths = newspaper()
    assert batches(lengths, words=500, seed=3) == batches(lengths, words=500, seed=3)


def test_another_seed_gives_other_batches_in_another_order():
    lengths = newspaper()
    first, second = (
        {frozenset(batch) for batch in batches(lengths, words=500, seed=seed)} for seed in (0, 1)
    )
    assert len(first & second) < 0.05 * len(first)


def test_batches_are_not_in_order_of_length():
    lengths = newspaper()
    longest = [max(lengths[i] for i in batch) for batch in batches(lengths, words=500, seed=0)]
    rises = sum(first < second for first, second in pairwise(longest))
    assert 0.3 < rises / len(longest) < 0.7


def test_no_sentences_make_no_batches():
    assert batches([], words=10, seed=0) == []


def test_a_budget_of_nothing_is_refused():
    with pytest.raises(ValueError, match="words must be at least 1, got 0"):
        batches([1], words=0, seed=None)

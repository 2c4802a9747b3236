"""What makes heads a tree, by enumeration of all heads of up to four words."""

from itertools import product

import pytest

from structdistill.data.trees import cycle, is_projective, roots

EVERY = [heads for n in range(5) for heads in product(range(n + 1), repeat=n)]


def reaches_root(heads: tuple[int, ...], word: int) -> bool:
    for _ in heads:
        word = heads[word - 1] if word else 0
    return word == 0


def test_there_is_a_cycle_where_a_word_does_not_reach_the_root():
    for heads in EVERY:
        found = cycle(heads)
        assert bool(found) == (not all(reaches_root(heads, i + 1) for i in range(len(heads))))
        for word, head in zip(found, [*found[1:], *found[:1]], strict=True):
            assert heads[word - 1] == head
        assert not found or found[0] == min(found)
        assert len(set(found)) == len(found)


def test_a_path_ends_at_an_unknown_head():
    assert cycle([2, None, 2]) == []
    assert cycle([2, 3, 2, None]) == [2, 3]


def test_arcs_cross_where_just_one_end_lies_inside_another_arc():
    for heads in EVERY:
        arcs = [(min(arc), max(arc)) for arc in enumerate(heads, start=1)]
        crossing = any(a < c < b < d for a, b in arcs for c, d in arcs)
        assert is_projective(heads) == (not crossing), heads


@pytest.mark.parametrize(("heads", "expected"), [([3, 0, 2], False), ([None, 0, 2], True)])
def test_an_arc_from_the_root_is_crossed_like_any_other(heads, expected):
    assert is_projective(heads) == expected


def test_roots_are_the_words_with_head_0():
    assert roots([0, 1, 0, None]) == [1, 3]

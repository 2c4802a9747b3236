"""The best arborescence against all arborescences."""

import numpy as np
import pytest

from structdistill.structures.kernels.arborescence import maximum_arborescence
from structdistill.structures.potentials import FORBIDDEN
from tests.structures.kernels.calling import from_python
from tests.structures.trees import heads_of_trees


def best_heads(scores: np.ndarray, allowed: np.ndarray, *, single_root: bool) -> np.ndarray:
    """Of arcs [head, dependent]."""
    by_dependent = np.ascontiguousarray(np.where(allowed, scores, FORBIDDEN).T)
    return from_python(maximum_arborescence)(by_dependent, single_root)


both = pytest.mark.parametrize("single_root", [True, False])


@both
@pytest.mark.parametrize("words", range(1, 6))
@pytest.mark.parametrize("largest", [1, 3, 10_000])
def test_no_tree_is_better(single_root: bool, words: int, largest: int) -> None:
    random = np.random.default_rng(words)
    every = np.array(heads_of_trees(words, single_root=single_root))
    for _ in range(40):
        # Whole numbers, so that there are ties and sums are exact.
        scores = random.integers(-largest, largest + 1, (words + 1, words + 1)).astype(float)
        allowed = random.random(scores.shape) < 0.8
        allowed[every[random.integers(len(every))], range(1, words + 1)] = True
        heads = best_heads(scores, allowed, single_root=single_root)
        assert heads[0] == -1
        assert tuple(heads[1:].tolist()) in set(map(tuple, every.tolist()))
        possible = every[allowed[every, range(1, words + 1)].all(1)]
        best = scores[possible, range(1, words + 1)].sum(1).max()
        assert scores[heads[1:], range(1, words + 1)].sum() == best
        again = best_heads(scores.copy(), allowed, single_root=single_root)
        assert heads.tolist() == again.tolist()


def test_the_best_tree_may_have_two_roots_and_the_best_of_one_root_not_its_arcs() -> None:
    # Taking the better root arc and hanging the other word below gives 5 + 0, not 4 + 3.
    scores = np.array([[0.0, 4, 5], [0, 0, 3], [0, 0, 0]])
    allowed = np.ones_like(scores, dtype=bool)
    assert best_heads(scores, allowed, single_root=False).tolist() == [-1, 0, 0]
    assert best_heads(scores, allowed, single_root=True).tolist() == [-1, 0, 1]


def test_cycles_within_cycles() -> None:
    # 1 and 2 want each other, 3 and both of them too, and so on; the root is reached at a loss.
    words = 40
    scores = np.full((words + 1, words + 1), -1e4)
    for word in range(1, words + 1):
        scores[1:word, word] = scores[word, 1:word] = 1000 - word
    scores[0] = -np.arange(words + 1)
    heads = best_heads(scores, np.ones_like(scores, dtype=bool), single_root=True)
    assert heads.tolist() == [-1, 0, *[1] * (words - 1)]


@both
def test_where_there_is_no_tree_one_with_few_forbidden_arcs_is_found(single_root: bool) -> None:
    scores = np.array([[0.0, 1, 2, 3], [0, 0, 9, 0], [0, 9, 0, 0], [0, 0, 0, 0]])
    allowed = np.zeros_like(scores, dtype=bool)
    allowed[1, 2] = allowed[2, 1] = True
    heads = best_heads(scores, allowed, single_root=single_root)
    assert allowed[heads[1:], [1, 2, 3]].sum() == 1
    assert (heads == 0).sum() == 1 or not single_root

"""Eliminations of words, in both domains."""

import numpy as np
import pytest

from structdistill.structures.kernels.elimination import (
    arc_covariances,
    eliminate,
    eliminate_logarithms,
    expected_arcs,
)
from tests.structures.kernels.calling import from_python
from tests.structures.trees import heads_of_trees

WORDS = 4
both = pytest.mark.parametrize("single_root", [True, False])


def trees(*, single_root: bool) -> np.ndarray:
    """Indicators [tree, head, dependent] of all."""
    heads = np.array(heads_of_trees(WORDS, single_root=single_root))
    return (heads[:, None] == np.arange(WORDS + 1)[:, None]).astype(float)


def buffers() -> tuple[np.ndarray, np.ndarray]:
    return np.empty((WORDS - 1) * WORDS * (WORDS + 1) // 3), np.empty((WORDS, WORDS))


@both
@pytest.mark.parametrize("logarithms", [True, False])
def test_sums_marginals_and_covariances_are_those_of_enumeration(
    single_root: bool, logarithms: bool
) -> None:
    every = trees(single_root=single_root)
    scores, values = np.random.default_rng(0).normal(size=(2, WORDS + 1, WORDS))
    scores[range(1, WORDS + 1), range(WORDS)] = -1e9  # an arc of a word to itself
    values[range(1, WORDS + 1), range(WORDS)] = 0
    shares, choices = buffers()
    if logarithms:
        total = from_python(eliminate_logarithms)(scores.copy(), single_root, shares, choices)
    else:
        total, wide = from_python(eliminate)(np.exp(scores), single_root, shares, choices)
        assert not wide
    weights = np.exp((every * scores).sum((1, 2)))
    np.testing.assert_allclose(total, np.log(weights.sum()))
    probabilities = weights / weights.sum()
    expected = np.einsum("y,yhd->hd", probabilities, every)
    arcs, again, change = np.empty((3, WORDS + 1, WORDS))
    from_python(expected_arcs)(shares, choices, arcs)
    np.testing.assert_allclose(arcs, expected, atol=1e-15)
    deviation = (every * values).sum((1, 2)) - (expected * values).sum()
    covariances = np.einsum("y,yhd,y->hd", probabilities, every, deviation)
    from_python(arc_covariances)(shares, choices, values.copy(), again, change)
    np.testing.assert_allclose(again, arcs)
    np.testing.assert_allclose(change, covariances, atol=1e-14)


@both
@pytest.mark.parametrize("far", [1e-120, 1e-200])
def test_it_says_when_weights_range_too_widely(single_root: bool, far: float) -> None:
    weights = np.full((WORDS + 1, WORDS), far)
    weights[range(1, WORDS + 1), range(WORDS)] = 0
    assert from_python(eliminate)(weights, single_root, *buffers())[1]


def test_it_says_when_a_way_becomes_too_small_to_be_seen() -> None:
    # The only way from word 1 to word 2 leads through word 3.
    weights = np.array([[1.0, 0, 1], [0, 0, 1e-180], [0, 0, 1e-180], [0, 1e-180, 0]])
    assert from_python(eliminate)(weights, False, *buffers())[1]

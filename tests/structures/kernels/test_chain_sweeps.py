"""Sweeps over several chains at once."""

import numpy as np
import pytest

from structdistill.structures.kernels.chain_sweeps import add_products, sweep
from structdistill.structures.kernels.lanes import LANES
from tests.structures.kernels.calling import from_python

LENGTHS = np.full((1, LANES), 4.0)
LENGTHS[0, 1] = 2


def run(
    backward: bool, words: np.ndarray, boundary: np.ndarray, transitions: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Messages, totals and the least numbers."""
    before, messages = np.empty_like(words), np.empty_like(words)
    totals, least = np.empty((len(words), LANES)), np.empty((2, LANES))
    to_next = transitions if backward else transitions.T.copy()
    from_python(sweep)(backward, words, LENGTHS, boundary, to_next, before, messages, totals, least)
    return messages, totals, least


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("tags", [1, 3, 4, 6])
def test_the_totals_of_a_sweep_multiply_to_the_sum_over_paths(backward: bool, tags: int) -> None:
    words, boundary = np.random.rand(4, tags, LANES), np.random.rand(tags, LANES)
    transitions = np.random.rand(tags, tags)
    messages, totals, _ = run(backward, words, boundary, transitions)
    for lane, length in enumerate(LENGTHS[0, :3].astype(int)):
        own = words[:length, :, lane]
        order, matrix = (own[::-1], transitions.T) if backward else (own, transitions)
        total = boundary[:, lane] * order[0]
        for word in order[1:]:
            total = (total @ matrix) * word
        np.testing.assert_allclose(totals[:length, lane].prod(), total.sum())
        end = messages[0 if backward else length - 1, :, lane]
        np.testing.assert_allclose(end, total / total.sum())


def test_a_sweep_says_how_low_messages_fall_within_each_sentence() -> None:
    words, boundary = np.ones((4, 2, LANES)), np.ones((2, LANES))
    words[3, 0] = 1e-15
    _, _, least = run(False, words, boundary, np.array([[1.0, 1e-6], [1, 1e-6]]))
    np.testing.assert_allclose(least[0, :2], 1e-6)
    np.testing.assert_allclose(least[1, :2], [1e-9, 1e-6], rtol=1e-5)


def test_a_sweep_without_a_path_has_the_total_0_and_stays_finite() -> None:
    messages, totals, least = run(
        False, np.ones((4, 2, LANES)), np.ones((2, LANES)), np.zeros((2, 2))
    )
    assert not totals[1:].any()
    assert not messages[1:].any()
    assert not least[0].any()


@pytest.mark.parametrize("words", [1, 4, 7])
@pytest.mark.parametrize("tags", [1, 2, 5])
def test_products_are_added_over_words(words: int, tags: int) -> None:
    weights, rows = np.random.rand(words, tags, LANES), np.random.rand(words, tags, LANES)
    out = np.ones((tags + tags % 2, tags, LANES))
    from_python(add_products)(weights, rows, out)
    expected = 1 + np.einsum("isl,itl->stl", weights, rows)
    np.testing.assert_allclose(out[:tags], expected)

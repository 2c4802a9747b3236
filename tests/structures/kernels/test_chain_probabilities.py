"""Sweeps in the probability domain."""

import numpy as np
import pytest

from structdistill.structures.kernels.chain_probabilities import (
    combine,
    exponentials,
    relative_exponentials,
    sweep,
)


@pytest.mark.parametrize("number", [1, 3, 4, 9])
def test_rows_are_combined(number: int) -> None:
    weights, rows, out = np.random.rand(number), np.random.rand(number, 5), np.empty(5)
    combine(weights, rows, out)
    np.testing.assert_allclose(out, weights @ rows)


def test_exponentials_are_relative_to_the_largest_and_know_what_is_too_low() -> None:
    out = np.empty(3)
    assert exponentials(np.array([3.0, 1.0, -1e9]), -10.0, out) == (3.0, False)
    np.testing.assert_allclose(out, [1, np.exp(-2), 0])
    assert exponentials(np.array([3.0, 1.0, -8.0]), -10.0, out) == (3.0, True)


def test_exponentials_of_words_are_relative_to_the_largest_of_each() -> None:
    out = np.empty((2, 2))
    assert relative_exponentials(np.array([[3.0, 1.0], [-1e9, 4.0]]), out) == 7
    np.testing.assert_allclose(out, [[1, np.exp(-2)], [0, 1]])


@pytest.mark.parametrize("backward", [False, True])
def test_the_scales_of_a_sweep_multiply_to_the_sum_over_paths(backward: bool) -> None:
    words, transitions, boundary = np.random.rand(4, 3), np.random.rand(3, 3), np.random.rand(3)
    before, messages = np.empty((4, 3)), np.empty((4, 3))
    log_scale, lost = sweep(backward, words, boundary, transitions, (0.0, 0.0), before, messages)
    total = boundary * words[-1 if backward else 0]
    for word in words[-2::-1] if backward else words[1:]:
        total = (total @ transitions) * word
    assert not lost
    np.testing.assert_allclose(log_scale, np.log(total.sum()))
    np.testing.assert_allclose(messages[0 if backward else -1], total / total.sum())


def test_a_sweep_says_when_a_message_falls_too_low() -> None:
    words, transitions, boundary = np.ones((2, 2)), np.array([[1.0, 1e-6], [1, 1e-6]]), np.ones(2)
    before, messages = np.empty((2, 2)), np.empty((2, 2))
    for floor, expected in ((1e-7, False), (1e-5, True)):
        assert (
            sweep(False, words, boundary, transitions, (floor, 0.0), before, messages)[1]
            is expected
        )

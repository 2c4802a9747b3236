"""Sentences in lockstep; that they agree with the plain programme is tested of whole kernels."""

import numpy as np

from structdistill.structures.kernels.chain_lockstep import EXPECTATIONS, in_lockstep
from structdistill.structures.kernels.lanes import LANES


def run(emissions: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which sentences were lost, and log Z, of sentences of two words and two tags."""
    sentences, words, tags = emissions.shape
    potentials = emissions, np.zeros((1, tags, tags)), start, np.zeros((1, tags))
    lengths, log_z = np.full(sentences, words), np.empty(LANES)
    unary, pairs = np.empty_like(emissions), np.empty((sentences, tags, tags))
    question = EXPECTATIONS, potentials, potentials, lengths, (-100.0, -100.0, 1e-50, 1e-90)
    lost = np.zeros(sentences, np.bool_)
    some = in_lockstep(np.arange(sentences), question, False, lost, log_z, unary, pairs)
    assert some == lost.any()
    return lost, log_z[:sentences]


def test_what_is_out_of_range_is_lost_and_nothing_else() -> None:
    start = np.zeros((3, 2))
    start[1, 0] = -200
    lost, log_z = run(np.zeros((3, 2, 2)), start)
    assert lost.tolist() == [False, True, False]
    np.testing.assert_allclose(log_z[[0, 2]], np.log(4))


def test_forbidden_parts_are_not_out_of_range_but_low_scores_beside_them_are() -> None:
    start = np.array([[0.0, -1e9]])
    emissions = np.zeros((2, 2, 2))
    emissions[1, 1, 0] = -300
    lost, log_z = run(emissions, start)
    assert lost.tolist() == [False, True]
    np.testing.assert_allclose(log_z[0], np.log(2))


def test_what_is_not_a_number_is_lost() -> None:
    assert run(np.full((1, 2, 2), np.nan), np.zeros((1, 2)))[0][0]

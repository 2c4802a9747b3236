"""How sentences become lanes."""

import numpy as np

from structdistill.structures.kernels.chain_lanes import (
    boundaries,
    exponentials,
    gather,
    relative_exponentials,
    scatter,
    weigh,
)
from structdistill.structures.kernels.lanes import LANES
from tests.structures.kernels.calling import from_python

SENTENCES, LENGTHS = np.array([2, 0]), np.array([1, 5, 3])


def test_scattering_undoes_gathering_and_leaves_zeros_behind_the_end() -> None:
    scores, lanes, back = np.random.rand(3, 5, 2), np.empty((3, 2, LANES)), np.full((3, 5, 2), 7.0)
    from_python(gather)(scores, SENTENCES, LENGTHS, lanes)
    assert not lanes[1:, :, 1].any()
    assert not lanes[:, :, 2:].any()
    from_python(scatter)(lanes, SENTENCES, LENGTHS, False, back)
    np.testing.assert_array_equal(back[2, :3], scores[2, :3])
    np.testing.assert_array_equal(back[0, :1], scores[0, :1])
    assert not back[2, 3:].any()
    assert not back[0, 1:].any()
    assert (back[1] == 7).all()  # not asked for
    from_python(scatter)(lanes, SENTENCES, LENGTHS, True, back)
    assert not back[[0, 2]].any()  # less what was there


def test_values_are_weighed_for_each_sentence_both_ways() -> None:
    matrix, values, out = np.random.rand(2, 2), np.random.rand(3, 2, 2), np.empty((2, 2, 2, LANES))
    from_python(weigh)(matrix, values, SENTENCES, out)
    np.testing.assert_array_equal(out[0, :, :, 0], matrix * values[2])
    np.testing.assert_array_equal(out[1, :, :, 1], (matrix * values[0]).T)


def test_exponentials_are_relative_to_the_largest_and_know_what_is_too_low() -> None:
    out = np.empty(3)
    assert from_python(exponentials)(np.array([3.0, 1.0, -1e9]), -10.0, out) == (3.0, False)
    np.testing.assert_allclose(out, [1, np.exp(-2), 0])
    assert from_python(exponentials)(np.array([3.0, 1.0, -8.0]), -10.0, out) == (3.0, True)


def test_each_sentence_has_its_boundary_or_all_the_same() -> None:
    scores, out = np.array([[0.0, 1.0], [0, 0], [3, -20]]), np.empty((2, LANES))
    largest, wide = from_python(boundaries)(scores, SENTENCES, -10.0, out)
    assert largest[:2].tolist() == [3, 1]
    assert wide[:2].tolist() == [True, False]
    np.testing.assert_allclose(out[:, 1], [np.exp(-1), 1])
    largest, wide = from_python(boundaries)(scores[:1], SENTENCES, -10.0, out)
    assert (largest == 1).all()
    np.testing.assert_allclose(out[:, 0], out[:, 1])


def test_exponentials_of_words_are_relative_to_the_largest_of_each_lane() -> None:
    words, largest, low = np.zeros((2, 2, LANES)), np.empty((2, LANES)), np.empty((1, LANES))
    words[:, :, 0] = [[3, 1], [-1e9, 4]]
    words[0, :, 1] = [0, -11]
    from_python(relative_exponentials)(words, -10.0, largest, low)
    assert largest[:, 0].tolist() == [3, 4]
    np.testing.assert_allclose(words[:, :, 0], [[1, np.exp(-2)], [0, 1]])
    assert low[0, :3].tolist() == [0, 1, 0]

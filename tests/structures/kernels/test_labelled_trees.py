"""Labels of pairs of positions are summed over before a recursion and told apart after it."""

import numpy as np
import pytest

from structdistill.structures.kernels.labelled_trees import Recursion

LENGTHS = np.array([2, 0, 1])


def sweep(first, last, scores, lengths, lost, log_z, probabilities) -> bool:
    """A family in which every pair is there with probability 1/2, whatever its score.

    What there is no word for is lost.
    """
    log_z[first:last], lost[first:last] = np.arange(first, last), lengths[first:last] == 0
    probabilities[:, 0], probabilities[:, 1:] = 0.5, 2.0
    return bool(lost[first:last].any())


def fallback(first, last, scores, lengths, lost, log_z, probabilities) -> None:
    log_z[lost] = 7.0


@pytest.mark.parametrize("upward", [True, False])
def test_each_pair_has_its_labels_share(upward: bool) -> None:
    potentials = np.zeros((3, 3, 3, 2), np.float32)
    potentials[..., 1] = np.log(3)
    recursion = Recursion(sweep, fallback, share=1.0, upward=upward)
    log_z, (parts,) = recursion.expectations((potentials,), LENGTHS, ())
    there = {(0, 0, 1), (0, 0, 2), (0, 1, 2), (2, 0, 1)} | ({(0, 2, 1)} if not upward else set())
    expected = np.zeros_like(potentials)
    for place in there:
        expected[place] = 0.125, 0.375
    assert log_z.tolist() == [0, 7, 2]
    np.testing.assert_allclose(parts, expected, rtol=1e-6)


def test_values_alike_for_all_sentences_may_come_once() -> None:
    potentials, values = np.zeros((3, 3, 3)), np.full((1, 3, 3), 7.0)
    for given in (values, values.repeat(3, 0)):
        recursion = Recursion(sweep, fallback, share=1.0, upward=True)
        (parts,) = recursion.covariances((potentials,), (given,), LENGTHS, ())
        assert parts[0, 0, 1] == 2
        assert parts[1].max() == 0

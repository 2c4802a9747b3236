"""Chains in log space."""

import numpy as np

from structdistill.structures.kernels.chain_logarithms import log_expectations


def test_two_words_by_hand() -> None:
    # Scores of the tags (0, 0), (0, 1), (1, 0), (1, 1): 0, log 2, log 3, log 4 at the transition.
    words, ends = np.zeros((2, 2)), np.zeros(2)
    transitions = np.log([[1.0, 2.0], [3.0, 4.0]])
    values = (np.array([[0.0, 1.0], [0.0, 0.0]]), np.zeros((2, 2)), ends, ends)
    unary, pairs = np.empty((2, 2)), np.empty((2, 2))
    potentials = words, transitions, ends, ends
    log_z = log_expectations(potentials, values, unary, pairs, False)
    np.testing.assert_allclose(log_z, np.log(10))
    np.testing.assert_allclose(unary, [[0.3, 0.7], [0.4, 0.6]])
    np.testing.assert_allclose(pairs, [[0.1, 0.2], [0.3, 0.4]])
    # With V = 1 where the first tag is 1, of expectation 0.7: E[part · V] - E[part] E[V].
    log_expectations(potentials, values, unary, pairs, True)
    np.testing.assert_allclose(unary, [[-0.21, 0.21], [0.3 - 0.28, 0.4 - 0.42]])
    np.testing.assert_allclose(pairs, [[-0.07, -0.14], [0.09, 0.12]])

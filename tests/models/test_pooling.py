"""A word's vector is the mean of its sub-words'."""

import numpy as np
import torch

from structdistill.models.pooling import pool, slots_and_shares


def test_each_word_is_the_mean_of_its_own_pieces() -> None:
    mask = np.array([[True, True], [True, False]])
    index = slots_and_shares(mask, np.array([2, 1, 3]))
    vectors = torch.tensor([[1.0, 0], [3, 4], [7, 8], [1, 1], [2, 1], [6, 1]])
    words = pool(vectors, **index, mask=torch.from_numpy(mask))
    torch.testing.assert_close(words, torch.tensor([[[2.0, 2], [7, 8]], [[3, 1], [0, 0]]]))


def test_gradients_are_shared_among_the_pieces() -> None:
    mask = np.array([[True]])
    vectors = torch.zeros(4, 1, requires_grad=True)
    index = slots_and_shares(mask, np.array([4]))
    pool(vectors, **index, mask=torch.from_numpy(mask)).sum().backward()
    torch.testing.assert_close(vectors.grad, torch.full((4, 1), 0.25))

"""Kernels of arrays, for callers who have tensors."""

import numpy as np
import torch

from structdistill.structures.kernels.arrays import OnArrays, arrays, bounded_arrays
from structdistill.structures.potentials import FORBIDDEN


class Echo:
    """Kernels that answer with what they are given."""

    def expectations(self, potentials, lengths, switches):
        return np.zeros(len(lengths)), potentials

    def covariances(self, potentials, values, lengths, switches):
        return values

    def best(self, potentials, lengths, switches):
        return potentials


def test_what_is_the_same_for_all_sentences_is_there_once() -> None:
    own, repeated = torch.randn(2, 3).T.requires_grad_(), torch.randn(4).expand(3, 4)
    found = arrays((own, repeated, torch.randn(4)), (False, False, True))
    assert [array.shape for array in found] == [(3, 2), (1, 4), (1, 4)]
    assert all(array.flags.c_contiguous for array in found)
    assert np.array_equal(found[0], own.detach())


def test_arrays_share_memory_unless_something_has_to_be_bounded() -> None:
    plain, low = torch.zeros(2, 3), torch.tensor([[0, -torch.inf], [-1e20, 1]])
    found = bounded_arrays((plain, low))
    assert np.shares_memory(found[0], plain.numpy())
    assert found[1].tolist() == [[0, FORBIDDEN], [FORBIDDEN, 1]]
    assert low[0, 1] == -torch.inf


def test_answers_are_tensors() -> None:
    own, lengths = torch.randn(3, 2), torch.tensor([2, 1, 0])
    given, kernel = arrays((own,)), OnArrays(Echo())
    log_z, parts = kernel.expectations(given, lengths, ())
    assert log_z.tolist() == [0, 0, 0]
    assert torch.equal(parts[0], own)
    assert torch.equal(kernel.covariances(given, (own,), lengths, ())[0], own)
    assert torch.equal(kernel.best(given, lengths, ())[0], own)

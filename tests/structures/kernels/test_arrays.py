"""Kernels of arrays, for callers who have tensors."""

import numpy as np
import torch

from structdistill.structures.kernels.arrays import OnArrays


class Recorder:
    """Kernels that remember the shapes of what they are given."""

    def __init__(self):
        self.shapes: list[tuple[int, ...]] = []

    def expectations(self, potentials, lengths, switches):
        self.shapes = [p.shape for p in potentials]
        assert all(p.flags.c_contiguous for p in potentials)
        return np.zeros(len(lengths)), potentials

    def covariances(self, potentials, values, lengths, switches):
        return values

    def best(self, potentials, lengths, switches):
        return potentials


def test_what_is_the_same_for_all_sentences_is_handed_on_once() -> None:
    recorder, lengths = Recorder(), torch.tensor([2, 1, 0])
    own, shared = torch.randn(2, 3).T.requires_grad_(), torch.randn(4).expand(3, 4)
    kernel = OnArrays(recorder)
    log_z, parts = kernel.expectations((own, shared), lengths, ())
    assert recorder.shapes == [(3, 2), (1, 4)]
    assert log_z.tolist() == [0, 0, 0]
    assert torch.equal(parts[0], own)
    assert torch.equal(kernel.covariances((own,), (own,), lengths, ())[0], own)
    assert torch.equal(kernel.best((own,), lengths, ())[0], own)

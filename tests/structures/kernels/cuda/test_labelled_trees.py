"""Labels of trees' parts: summed over before the recursion on a CUDA device, told apart after."""

import pytest
import torch

pytest.importorskip("triton")

from structdistill.structures.kernels.cuda.constituency_tree import (
    best,
    covariances,
    expectations,
)


def test_the_labels_of_one_word_are_independent_of_all_else() -> None:
    spans, values = torch.zeros(1, 2, 2, 3), torch.zeros(1, 2, 2, 3)
    labels = spans[0, 0, 1] = torch.tensor([0.0, 1.0, -2.0])
    direction = values[0, 0, 1] = torch.randn(3)
    lengths = torch.tensor([1])
    log_z, (parts,) = expectations((spans,), lengths, ())
    torch.testing.assert_close(log_z, labels.logsumexp(0, keepdim=True))
    torch.testing.assert_close(parts[0, 0, 1], labels.softmax(0))
    assert parts.sum().item() == pytest.approx(1)
    change = labels.softmax(0) * (direction - labels.softmax(0) @ direction)
    torch.testing.assert_close(covariances((spans,), (values,), lengths, ())[0][0, 0, 1], change)
    assert best((spans,), lengths, ())[0].nonzero().tolist() == [[0, 0, 1, 1]]


def test_large_scores_keep_their_digits() -> None:
    spans = torch.full((1, 3, 3, 2), 10_000.0)
    spans[..., 1] += 0.25
    _, (parts,) = expectations((spans,), torch.tensor([2]), ())
    expected = torch.tensor([0.0, 0.25]).softmax(0)
    torch.testing.assert_close(parts[0, 0, 2], expected, rtol=1e-6, atol=0)

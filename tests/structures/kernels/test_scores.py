"""Scores of parts."""

import numpy as np
import torch

from structdistill.structures.kernels.scores import scores, scores_of_arrays


def test_they_are_sums_of_products() -> None:
    own, shared = torch.randn(3, 4, 2), torch.randn(1, 2, 2)
    parts = torch.rand(3, 4, 2), torch.rand(3, 2, 2)
    wanted = (own * parts[0]).sum((1, 2)) + (shared * parts[1]).sum((1, 2))
    torch.testing.assert_close(scores((own, shared), parts), wanted)


def test_where_there_are_no_parts_potentials_do_not_matter() -> None:
    potentials = torch.tensor([[1.0, torch.nan, -torch.inf, torch.inf]])
    assert scores((potentials.expand(2, 4).contiguous(),), (torch.eye(4)[:2] * 3,)).isnan().any()
    parts = torch.tensor([[3.0, 0, 0, 0], [2.0, 0, 0, 0]])
    assert scores((potentials.repeat(2, 1),), (parts,)).tolist() == [3, 2]


def test_other_potentials_are_subtracted_before_digits_are_lost() -> None:
    large = np.full((2, 3), 1e7, np.float32)
    parts = np.ones((2, 3), np.float32)
    assert scores_of_arrays((large + 1,), (parts,), (large,)).tolist() == [3, 3]

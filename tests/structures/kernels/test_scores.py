"""Scores of parts."""

from collections.abc import Callable

import pytest
import torch

from structdistill.structures.kernels.scores import scores


def test_they_are_sums_of_products() -> None:
    own, shared = torch.randn(3, 4, 2), torch.randn(1, 2, 2)
    parts = torch.rand(3, 4, 2), torch.rand(3, 2, 2)
    wanted = (own * parts[0]).sum((1, 2)) + (shared * parts[1]).sum((1, 2))
    torch.testing.assert_close(scores((own.numpy(), shared.numpy()), parts), wanted)
    torch.testing.assert_close(scores((own, shared), parts), wanted)


@pytest.mark.parametrize("given", [lambda x: x, torch.Tensor.numpy])
def test_where_there_are_no_parts_potentials_do_not_matter(given: Callable) -> None:
    potentials = torch.tensor([[1.0, torch.nan, -torch.inf, torch.inf]])
    for rows in (potentials, potentials.repeat(2, 1)):
        assert scores((given(rows),), (torch.eye(4)[:2] * 3,)).isnan().any()
        parts = torch.tensor([[3.0, 0, 0, 0], [2.0, 0, 0, 0]])
        assert scores((given(rows),), (parts,)).tolist() == [3, 2]

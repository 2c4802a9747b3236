"""Parts times the weights of their sentences."""

from functools import partial

import pytest
import torch

from structdistill.structures.kernels.weighting import weighted


@pytest.mark.parametrize("weights", [torch.tensor([2.0, -1.0]), torch.tensor(3.0).expand(2)])
@pytest.mark.parametrize("differentiable", [True, False])
def test_what_sentences_share_is_summed(weights: torch.Tensor, differentiable: bool) -> None:
    own, table, row = torch.randn(2, 3, 4), torch.randn(2, 4, 4), torch.randn(2, 4)
    with torch.set_grad_enabled(differentiable):
        found = [weighted(weights, part, shared=part is not own) for part in (own, table, row)]
    torch.testing.assert_close(
        found[0], torch.stack([w * x for w, x in zip(weights, own, strict=True)])
    )
    torch.testing.assert_close(found[1], sum(w * x for w, x in zip(weights, table, strict=True)))
    torch.testing.assert_close(found[2], sum(w * x for w, x in zip(weights, row, strict=True)))


def test_gradients_of_the_weights() -> None:
    weights = torch.tensor([2.0, -1.0], dtype=torch.float64, requires_grad=True)
    parts = torch.randn(2, 3, dtype=torch.float64), torch.randn(2, 2, 2, dtype=torch.float64)
    for shared in (True, False):
        for part in parts:
            assert torch.autograd.gradcheck(partial(weighted, part=part, shared=shared), weights)

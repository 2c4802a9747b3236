"""Divergences that are computed from arrays to arrays."""

import numpy as np
import pytest
import torch

from structdistill.structures import LinearChain
from structdistill.structures.base import Structure
from structdistill.structures.kernels import are_alike
from structdistill.structures.kernels.divergence import _compare


def chain(*, dtype: torch.dtype = torch.float32, shared: bool = True) -> LinearChain:
    transitions = torch.randn(3, 3, dtype=dtype)
    return LinearChain(
        emissions=torch.randn(2, 4, 3, dtype=dtype),
        transitions=transitions if shared else transitions.repeat(2, 1, 1),
        lengths=torch.tensor([4, 2]),
    )


def test_it_is_what_the_plain_programme_says() -> None:
    p, q = chain(), chain()
    assert are_alike(p._problem, q._problem)
    torch.testing.assert_close(p.kl(q), Structure._divergence(p, q))


def test_precisions_and_ways_to_share_are_compared_by_the_plain_programme() -> None:
    p = chain()
    for q in (chain(dtype=torch.float64), chain(shared=False)):
        assert not are_alike(p._problem, q._problem)
        exact = p._like({name: tensor.double() for name, tensor in p.potentials.items()})
        other = q._like({name: tensor.double() for name, tensor in q.batched().items()})
        torch.testing.assert_close(p.kl(q).double(), exact.kl(other), rtol=1e-4, atol=1e-4)


def test_a_side_that_is_trained_keeps_its_gradient() -> None:
    emissions = torch.randn(2, 4, 3, requires_grad=True)
    trained = chain()._like({**chain().potentials, "emissions": emissions})
    trained.kl(chain()).sum().backward()
    assert emissions.grad.abs().sum() > 0


@pytest.mark.parametrize("sentences", [1, 2])
def test_scores_are_subtracted_before_digits_are_lost(sentences: int) -> None:
    large, parts = np.full((sentences, 3), 1e7, np.float32), np.full((2, 3), 0.5, np.float32)
    others, value = np.ones((2, 3), np.float32), np.zeros(2)
    _compare(0, 2, large, large + 1, parts, others, value)
    assert value.tolist() == [-1.5, -1.5]
    assert np.array_equal(others, parts)

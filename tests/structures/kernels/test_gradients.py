"""Functions over kernels: which derivative a kernel computes, and which the plain programme."""

from types import ModuleType

import numpy as np
import pytest
import torch

from structdistill.structures import LinearChain
from structdistill.structures.kernels import linear_chain


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is called, in order."""
    seen: list[str] = []

    def watch(owner: ModuleType | type, name: str) -> None:
        original = getattr(owner, name)

        def watched(*arguments):
            seen.append(name)
            return original(*arguments)

        monkeypatch.setattr(owner, name, watched)

    for name in ("expectations", "covariances", "best"):
        watch(linear_chain, name)
    watch(LinearChain, "_reference")
    return seen


def structure() -> tuple[torch.Tensor, LinearChain]:
    emissions = torch.randn(3, 5, 4, requires_grad=True)
    return emissions, LinearChain(
        emissions=emissions, transitions=torch.randn(4, 4), lengths=torch.tensor([5, 0, 3])
    )


def test_a_loss_and_its_gradient_take_one_call(calls: list[str]) -> None:
    _, chain = structure()
    chain.log_partition().sum().backward()
    assert calls == ["expectations"]


def test_marginals_and_their_gradient_take_two(calls: list[str]) -> None:
    _, chain = structure()
    chain.marginals()["emissions"].square().sum().backward()
    assert calls == ["expectations", "covariances"]


def test_the_derivative_of_a_covariance_is_the_reference(calls: list[str]) -> None:
    emissions, chain = structure()
    value = chain.marginals()["emissions"].square().sum()
    (gradient,) = torch.autograd.grad(value, emissions, create_graph=True)
    gradient.square().sum().backward()
    assert calls == ["expectations", "_reference", "covariances"]
    assert np.isfinite(emissions.grad.numpy()).all()


def test_the_best_structure_takes_one_call(calls: list[str]) -> None:
    structure()[1].argmax()
    assert calls == ["best"]

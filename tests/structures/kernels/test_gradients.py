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

    for name in ("expectations", "covariances", "divergences", "best"):
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


def test_a_divergence_and_its_gradient_take_one_call(calls: list[str]) -> None:
    _, chain = structure()
    structure()[1].detach().kl(chain).sum().backward()
    assert calls == ["divergences"]


def test_the_surprise_of_a_structure_and_its_gradient_take_one_call(calls: list[str]) -> None:
    _, chain = structure()
    parts = chain.argmax()
    chain.log_prob(parts).sum().backward()
    assert calls == ["best", "expectations"]


@pytest.mark.parametrize("shared", [True, False])
def test_second_derivatives_of_divergences_and_surprises(shared: bool) -> None:
    lengths, own = torch.tensor([3, 0, 2]), () if shared else (3,)
    shapes = ((3, 3, 2), (*own, 2, 2), (*own, 2), (*own, 2))
    p, q = ([torch.randn(shape, dtype=torch.float64) for shape in shapes] for _ in range(2))

    def chain(*potentials: torch.Tensor) -> LinearChain:
        return LinearChain(**dict(zip(LinearChain.axes, potentials, strict=True)), lengths=lengths)

    parts = chain(*p).argmax()

    def answers(*potentials: torch.Tensor) -> tuple[torch.Tensor, ...]:
        student = chain(*potentials)
        return chain(*p).kl(student), student.log_prob(parts)

    leaves = [tensor.requires_grad_() for tensor in q]
    assert torch.autograd.gradcheck(answers, leaves)
    assert torch.autograd.gradgradcheck(answers, leaves)


def test_the_best_structure_takes_one_call(calls: list[str]) -> None:
    structure()[1].argmax()
    assert calls == ["best"]

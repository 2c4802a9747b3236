"""One recursion under three reductions; that the answers are right is in test_laws.py."""

import pytest
import torch

from structdistill.structures import LinearChain


def chain(scale: float, dtype: torch.dtype = torch.float32) -> LinearChain:
    shapes = {"emissions": (4, 6, 5), "transitions": (5, 5)}
    potentials = {name: (scale + torch.randn(shape)).to(dtype) for name, shape in shapes.items()}
    return LinearChain(**potentials, lengths=torch.tensor([6, 6, 3, 1]))


@pytest.mark.parametrize("scale", [1e2, 1e4, 1e6])
def test_marginals_of_large_scores_sum_to_one(scale: float) -> None:
    structure = chain(scale)
    for i, length in enumerate(structure.lengths.tolist()):
        mass = structure.marginals()["emissions"][i, :length].sum(1)
        torch.testing.assert_close(mass, torch.ones(length))


def test_ties_have_one_winner() -> None:
    flat = chain(0.0).temper(1e30)
    best = flat.argmax()
    assert set(best["emissions"].unique().tolist()) == {0.0, 1.0}
    assert best["emissions"].sum((1, 2)).tolist() == [6, 6, 3, 1]
    assert best["transitions"].sum((1, 2)).tolist() == [5, 5, 2, 0]


def test_samples_and_the_best_structure_keep_no_graph() -> None:
    structure = LinearChain(
        emissions=torch.randn(2, 3, 2, requires_grad=True),
        transitions=torch.randn(2, 2, requires_grad=True),
        lengths=torch.tensor([3, 2]),
    )
    assert not structure.argmax()["emissions"].requires_grad
    assert not structure.sample(2)["emissions"].requires_grad


def test_neighbouring_samples_depend_on_each_other() -> None:
    # Either tag first, but never a change: the marginals alone would allow it.
    transitions = torch.tensor([[0.0, -torch.inf], [-torch.inf, 0.0]])
    structure = LinearChain(
        emissions=torch.zeros(1, 5, 2), transitions=transitions, lengths=torch.tensor([5])
    )
    samples = structure.sample(400, generator=torch.Generator().manual_seed(0))
    tags = samples["emissions"][:, 0].argmax(2)
    assert (tags == tags[:, :1]).all()
    assert 150 < int(tags[:, 0].sum()) < 250  # 200 expected, 10 the standard deviation


def test_no_samples_are_no_samples() -> None:
    assert chain(1.0).sample(0)["emissions"].shape == (0, 4, 6, 5)

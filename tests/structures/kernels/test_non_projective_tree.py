"""The fused kernels of trees with crossing arcs answer as the plain programme does."""

import pytest
import torch
from torch import Tensor

from structdistill.structures import FORBIDDEN, NonProjectiveTree
from structdistill.structures.kernels import non_projective_tree
from tests.structures.kernels.agreement import (
    TOLERANCE,
    every_precision,
    every_range,
    with_and_without_forbidden,
)

LENGTHS = (9, 0, 1, 2, 17, 12)

both = pytest.mark.parametrize("single_root", [True, False])
with_and_without = pytest.mark.parametrize("relations", [0, 3])


def potentials(scale: float, dtype: torch.dtype, relations: int, *, forbidden: bool) -> Tensor:
    """Random ones, rounded so that float32 holds them; there is always a tree."""
    nodes = max(LENGTHS) + 1
    arcs = scale * torch.randn(len(LENGTHS), nodes, nodes, *[relations] * (relations > 0))
    if forbidden:
        # Of a path from a random word to all the others each arc stays.
        excluded = torch.rand(arcs.shape) < 0.6
        for sentence, length in enumerate(LENGTHS):
            path = [0, *(torch.randperm(length) + 1).tolist()]
            excluded[sentence, path[:-1], path[1:]] = False
        arcs = arcs.masked_fill(excluded, FORBIDDEN)
    return arcs.to(dtype)


def tree(arcs: Tensor, *, single_root: bool) -> NonProjectiveTree:
    return NonProjectiveTree(arcs=arcs, single_root=single_root, lengths=torch.tensor(LENGTHS))


@both
@every_range
@every_precision
@with_and_without
@with_and_without_forbidden
def test_log_partition_marginals_and_covariances_are_the_reference(
    scale: float, dtype: torch.dtype, relations: int, single_root: bool, forbidden: bool
) -> None:
    arcs = potentials(scale, dtype, relations, forbidden=forbidden).requires_grad_()
    values = torch.randn(arcs.shape).to(dtype)
    exact = arcs.detach().double().requires_grad_()
    structure = tree(exact, single_root=single_root)
    wanted = _answers(structure._reference(*structure.batched().values()), exact, values.double())
    found = _answers(tree(arcs, single_root=single_root).log_partition(), arcs, values)
    tolerance = TOLERANCE[dtype]
    for ours, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours.double(), theirs, rtol=tolerance, atol=10 * tolerance)


def _answers(log_z: Tensor, arcs: Tensor, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    (marginals,) = torch.autograd.grad(log_z.sum(), arcs, create_graph=True)
    (covariances,) = torch.autograd.grad(marginals, arcs, values)
    return log_z.detach(), marginals.detach(), covariances


@both
@with_and_without
@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_derivatives_of_all_orders_are_those_of_finite_differences(
    scale: float, relations: int, single_root: bool
) -> None:
    arcs = potentials(1.0, torch.float64, relations, forbidden=False)[:, :7, :7].requires_grad_()
    lengths = torch.tensor(LENGTHS).clamp(max=6)

    def answers(some: Tensor) -> tuple[Tensor, ...]:
        structure = NonProjectiveTree(arcs=scale * some, single_root=single_root, lengths=lengths)
        return structure.log_partition() / scale, structure.entropy(), structure.marginals()["arcs"]

    assert torch.autograd.gradcheck(answers, arcs, fast_mode=True)
    if scale == 1:
        assert torch.autograd.gradgradcheck(answers, arcs, fast_mode=True)


@both
@with_and_without
@every_range
@with_and_without_forbidden
def test_the_best_tree_is_all_but_certain_when_it_is_cold(
    scale: float, relations: int, single_root: bool, forbidden: bool
) -> None:
    arcs = potentials(scale, torch.float64, relations, forbidden=forbidden)
    structure = tree(arcs, single_root=single_root)
    best = structure.argmax()["arcs"]
    cold = structure.temper(scale / 1e5).marginals()["arcs"]
    torch.testing.assert_close(best, cold, atol=0.01, rtol=0)


@both
def test_a_single_way_through_a_tree_that_hangs_on_another_word_than_the_first(
    single_root: bool,
) -> None:
    arcs = torch.full((1, 4, 4), FORBIDDEN)
    arcs[0, 0, 2], arcs[0, 2, 1], arcs[0, 1, 3] = 1.0, 2.0, 3.0
    structure = NonProjectiveTree(arcs=arcs, single_root=single_root, lengths=torch.tensor([3]))
    assert structure.log_partition().tolist() == [6.0]
    expected = (arcs > 0).float()
    assert torch.equal(structure.marginals()["arcs"], expected)
    assert torch.equal(structure.argmax()["arcs"], expected)


def test_not_a_number_stays_that() -> None:
    arcs = torch.zeros(2, 4, 4)
    arcs[0, 1, 2] = torch.nan
    structure = NonProjectiveTree(arcs=arcs, lengths=torch.tensor([3, 3]))
    assert structure.log_partition().isnan().tolist() == [True, False]


def test_what_is_the_same_for_all_sentences_may_be_given_once() -> None:
    arcs, lengths = torch.randn(1, 6, 6).numpy(), torch.tensor([5, 3]).numpy()
    log_z, (marginals,) = non_projective_tree.expectations((arcs,), lengths, (True,))
    again, (others,) = non_projective_tree.expectations((arcs.repeat(2, 0),), lengths, (True,))
    assert (log_z == again).all()
    assert (marginals == others).all()

"""The fused kernels of projective trees answer as the plain programme does."""

from functools import partial

import pytest
import torch

from structdistill.structures import FORBIDDEN, ProjectiveTree
from tests.structures.kernels.agreement import (
    assert_best_agree,
    assert_computed_by_a_kernel,
    assert_covariances_agree,
    assert_expectations_agree,
    every_precision,
    every_range,
    ranges_of_covariances,
    with_and_without_forbidden,
)
from tests.structures.kernels.examples import dependency_trees

LENGTHS = torch.tensor([9, 0, 1, 2, 3, 16, 20])
every_root = pytest.mark.parametrize("single_root", [True, False])

tree = partial(dependency_trees, ProjectiveTree, lengths=LENGTHS, relations=(3,))


@every_range
@every_precision
@every_root
@pytest.mark.parametrize("relations", [(), (3,)])
@with_and_without_forbidden
def test_log_partition_and_marginals_are_the_reference(
    scale: float,
    dtype: torch.dtype,
    single_root: bool,
    relations: tuple[int, ...],
    forbidden: bool,
) -> None:
    structure = tree(
        scale, dtype, single_root=single_root, relations=relations, forbidden=forbidden
    )
    assert_computed_by_a_kernel(structure)
    assert_expectations_agree(structure)


@every_range
@every_root
@with_and_without_forbidden
def test_best_trees_have_the_score_of_the_best_by_the_reference(
    scale: float, single_root: bool, forbidden: bool
) -> None:
    structure = tree(scale, torch.float32, single_root=single_root, forbidden=forbidden)
    assert_best_agree(structure)
    from_root = structure.argmax()["arcs"][:, 0].sum((1, 2))
    assert not single_root or torch.equal(from_root, LENGTHS.clamp(max=1).float())


@every_root
@with_and_without_forbidden
@ranges_of_covariances
def test_covariances_are_those_of_the_reference(
    scale: float, dtype: torch.dtype, single_root: bool, forbidden: bool
) -> None:
    structure = tree(scale, dtype, single_root=single_root, forbidden=forbidden)
    assert_covariances_agree(structure, relative=max(1.0, scale))


@every_root
def test_derivatives_of_all_orders_are_those_of_finite_differences(single_root: bool) -> None:
    lengths = torch.tensor([4, 0, 1, 2])
    arcs = torch.randn(4, 5, 5, 2, dtype=torch.float64, requires_grad=True)

    def answers(inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        structure = ProjectiveTree(arcs=inputs, single_root=single_root, lengths=lengths)
        return structure.log_partition(), structure.entropy(), structure.marginals()["arcs"]

    assert torch.autograd.gradcheck(answers, [arcs], fast_mode=True)
    assert torch.autograd.gradgradcheck(answers, [arcs], fast_mode=True)


def test_a_sentence_without_any_tree_has_finite_answers() -> None:
    arcs = torch.full((1, 5, 5), FORBIDDEN, requires_grad=True)
    structure = ProjectiveTree(arcs=arcs, lengths=torch.tensor([4]))
    structure.entropy().sum().backward()
    assert structure.log_partition().isfinite().all()
    assert arcs.grad.isfinite().all()
    assert structure.argmax()["arcs"].sum() == 4


def test_not_a_number_stays_that() -> None:
    arcs = torch.zeros(2, 4, 4)
    arcs[0, 1, 2] = torch.nan
    structure = ProjectiveTree(arcs=arcs, lengths=torch.tensor([3, 3]))
    assert structure.log_partition().isnan().tolist() == [True, False]
    assert structure.argmax()["arcs"].flatten(1).sum(1).tolist() == [3, 3]

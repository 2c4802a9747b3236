"""The fused kernels of constituency trees answer as the plain programme does."""

from functools import partial

import pytest
import torch

from structdistill.structures import FORBIDDEN, ConstituencyTree
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
from tests.structures.kernels.examples import constituency_trees

LENGTHS = torch.tensor([9, 0, 1, 2, 3, 16, 25])

tree = partial(constituency_trees, lengths=LENGTHS, labels=5)


@every_range
@every_precision
@pytest.mark.parametrize("labels", [1, 5])
@with_and_without_forbidden
def test_log_partition_and_marginals_are_the_reference(
    scale: float, dtype: torch.dtype, labels: int, forbidden: bool
) -> None:
    structure = tree(scale, dtype, labels=labels, forbidden=forbidden)
    assert_computed_by_a_kernel(structure)
    assert_expectations_agree(structure)


@every_range
@with_and_without_forbidden
def test_best_trees_have_the_score_of_the_best_by_the_reference(
    scale: float, forbidden: bool
) -> None:
    assert_best_agree(tree(scale, torch.float32, forbidden=forbidden))


@with_and_without_forbidden
@ranges_of_covariances
def test_covariances_are_those_of_the_reference(
    scale: float, dtype: torch.dtype, forbidden: bool
) -> None:
    assert_covariances_agree(tree(scale, dtype, forbidden=forbidden), relative=max(1.0, scale))


def test_derivatives_of_all_orders_are_those_of_finite_differences() -> None:
    lengths = torch.tensor([4, 0, 1, 2])
    spans = torch.randn(4, 5, 5, 2, dtype=torch.float64, requires_grad=True)

    def answers(inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        structure = ConstituencyTree(spans=inputs, lengths=lengths)
        return structure.log_partition(), structure.entropy(), structure.marginals()["spans"]

    assert torch.autograd.gradcheck(answers, [spans], fast_mode=True)
    assert torch.autograd.gradgradcheck(answers, [spans], fast_mode=True)


def test_a_sentence_without_any_tree_has_finite_answers() -> None:
    spans = torch.full((1, 5, 5, 2), FORBIDDEN, requires_grad=True)
    structure = ConstituencyTree(spans=spans, lengths=torch.tensor([4]))
    structure.entropy().sum().backward()
    assert structure.log_partition().isfinite().all()
    assert spans.grad.isfinite().all()
    assert structure.argmax()["spans"].sum() == 7


def test_not_a_number_stays_that() -> None:
    spans = torch.zeros(2, 4, 4, 1)
    spans[0, 0, 2] = torch.nan
    structure = ConstituencyTree(spans=spans, lengths=torch.tensor([3, 3]))
    assert structure.log_partition().isnan().tolist() == [True, False]
    assert structure.argmax()["spans"].flatten(1).sum(1).tolist() == [5, 5]

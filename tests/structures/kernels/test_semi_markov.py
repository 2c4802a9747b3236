"""The fused kernels of segmentations answer as the plain programme does."""

from functools import partial

import pytest
import torch
from torch import Tensor

from structdistill.structures import FORBIDDEN, SemiMarkov
from tests.structures.kernels import examples
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

LENGTHS = torch.tensor([9, 0, 1, 2, 3, 16, 30])

segmentations = partial(examples.segmentations, lengths=LENGTHS, labels=5, widths=4)


@every_range
@every_precision
@pytest.mark.parametrize("shared", [True, False])
@with_and_without_forbidden
def test_log_partition_and_marginals_are_the_reference(
    scale: float, dtype: torch.dtype, shared: bool, forbidden: bool
) -> None:
    structure = segmentations(scale, dtype, shared=shared, forbidden=forbidden)
    assert_computed_by_a_kernel(structure)
    assert_expectations_agree(structure)


@every_range
@with_and_without_forbidden
def test_best_segmentations_have_the_score_of_the_best_by_the_reference(
    scale: float, forbidden: bool
) -> None:
    structure = segmentations(scale, torch.float32, forbidden=forbidden)
    assert_best_agree(structure)
    covered = structure.argmax()["segments"].sum(3) @ torch.arange(1.0, 5)
    assert torch.equal(covered.sum(1), LENGTHS.float())


@with_and_without_forbidden
@ranges_of_covariances
def test_covariances_are_those_of_the_reference(
    scale: float, dtype: torch.dtype, forbidden: bool
) -> None:
    structure = segmentations(scale, dtype, forbidden=forbidden)
    assert_covariances_agree(structure, relative=max(1.0, scale))


@pytest.mark.parametrize("shared", [True, False])
def test_derivatives_of_all_orders_are_those_of_finite_differences(shared: bool) -> None:
    lengths = torch.tensor([4, 0, 1, 2])
    segments = torch.randn(4, 4, 3, 2, dtype=torch.float64, requires_grad=True)
    transitions = torch.randn(*([] if shared else [4]), 2, 2, dtype=torch.float64)

    def answers(*inputs: Tensor) -> tuple[Tensor, ...]:
        structure = SemiMarkov(segments=inputs[0], transitions=inputs[1], lengths=lengths)
        return structure.log_partition(), structure.entropy(), *structure.marginals().values()

    leaves = [segments, transitions.requires_grad_()]
    assert torch.autograd.gradcheck(answers, leaves, fast_mode=True)
    assert torch.autograd.gradgradcheck(answers, leaves, fast_mode=True)


def test_segments_may_be_wider_than_the_sentences() -> None:
    assert_expectations_agree(segmentations(1.0, torch.float64, widths=40))


def test_many_words_stay_in_range() -> None:
    segments = 3 * torch.randn(1, 2000, 2, 3, dtype=torch.float64) - 5
    structure = SemiMarkov(
        segments=segments, transitions=torch.randn(3, 3).double(), lengths=torch.tensor([2000])
    )
    covered = structure.marginals()["segments"].sum(3) @ torch.tensor([1.0, 2.0]).double()
    torch.testing.assert_close(covered.sum(), torch.tensor(2000.0).double())


def test_a_sentence_without_any_segmentation_has_finite_answers() -> None:
    segments = torch.full((1, 3, 2, 2), FORBIDDEN, requires_grad=True)
    structure = SemiMarkov(
        segments=segments, transitions=torch.zeros(2, 2), lengths=torch.tensor([3])
    )
    structure.entropy().sum().backward()
    assert structure.log_partition().isfinite().all()
    assert segments.grad.isfinite().all()


def test_not_a_number_stays_that() -> None:
    segments = torch.zeros(2, 3, 2, 2)
    segments[0, 1, 0, 1] = torch.nan
    structure = SemiMarkov(
        segments=segments, transitions=torch.zeros(2, 2), lengths=torch.tensor([3, 3])
    )
    assert structure.log_partition().isnan().tolist() == [True, False]


def test_transitions_of_each_position_are_left_to_the_reference() -> None:
    structure = SemiMarkov(
        segments=torch.zeros(1, 3, 2, 2),
        transitions=torch.zeros(1, 2, 2, 2),
        lengths=torch.tensor([3]),
    )
    assert_computed_by_a_kernel(structure, is_so=False)

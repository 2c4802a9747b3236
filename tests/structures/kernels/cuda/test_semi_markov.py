"""Segmentations on CUDA devices."""

from functools import partial

import pytest
import torch

from structdistill.structures import FORBIDDEN
from tests.structures.kernels import examples
from tests.structures.kernels.cuda.agreement import (
    LENGTHS,
    SMALL_TILE,
    assert_computed_alike,
    assert_finite_without_any_structure,
    ranges,
)

segmentations = partial(examples.segmentations, lengths=LENGTHS, labels=2, widths=3)


@ranges
def test_all_is_as_by_the_plain_programme(
    scale: float, dtype: torch.dtype, forbidden: bool
) -> None:
    shared = dtype == torch.float64
    assert_computed_alike(segmentations(scale, dtype, shared=shared, forbidden=forbidden))


def test_segments_wider_than_the_sentences_and_than_a_tile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("structdistill.structures.kernels.cuda.compiling._TILE", SMALL_TILE)
    assert_computed_alike(segmentations(1.0, torch.float64, widths=9))


def test_without_any_segmentation_answers_are_finite() -> None:
    structure = segmentations(1.0, torch.float32)
    structure.potentials["segments"].fill_(FORBIDDEN)
    assert_finite_without_any_structure(structure)


@pytest.mark.filterwarnings("ignore:All-NaN")  # as Triton's interpreter does not expect it
def test_not_a_number_stays_that() -> None:
    structure = segmentations(1.0, torch.float32)
    structure.potentials["segments"][0, 1, 0, 1] = torch.nan
    assert structure.log_partition().isnan().tolist() == [True, False, False, False]
    covered = structure.argmax()["segments"].sum(3) @ torch.arange(1.0, 4)
    assert torch.equal(covered.sum(1).cpu(), LENGTHS.float().cpu())

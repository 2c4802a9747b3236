"""Segmentations on CUDA devices."""

import pytest
import torch

from structdistill.structures import FORBIDDEN, SemiMarkov
from tests.structures.kernels.agreement import forbid, scores
from tests.structures.kernels.cuda.agreement import (
    LENGTHS,
    SMALL_TILE,
    assert_computed_alike,
    assert_finite_without_any_structure,
    ranges,
)


def segmentations(
    scale: float,
    dtype: torch.dtype,
    *,
    shared: bool = True,
    forbidden: bool = False,
    widths: int = 3,
) -> SemiMarkov:
    """Random ones. Where parts are forbidden, the first label for each word remains."""
    sentences, labels = len(LENGTHS), 2
    segments = scores(scale, dtype, sentences, int(LENGTHS.max()), widths, labels)
    transitions = scores(scale, dtype, *([] if shared else [sentences]), labels, labels)
    if forbidden:
        kept, pair = torch.zeros_like(segments), torch.zeros_like(transitions)
        kept[:, :, 0, 0] = pair[..., 0, 0] = 1
        segments = forbid(segments, share=0.4, except_for=kept)
        transitions = forbid(transitions, share=0.4, except_for=pair)
    return SemiMarkov(segments=segments, transitions=transitions, lengths=LENGTHS)


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

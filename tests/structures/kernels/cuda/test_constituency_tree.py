"""Constituency trees on CUDA devices."""

import pytest
import torch

from structdistill.structures import FORBIDDEN, ConstituencyTree
from tests.structures.kernels.agreement import forbid, scores
from tests.structures.kernels.cuda.agreement import (
    LENGTHS,
    SMALL_TILE,
    assert_computed_alike,
    assert_finite_without_any_structure,
    ranges,
)


def tree(
    scale: float, dtype: torch.dtype, *, labels: int = 2, forbidden: bool = False
) -> ConstituencyTree:
    """Random ones. Where parts are forbidden, the words remain, and the spans from the first."""
    size = int(LENGTHS.max()) + 1
    spans = scores(scale, dtype, len(LENGTHS), size, size, labels)
    if forbidden:
        kept = torch.zeros_like(spans)
        word = torch.arange(size - 1)
        kept[:, 0, :, 0] = kept[:, word, word + 1, 0] = 1
        spans = forbid(spans, share=0.6, except_for=kept)
    return ConstituencyTree(spans=spans, lengths=LENGTHS)


@ranges
def test_all_is_as_by_the_plain_programme(
    scale: float, dtype: torch.dtype, forbidden: bool
) -> None:
    assert_computed_alike(tree(scale, dtype, forbidden=forbidden))


def test_more_spans_than_a_tile_has_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("structdistill.structures.kernels.cuda.compiling._TILE", 2 * SMALL_TILE)
    assert_computed_alike(tree(1.0, torch.float64, labels=1))


def test_without_any_tree_answers_are_finite() -> None:
    structure = tree(1.0, torch.float32)
    structure.potentials["spans"].fill_(FORBIDDEN)
    assert_finite_without_any_structure(structure)


@pytest.mark.filterwarnings("ignore:All-NaN")  # as Triton's interpreter does not expect it
def test_not_a_number_stays_that() -> None:
    structure = tree(1.0, torch.float32)
    structure.potentials["spans"][0, 0, 2] = torch.nan
    assert structure.log_partition().isnan().tolist() == [True, False, False, False]
    found = structure.argmax()["spans"].flatten(1).sum(1)
    assert found.tolist() == (2 * LENGTHS - 1).clamp(min=0).tolist()

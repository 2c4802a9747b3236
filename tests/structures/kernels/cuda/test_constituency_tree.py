"""Constituency trees on CUDA devices."""

from functools import partial

import pytest
import torch

from structdistill.structures import FORBIDDEN
from tests.structures.kernels.cuda.agreement import (
    LENGTHS,
    SMALL_TILE,
    assert_computed_alike,
    assert_finite_without_any_structure,
    ranges,
)
from tests.structures.kernels.examples import constituency_trees

tree = partial(constituency_trees, lengths=LENGTHS, labels=2)


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

"""Chains on CUDA devices."""

import pytest
import torch

from structdistill.structures import FORBIDDEN, LinearChain
from tests.structures.kernels.agreement import forbid, scores
from tests.structures.kernels.cuda.agreement import (
    LENGTHS,
    SMALL_TILE,
    assert_computed_alike,
    assert_finite_without_any_structure,
    ranges,
)


def chain(
    scale: float,
    dtype: torch.dtype,
    *,
    shared: bool = True,
    forbidden: bool = False,
    tags: int = 3,
) -> LinearChain:
    """Random ones. Where parts are forbidden, the first tag remains."""
    sentences, first = len(LENGTHS), int(LENGTHS.max())
    own = () if shared else (sentences,)
    tensors = [
        scores(scale, dtype, *shape)
        for shape in ((sentences, first, tags), (*own, tags, tags), (*own, tags), (*own, tags))
    ]
    if forbidden:
        for i, tensor in enumerate(tensors):
            kept = torch.zeros_like(tensor)
            kept[..., 0] = 1
            tensors[i] = forbid(tensor, share=0.3, except_for=kept)
    return LinearChain(**dict(zip(LinearChain.axes, tensors, strict=True)), lengths=LENGTHS)


@ranges
def test_all_is_as_by_the_plain_programme(
    scale: float, dtype: torch.dtype, forbidden: bool
) -> None:
    shared = dtype == torch.float32
    assert_computed_alike(chain(scale, dtype, shared=shared, forbidden=forbidden))


def test_more_tags_than_a_tile_has_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("structdistill.structures.kernels.cuda.compiling._TILE", SMALL_TILE)
    assert_computed_alike(chain(1.0, torch.float64, tags=5))


def test_without_any_tags_that_are_allowed_answers_are_finite() -> None:
    structure = chain(1.0, torch.float32)
    structure.potentials["emissions"].fill_(FORBIDDEN)
    assert_finite_without_any_structure(structure)


@pytest.mark.filterwarnings("ignore:All-NaN")  # as Triton's interpreter does not expect it
def test_not_a_number_stays_that() -> None:
    structure = chain(1.0, torch.float32)
    structure.potentials["emissions"][0, 1, 1] = torch.nan
    assert structure.log_partition().isnan().tolist() == [True, False, False, False]
    assert structure.argmax()["emissions"].sum((1, 2)).tolist() == LENGTHS.tolist()


def test_transitions_of_each_position_are_left_to_the_reference() -> None:
    structure = chain(1.0, torch.float32)
    transitions = structure.batched()["transitions"][:, None].expand(-1, 4, -1, -1)
    assert structure._like({**structure.potentials, "transitions": transitions})._problem is None

"""Trees with crossing arcs on CUDA devices."""

from functools import partial

import pytest
import torch

from structdistill.structures import FORBIDDEN, NonProjectiveTree
from tests.structures.kernels.cuda.agreement import (
    LENGTHS,
    SMALL_TILE,
    assert_computed_alike,
    assert_finite_without_any_structure,
    ranges,
)
from tests.structures.kernels.examples import dependency_trees

tree = partial(dependency_trees, NonProjectiveTree, lengths=LENGTHS, relations=(2,))


@ranges
def test_all_is_as_by_the_plain_programme(
    scale: float, dtype: torch.dtype, forbidden: bool
) -> None:
    structure = tree(
        scale,
        dtype,
        single_root=forbidden,
        relations=() if dtype == torch.float64 else (2,),
        forbidden=forbidden,
    )
    assert_computed_alike(structure)


@pytest.mark.parametrize("single_root", [True, False])
def test_more_arcs_than_a_tile_has_rows(single_root: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("structdistill.structures.kernels.cuda.compiling._TILE", 2 * SMALL_TILE)
    assert_computed_alike(tree(1.0, torch.float64, single_root=single_root, forbidden=single_root))


@pytest.mark.parametrize("single_root", [True, False])
def test_a_single_way_through_a_tree_that_hangs_on_another_word_than_the_first(
    single_root: bool,
) -> None:
    arcs = torch.full((1, 4, 4), FORBIDDEN)
    arcs[0, 0, 2], arcs[0, 2, 1], arcs[0, 1, 3] = 1.0, 2.0, 3.0
    structure = NonProjectiveTree(arcs=arcs, single_root=single_root, lengths=torch.tensor([3]))
    assert structure.log_partition().tolist() == [6.0]
    assert torch.equal(structure.marginals()["arcs"], (arcs > 0).float())


def test_without_any_tree_answers_are_finite() -> None:
    structure = tree(1.0, torch.float32)
    structure.potentials["arcs"].fill_(FORBIDDEN)
    assert_finite_without_any_structure(structure)


@pytest.mark.filterwarnings("ignore:All-NaN")  # as Triton's interpreter does not expect it
def test_not_a_number_stays_that() -> None:
    structure = tree(1.0, torch.float32)
    structure.potentials["arcs"][0, 1, 2] = torch.nan
    assert structure.log_partition().isnan().tolist() == [True, False, False, False]
    assert structure.argmax()["arcs"].flatten(1).sum(1).tolist() == LENGTHS.tolist()

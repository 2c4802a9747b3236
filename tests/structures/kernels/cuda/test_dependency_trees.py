"""Dependency trees on CUDA devices, whether or not their arcs may cross."""

import pytest
import torch

from structdistill.structures import FORBIDDEN, NonProjectiveTree, ProjectiveTree
from structdistill.structures.dependency_tree import DependencyTree
from tests.structures.kernels.cuda.agreement import (
    LENGTHS,
    SMALL_TILE,
    assert_computed_alike,
    assert_finite_without_any_structure,
    ranges,
)
from tests.structures.kernels.examples import dependency_trees

both = pytest.mark.parametrize("family", [ProjectiveTree, NonProjectiveTree])
every_root = pytest.mark.parametrize("single_root", [True, False])


def trees(
    family: type[DependencyTree],
    scale: float = 1.0,
    dtype: torch.dtype = torch.float32,
    *,
    single_root: bool = True,
    forbidden: bool = False,
) -> DependencyTree:
    """Random ones, with relations in float32."""
    return dependency_trees(
        family,
        scale,
        dtype,
        lengths=LENGTHS,
        relations=() if dtype == torch.float64 else (2,),
        single_root=single_root,
        forbidden=forbidden,
    )


@both
@ranges
def test_all_is_as_by_the_plain_programme(
    family: type, scale: float, dtype: torch.dtype, forbidden: bool
) -> None:
    assert_computed_alike(trees(family, scale, dtype, single_root=forbidden, forbidden=forbidden))


@both
@every_root
def test_more_arcs_than_a_tile_has_rows(
    family: type, single_root: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("structdistill.structures.kernels.cuda.compiling._TILE", 2 * SMALL_TILE)
    assert_computed_alike(trees(family, single_root=single_root, forbidden=single_root))


@every_root
def test_a_single_way_through_a_tree_that_hangs_on_another_word_than_the_first(
    single_root: bool,
) -> None:
    arcs = torch.full((1, 4, 4), FORBIDDEN, dtype=torch.float64)
    arcs[0, 0, 2], arcs[0, 2, 1], arcs[0, 1, 3] = 1.1, 2.2, 3.3
    tree = NonProjectiveTree(arcs=arcs, single_root=single_root, lengths=torch.tensor([3]))
    # No digit is lost to FORBIDDEN.
    assert tree.log_partition().tolist() == pytest.approx([6.6], rel=1e-14)
    assert torch.equal(tree.marginals()["arcs"], (arcs > 0).double())


@both
def test_without_any_tree_answers_are_finite(family: type) -> None:
    structure = trees(family)
    structure.potentials["arcs"].fill_(FORBIDDEN)
    assert_finite_without_any_structure(structure)


@both
@pytest.mark.filterwarnings("ignore:All-NaN")  # as Triton's interpreter does not expect it
def test_not_a_number_stays_that(family: type) -> None:
    structure = trees(family)
    structure.potentials["arcs"][0, 1, 2] = torch.nan
    assert structure.log_partition().isnan().tolist() == [True, False, False, False]
    assert structure.argmax()["arcs"].flatten(1).sum(1).tolist() == LENGTHS.tolist()

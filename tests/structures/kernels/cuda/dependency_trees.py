"""What kernels of dependency trees on CUDA devices are tested for, with crossing arcs or not."""

from typing import ClassVar

import pytest
import torch

from structdistill.structures import FORBIDDEN
from structdistill.structures.dependency_tree import DependencyTree
from tests.structures.kernels import examples
from tests.structures.kernels.cuda.agreement import (
    LENGTHS,
    SMALL_TILE,
    assert_computed_alike,
    assert_finite_without_any_structure,
    ranges,
)


class DependencyTrees:
    """Tests of a family."""

    family: ClassVar[type[DependencyTree]]

    @ranges
    def test_all_is_as_by_the_plain_programme(
        self, scale: float, dtype: torch.dtype, forbidden: bool
    ) -> None:
        assert_computed_alike(self.trees(scale, dtype, single_root=forbidden, forbidden=forbidden))

    @pytest.mark.parametrize("single_root", [True, False])
    def test_more_arcs_than_a_tile_has_rows(
        self, single_root: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("structdistill.structures.kernels.cuda.compiling._TILE", 2 * SMALL_TILE)
        assert_computed_alike(
            self.trees(dtype=torch.float64, single_root=single_root, forbidden=single_root)
        )

    def test_without_any_tree_answers_are_finite(self) -> None:
        structure = self.trees()
        structure.potentials["arcs"].fill_(FORBIDDEN)
        assert_finite_without_any_structure(structure)

    @pytest.mark.filterwarnings("ignore:All-NaN")  # as Triton's interpreter does not expect it
    def test_not_a_number_stays_that(self) -> None:
        structure = self.trees()
        structure.potentials["arcs"][0, 1, 2] = torch.nan
        assert structure.log_partition().isnan().tolist() == [True, False, False, False]
        assert structure.argmax()["arcs"].flatten(1).sum(1).tolist() == LENGTHS.tolist()

    def trees(
        self,
        scale: float = 1.0,
        dtype: torch.dtype = torch.float32,
        *,
        single_root: bool = True,
        forbidden: bool = False,
    ) -> DependencyTree:
        """Random ones, with relations in float32."""
        return examples.dependency_trees(
            self.family,
            scale,
            dtype,
            lengths=LENGTHS,
            relations=() if dtype == torch.float64 else (2,),
            single_root=single_root,
            forbidden=forbidden,
        )

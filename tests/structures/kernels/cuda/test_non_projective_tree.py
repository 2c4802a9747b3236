"""Trees with crossing arcs on CUDA devices."""

import pytest
import torch

from structdistill.structures import FORBIDDEN, NonProjectiveTree
from tests.structures.kernels.cuda.dependency_trees import DependencyTrees


class TestNonProjectiveTrees(DependencyTrees):
    family = NonProjectiveTree


@pytest.mark.parametrize("single_root", [True, False])
def test_a_single_way_through_a_tree_that_hangs_on_another_word_than_the_first(
    single_root: bool,
) -> None:
    arcs = torch.full((1, 4, 4), FORBIDDEN, dtype=torch.float64)
    arcs[0, 0, 2], arcs[0, 2, 1], arcs[0, 1, 3] = 1.1, 2.2, 3.3
    tree = NonProjectiveTree(arcs=arcs, single_root=single_root, lengths=torch.tensor([3]))
    # No digit is lost to FORBIDDEN.
    assert tree.log_partition().tolist() == pytest.approx([6.6], rel=1e-14)
    assert torch.equal(tree.marginals()["arcs"], (arcs > 0).double())

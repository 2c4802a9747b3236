"""All kernels offer the same."""

from importlib import import_module

import pytest
import torch

from structdistill.structures import (
    ConstituencyTree,
    LinearChain,
    NonProjectiveTree,
    ProjectiveTree,
    SemiMarkov,
    kernels,
)

DIMENSIONS = {
    LinearChain: (3, 3, 2, 2),
    SemiMarkov: (4, 3),
    ProjectiveTree: (3,),
    NonProjectiveTree: (4,),
    ConstituencyTree: (4,),
}


@pytest.mark.parametrize("family", DIMENSIONS)
def test_on_processors(family: type) -> None:
    kernel = kernels.choose(family, DIMENSIONS[family], "cpu", torch.float32)
    assert isinstance(kernel, kernels.Kernel)


@pytest.mark.parametrize("family", DIMENSIONS)
def test_on_cuda_devices(family: type) -> None:
    pytest.importorskip("triton")
    name = family.__module__.rpartition(".")[2]
    module = import_module(f"structdistill.structures.kernels.cuda.{name}")
    assert isinstance(module, kernels.Kernel)

"""Kernels for CUDA devices run in these tests: on one where there is one, else interpreted."""

from collections.abc import Iterator

import pytest
import torch

from structdistill.structures import kernels


@pytest.fixture(autouse=True)
def on_cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tensors are made on the device, or those of the CPU are taken to be there."""
    pytest.importorskip("triton")
    if torch.cuda.is_available():
        with torch.device("cuda"):
            yield
        return
    choose = kernels.choose

    def as_on_cuda(structure: type, dimensions: tuple[int, ...], _: str, dtype: torch.dtype):
        return choose(structure, dimensions, "cuda", dtype)

    monkeypatch.setattr(kernels, "choose", as_on_cuda)
    yield

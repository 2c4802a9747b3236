"""Kernels answer as the plain programme does in float64."""

import pytest
import torch
from torch import Tensor

from structdistill.structures import FORBIDDEN
from structdistill.structures.inside import Inside

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}
RANGES = {"normal": 1.0, "wide": 20.0, "wider": 200.0, "extreme": 1e4}
every_range = pytest.mark.parametrize("scale", RANGES.values(), ids=RANGES)
every_precision = pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
with_and_without_forbidden = pytest.mark.parametrize("forbidden", [False, True])
ranges_of_covariances = pytest.mark.parametrize(
    ("scale", "dtype"),
    [(1.0, torch.float32), (1.0, torch.float64), (20.0, torch.float32), (500.0, torch.float64)],
)


def scores(scale: float, dtype: torch.dtype, *shape: int) -> Tensor:
    """Random ones, rounded so that float32 holds them."""
    return (scale * torch.randn(shape)).to(dtype)


def forbid(tensor: Tensor, *, share: float, except_for: Tensor) -> Tensor:
    """Some of the parts forbidden, none that are in a structure that shall remain."""
    return tensor.masked_fill((torch.rand(tensor.shape) < share) & (except_for == 0), FORBIDDEN)


def assert_expectations_agree(structure: Inside) -> None:
    """log Z and marginals."""
    tolerance = TOLERANCE[structure.dtype]
    exact, leaves = _exact(structure)
    log_z = exact._reference(*leaves)
    marginals = torch.autograd.grad(log_z.sum(), leaves)
    ours = structure.log_partition().double()
    torch.testing.assert_close(ours, log_z.detach(), rtol=tolerance, atol=10 * tolerance)
    for part, wanted in zip(structure.marginals().values(), marginals, strict=True):
        torch.testing.assert_close(part.double(), wanted, rtol=10 * tolerance, atol=tolerance)


def assert_covariances_agree(structure: Inside, *, relative: float = 1.0) -> None:
    """Those of all parts with the sum of random values.

    Args:
        relative: how much less exact they may be than expectations.
    """
    tolerance = TOLERANCE[structure.dtype] * relative
    exact, leaves = _exact(structure)
    values = [torch.randn(leaf.shape).to(structure.dtype) for leaf in leaves]
    own = [x.detach().requires_grad_() for x in structure.batched().values()]
    log_z = structure._like(dict(zip(structure.axes, own, strict=True))).log_partition()
    for part, wanted in zip(
        _covariances(log_z, own, values),
        _covariances(exact._reference(*leaves), leaves, [v.double() for v in values]),
        strict=True,
    ):
        torch.testing.assert_close(part.double(), wanted, rtol=10 * tolerance, atol=10 * tolerance)


def assert_best_agree(structure: Inside) -> None:
    """The best structure's score; and it is one, or else its probability could exceed 1."""
    exact = structure._like({n: x.double() for n, x in structure.potentials.items()})
    best = structure.argmax()
    value = exact._inside(exact.batched(), lambda values, dim: values.amax(dim))
    score = exact.score({name: part.double() for name, part in best.items()})
    torch.testing.assert_close(score, value)
    sizes = exact.sample(1, generator=torch.Generator().manual_seed(0))[structure.decisive][0]
    found = best[structure.decisive]
    assert found.flatten(1).max() == 1
    if structure.decisive != "segments":  # all trees of a sentence have as many parts
        assert torch.equal(found.flatten(1).sum(1).double(), sizes.flatten(1).sum(1))


def assert_computed_by_a_kernel(structure: Inside, *, is_so: bool = True) -> None:
    """Whether there is one for these potentials."""
    assert (structure._problem is not None) is is_so


def _exact(structure: Inside) -> tuple[Inside, list[Tensor]]:
    exact = structure._like({n: x.detach().double() for n, x in structure.potentials.items()})
    return exact, [x.detach().clone().requires_grad_() for x in exact.batched().values()]


def _covariances(log_z: Tensor, leaves: list[Tensor], values: list[Tensor]) -> tuple[Tensor, ...]:
    marginals = torch.autograd.grad(log_z.sum(), leaves, create_graph=True)
    return torch.autograd.grad(marginals, leaves, values)

"""Kernels for CUDA devices answer as the plain programme does in float64."""

import pytest
import torch

from structdistill.structures.inside import Inside
from tests.structures.kernels.agreement import TOLERANCE

# Few and small, because the interpreter takes a second for each.
LENGTHS = torch.tensor([5, 0, 1, 2])
SMALL_TILE = 8
ranges = pytest.mark.parametrize(
    ("scale", "dtype", "forbidden"),
    [
        (1.0, torch.float32, False),
        (1.0, torch.float64, True),
        (20.0, torch.float32, True),
        (200.0, torch.float64, False),
        (1e4, torch.float32, True),
    ],
)


def assert_computed_alike(structure: Inside) -> None:
    """log Z, marginals, their covariances with random values, and the best structures."""
    dtype, tensors = structure.dtype, tuple(structure.batched().values())
    kernel = structure._problem.kernel
    assert kernel.__name__.startswith("structdistill.structures.kernels.cuda.")
    exact = structure._like({n: x.double() for n, x in structure.potentials.items()})
    values = [torch.randn(x.shape).to(dtype) for x in tensors]

    log_z, marginals, covariances = _derivatives(structure, _log_partition_of(structure), values)
    wanted = _derivatives(exact, lambda at: exact._reference(*at.values()), values)
    tolerance = TOLERANCE[dtype]
    torch.testing.assert_close(log_z.double(), wanted[0], rtol=tolerance, atol=10 * tolerance)
    for part, expected in zip(marginals, wanted[1], strict=True):
        assert part.dtype == dtype
        assert (part[expected == 0] == 0).all()  # what is forbidden, and padding
        torch.testing.assert_close(part.double(), expected, rtol=10 * tolerance, atol=tolerance)
    for part, expected in zip(covariances, wanted[2], strict=True):
        torch.testing.assert_close(
            part.double(), expected, rtol=10 * tolerance, atol=10 * tolerance
        )
    for part, expected in zip(
        structure.argmax().values(), exact._reference_argmax().values(), strict=True
    ):
        assert torch.equal(part.double(), expected)


def assert_finite_without_any_structure(structure: Inside) -> None:
    """Where all is forbidden, results have no meaning, but do not spoil what they are added to."""
    log_z, *derivatives = _derivatives(
        structure, _log_partition_of(structure), [torch.ones_like(x) for x in _leaves(structure)]
    )
    assert log_z.isfinite().all()
    assert all(part.isfinite().all() for parts in derivatives for part in parts)


def _log_partition_of(structure: Inside):
    return lambda potentials: structure._like(potentials).log_partition()


def _derivatives(structure, log_partition, values):
    leaves = _leaves(structure)
    log_z = log_partition(dict(zip(structure.axes, leaves, strict=True)))
    marginals = torch.autograd.grad(log_z.sum(), leaves, create_graph=True)
    covariances = torch.autograd.grad(
        marginals, leaves, [v.to(structure.dtype) for v in values], allow_unused=True
    )
    return log_z.detach(), [m.detach() for m in marginals], covariances


def _leaves(structure: Inside) -> list[torch.Tensor]:
    return [x.detach().requires_grad_() for x in structure.batched().values()]

"""The fused kernels of chains answer as the plain programme does."""

from functools import partial

import pytest
import torch
from torch import Tensor

from structdistill.structures import FORBIDDEN, LinearChain, kernels
from structdistill.structures.base import Structure
from tests.structures.kernels.agreement import (
    TOLERANCE,
    assert_best_agree,
    assert_computed_by_a_kernel,
    assert_covariances_agree,
    assert_expectations_agree,
    every_precision,
    every_range,
    ranges_of_covariances,
    with_and_without_forbidden,
)

LENGTHS = (9, 0, 1, 2, 30, 12)


def potentials(
    scale: float, dtype: torch.dtype, *, shared: bool = True, forbidden: bool = False, tags: int = 7
) -> tuple[Tensor, ...]:
    """Random ones, rounded so that float32 holds them, all with a batch axis."""
    sentences, words = len(LENGTHS), max(LENGTHS)
    own = 1 if shared else sentences
    tensors = [
        scale * torch.randn(shape).to(dtype)
        for shape in ((sentences, words, tags), (own, tags, tags), (own, tags), (own, tags))
    ]
    if forbidden:
        tensors = [x.masked_fill(torch.rand(x.shape) < 0.2, FORBIDDEN) for x in tensors]
        tensors[0][:, :, 0] = tensors[1][:, 0, 0] = tensors[2][:, 0] = tensors[3][:, 0] = 0
    return tuple(x if len(x) == sentences else x.expand(sentences, *x.shape[1:]) for x in tensors)


def chain(tensors: tuple[Tensor, ...]) -> LinearChain:
    return LinearChain(
        **dict(zip(LinearChain.axes, tensors, strict=True)), lengths=torch.tensor(LENGTHS)
    )


def reference(tensors: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
    """log Z and marginals by the plain programme in float64."""
    structure = chain(tuple(x.detach().double() for x in tensors))
    leaves = tuple(x.detach().clone().requires_grad_() for x in structure.batched().values())
    log_z = structure._reference(*leaves)
    return log_z.detach(), torch.autograd.grad(log_z.sum(), leaves)


@every_range
@every_precision
@pytest.mark.parametrize("shared", [True, False])
@with_and_without_forbidden
def test_log_partition_and_marginals_are_the_reference(
    scale: float, dtype: torch.dtype, shared: bool, forbidden: bool
) -> None:
    tensors = potentials(scale, dtype, shared=shared, forbidden=forbidden)
    structure = chain(tensors)
    log_z, marginals = reference(tensors)
    tolerance = TOLERANCE[dtype]
    torch.testing.assert_close(
        structure.log_partition().double(), log_z, rtol=tolerance, atol=10 * tolerance
    )
    for ours, theirs in zip(structure.marginals().values(), marginals, strict=True):
        torch.testing.assert_close(ours.double(), theirs, rtol=10 * tolerance, atol=tolerance)


@pytest.mark.parametrize("tags", [1, 2, 5, 12])
def test_more_sentences_than_lanes_of_any_lengths(tags: int) -> None:
    lengths = torch.tensor([*range(20), *range(17)])
    shapes = ((len(lengths), 20, tags), (tags, tags), (tags,), (tags,))
    tensors = [torch.randn(shape, dtype=torch.float64) for shape in shapes]
    structure = LinearChain(**dict(zip(LinearChain.axes, tensors, strict=True)), lengths=lengths)
    assert_expectations_agree(structure)
    assert_covariances_agree(structure)
    assert_best_agree(structure)


@every_range
@every_precision
@pytest.mark.parametrize("shared", [True, False])
@with_and_without_forbidden
def test_divergences_and_their_gradients_are_those_of_the_plain_programme(
    scale: float, dtype: torch.dtype, shared: bool, forbidden: bool
) -> None:
    p = potentials(scale, dtype, shared=shared, forbidden=forbidden)
    q = potentials(scale, dtype, shared=shared)
    q = tuple(torch.where(x > FORBIDDEN / 2, y, FORBIDDEN) for x, y in zip(p, q, strict=True))
    leaves = [x[:1].clone() if shared and i else x for i, x in enumerate(q)]
    exact = [x.double().requires_grad_() for x in leaves]
    leaves = [x.requires_grad_() for x in leaves]

    def student(tensors: list[Tensor]) -> LinearChain:
        return chain(tuple(x.expand(len(LENGTHS), *x.shape[1:]) for x in tensors))

    found = chain(p).kl(student(leaves))
    gradients = torch.autograd.grad(found.sum(), leaves)
    expected = Structure._divergence(chain(tuple(x.double() for x in p)), student(exact))
    expected_gradients = torch.autograd.grad(expected.sum(), exact)
    tolerance = TOLERANCE[dtype]
    torch.testing.assert_close(found.double(), expected, rtol=10 * tolerance, atol=10 * tolerance)
    for ours, theirs in zip(gradients, expected_gradients, strict=True):
        torch.testing.assert_close(ours.double(), theirs, rtol=10 * tolerance, atol=10 * tolerance)


@every_range
@with_and_without_forbidden
def test_best_tags_have_the_score_of_the_best_by_the_reference(
    scale: float, forbidden: bool
) -> None:
    structure = chain(potentials(scale, torch.float64, forbidden=forbidden))
    best = structure.score(structure.argmax())
    leaves = {n: x.detach().clone() for n, x in structure.batched().items()}
    value = structure._inside(leaves, lambda values, dim: values.amax(dim))
    torch.testing.assert_close(best, value)


@with_and_without_forbidden
@ranges_of_covariances
def test_covariances_are_those_of_the_reference(
    scale: float, dtype: torch.dtype, forbidden: bool
) -> None:
    tensors = potentials(scale, dtype, forbidden=forbidden)
    values = tuple(torch.randn(x.shape).to(dtype) for x in tensors)
    values[0][torch.arange(max(LENGTHS)) >= torch.tensor(LENGTHS)[:, None]] = 0
    structure = chain(tensors)
    leaves = tuple(x.detach().requires_grad_() for x in structure.batched().values())
    ours = _covariances(
        lambda *x: structure._like(dict(zip(LinearChain.axes, x, strict=True))).log_partition(),
        leaves,
        values,
    )
    exact = chain(tuple(x.double() for x in tensors))
    leaves = tuple(x.detach().requires_grad_() for x in exact.batched().values())
    theirs = _covariances(exact._reference, leaves, tuple(v.double() for v in values))
    tolerance = TOLERANCE[dtype] * (1 if scale == 1 else 100)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a.double(), b, rtol=10 * tolerance, atol=10 * tolerance)


def _covariances(log_z, leaves, values):
    marginals = torch.autograd.grad(log_z(*leaves).sum(), leaves, create_graph=True)
    return torch.autograd.grad(marginals, leaves, values)


@pytest.mark.parametrize("scale", [1.0, 100.0])
@pytest.mark.parametrize("shared", [True, False])
def test_derivatives_of_all_orders_are_those_of_finite_differences(
    scale: float, shared: bool
) -> None:
    tensors = tuple(scale * x for x in potentials(1.0, torch.float64, shared=shared, tags=3))
    leaves = [x[:1].clone() if x.stride(0) == 0 else x.clone() for x in tensors]

    def answers(*inputs: Tensor) -> tuple[Tensor, ...]:
        expanded = tuple(x.expand(len(LENGTHS), *x.shape[1:]) / scale for x in inputs)
        structure = chain(tuple(scale * x for x in expanded))
        return structure.log_partition(), structure.entropy(), *structure.marginals().values()

    leaves = [x.requires_grad_() for x in leaves]
    assert torch.autograd.gradcheck(answers, leaves, fast_mode=True)
    if scale == 1:
        assert torch.autograd.gradgradcheck(answers, leaves, fast_mode=True)


def test_a_message_that_only_a_forbidden_transition_makes_important_is_not_lost() -> None:
    # Tag 1 is worse by 60 at each of two words, and the only one that the last word allows.
    emissions = torch.tensor([[[0.0, -60.0], [0.0, -60.0], [FORBIDDEN, 0.0]]])
    transitions = torch.tensor([[0.0, FORBIDDEN], [FORBIDDEN, 0.0]])
    structure = LinearChain(emissions=emissions, transitions=transitions, lengths=torch.tensor([3]))
    assert structure.log_partition().tolist() == [-120.0]
    assert structure.marginals()["emissions"][0].tolist() == [[0, 1], [0, 1], [0, 1]]


def test_not_a_number_stays_that() -> None:
    emissions = torch.zeros(2, 3, 2)
    emissions[0, 1, 1] = torch.nan
    structure = LinearChain(
        emissions=emissions, transitions=torch.zeros(2, 2), lengths=torch.tensor([3, 3])
    )
    assert structure.log_partition().isnan().tolist() == [True, False]


def test_transitions_of_each_position_are_left_to_the_reference() -> None:
    emissions, transitions = potentials(1.0, torch.float32)[:2]
    lengths = torch.tensor(LENGTHS)
    at_each = transitions[:, None].expand(-1, max(LENGTHS) - 1, -1, -1)
    for every, by_kernel in ((transitions, True), (at_each, False)):
        structure = LinearChain(emissions=emissions, transitions=every, lengths=lengths)
        assert_computed_by_a_kernel(structure, is_so=by_kernel)


def test_other_devices_and_precisions_are_left_to_the_reference() -> None:
    ask = partial(kernels.choose, LinearChain, (3, 3, 2, 2))
    assert ask("cpu", torch.float32) is not None
    assert ask("meta", torch.float32) is None
    assert ask("cpu", torch.float16) is None

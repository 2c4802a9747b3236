"""Local distributions compared by closed forms, against going through all alternatives."""

import dataclasses

import numpy as np
import pytest
import torch

from structdistill.structures import FORBIDDEN, Local
from tests.structures.families import array

PLACES = torch.tensor([[True, True, True], [True, False, False], [False, False, False]])
PAIRED = torch.tensor([[False, True, True], [False, False, False], [False, False, False]])


def random_local(*, pairs: int | None, forbidden: bool, scale: float = 1.0) -> Local:
    """Pairs at no place (None), shared by all (1) or for each (3)."""
    unary = scale * torch.randn(3, 3, 4, dtype=torch.float64)
    if forbidden:
        unary = unary.masked_fill(torch.rand(unary.shape) < 0.2, FORBIDDEN)
    if pairs is None:
        return Local(unary=unary, places=PLACES)
    matrices = scale * torch.randn(3, pairs, 4, 4, dtype=torch.float64)
    if forbidden:
        matrices = matrices.masked_fill(torch.rand(matrices.shape) < 0.2, FORBIDDEN)
    return Local(unary=unary, places=PLACES, pairs=matrices, paired=PAIRED)


def alternatives(local: Local, sentence: int, place: int) -> np.ndarray:
    """The potential of each alternative, -inf where it is forbidden."""
    values = array(local.unary[sentence, place])
    if local.pairs is not None and PAIRED[sentence, place]:
        pairs = array(local.pairs[sentence])
        values = values[None, :] + pairs[place if len(pairs) > 1 else 0]
    return np.where(values > FORBIDDEN / 2, values, -np.inf)


def mean_over_places(measure, ours: Local, theirs: Local) -> list[float]:
    means = []
    for sentence, places in enumerate(PLACES.tolist()):
        values = [
            measure(alternatives(ours, sentence, i), alternatives(theirs, sentence, i))
            for i, there in enumerate(places)
            if there
        ]
        means.append(float(np.mean(values)) if values else 0.0)
    return means


every_kind = pytest.mark.parametrize("forbidden", [False, True])
every_pairing = pytest.mark.parametrize(
    ("ours", "theirs"), [(None, None), (1, 1), (3, 3), (1, 3), (3, 1)]
)


@every_kind
@every_pairing
@pytest.mark.parametrize("centred", [False, True])
def test_squared_error(
    ours: int | None, theirs: int | None, forbidden: bool, centred: bool
) -> None:
    def explicit(p: np.ndarray, q: np.ndarray) -> float:
        both = np.isfinite(p) & np.isfinite(q)
        if not both.any():
            return 0.0
        difference = p[both] - q[both]
        return float(((difference - centred * difference.mean()) ** 2).mean())

    p = random_local(pairs=ours, forbidden=forbidden)
    q = random_local(pairs=theirs, forbidden=forbidden)
    expected = torch.tensor(mean_over_places(explicit, p, q), dtype=torch.float64)
    torch.testing.assert_close(p.squared_error(q, centred=centred), expected)


@every_kind
@every_pairing
def test_a_structure_may_say_what_changes_no_distribution(
    ours: int | None, theirs: int | None, forbidden: bool
) -> None:
    def place_means(difference: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        total = weights.sum(2)
        # All alternatives of a real place may be forbidden; then it weighs nothing.
        assert ((total - 1).abs() < 1e-9)[PLACES & (total > 0)].all()
        assert (total[~PLACES] == 0).all()
        return (weights * difference).sum(2, keepdim=True).expand_as(difference)

    p = random_local(pairs=ours, forbidden=forbidden)
    q = random_local(pairs=theirs, forbidden=forbidden)
    again = dataclasses.replace(p, invariance=place_means)
    for centred in (False, True):
        torch.testing.assert_close(
            again.squared_error(q, centred=centred), p.squared_error(q, centred=centred)
        )


@every_kind
@every_pairing
def test_kl(ours: int | None, theirs: int | None, forbidden: bool) -> None:
    def explicit(p: np.ndarray, q: np.ndarray) -> float:
        log_p, log_q = (x - np.logaddexp.reduce(x, axis=None) for x in (p, q))
        log_p, log_q = log_p[np.isfinite(log_p)], log_q[np.isfinite(log_p)]
        return float(np.exp(log_p) @ (log_p - log_q))

    p = random_local(pairs=ours, forbidden=forbidden)
    # Where q alone forbids, the divergence is not finite in the enumeration.
    q = random_local(pairs=theirs, forbidden=False)
    expected = torch.tensor(mean_over_places(explicit, p, q), dtype=torch.float64)
    torch.testing.assert_close(p.kl(q), expected)


def test_the_squared_error_of_a_constant_difference_is_exact_in_single_precision() -> None:
    # Pairs 1000 higher and tags 1000 lower: the same alternatives. Squares would cancel.
    local = random_local(pairs=1, forbidden=False)
    unary, pairs = local.unary.float().round(decimals=2), local.pairs.float().round(decimals=2)
    everywhere = Local(unary=unary, places=PAIRED, pairs=pairs, paired=PAIRED)
    moved = Local(unary=unary - 1000, places=PAIRED, pairs=pairs + 1000, paired=PAIRED)
    for centred in (False, True):
        error = everywhere.squared_error(moved, centred=centred)
        assert (error >= 0).all()
        torch.testing.assert_close(error, torch.zeros(3), rtol=0, atol=1e-7)


@every_kind
@every_pairing
def test_comparisons_are_zero_and_flat_at_equality(
    ours: int | None, theirs: int | None, forbidden: bool
) -> None:
    local = random_local(pairs=ours, forbidden=forbidden)
    unary = local.unary.clone().requires_grad_()
    same = Local(unary=unary, places=PLACES, pairs=local.pairs, paired=local.paired)
    for value in (
        same.squared_error(local, centred=True),
        same.squared_error(local, centred=False),
        local.kl(same),
    ):
        assert (value == 0).all()
        (gradient,) = torch.autograd.grad(value.sum(), unary)
        torch.testing.assert_close(gradient, torch.zeros_like(gradient))


def test_places_must_be_alike() -> None:
    local = Local(unary=torch.zeros(1, 2, 3), places=torch.ones(1, 2, dtype=torch.bool))
    other = Local(unary=torch.zeros(1, 2, 4), places=torch.ones(1, 2, dtype=torch.bool))
    with pytest.raises(ValueError, match=r"\(1, 2, 3\) and \(1, 2, 4\): student and teacher need"):
        local.kl(other)


def test_pairs_compare_with_pairs_only() -> None:
    with_pairs = random_local(pairs=1, forbidden=False)
    without = random_local(pairs=None, forbidden=False)
    for first, second in [(with_pairs, without), (without, with_pairs)]:
        with pytest.raises(ValueError, match="only one of student and teacher has transitions"):
            first.squared_error(second, centred=True)

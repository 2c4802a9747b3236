"""Sums of logarithms on CUDA devices, and the shares of their terms."""

import pytest
import torch
from torch import Tensor

tl = pytest.importorskip("triton.language")

from structdistill.structures.kernels.cuda.arithmetic import (  # noqa: E402
    BEST,
    COVARIANCES,
    descend,
    over,
    together,
    total,
)
from structdistill.structures.kernels.cuda.compiling import compiled  # noqa: E402


@compiled
def _sum_and_descend(terms, moments, sums, shares, count, MODE: tl.constexpr):
    """One row of 8 terms, of which the first `count` are valid."""
    column = tl.arange(0, 8)[None, :]
    valid = column < count
    term = tl.load(terms + column), tl.load(moments + column)
    value, second = total(term, valid, MODE, True)
    tl.store(sums + tl.arange(0, 1), value)
    tl.store(sums + 1 + tl.arange(0, 1), second)
    one = tl.full([1, 1], 1.0, tl.float64), tl.full([1, 1], 0.0, tl.float64)
    share = descend(one, term, (value[:, None], second[:, None]), column, valid, MODE, True)
    tl.store(shares + column, share[0])
    tl.store(shares + 8 + column, share[1])


@compiled
def _without_the_first(terms, moments, found):
    """The sum of three numbers over the first, twice: of each order of the others."""
    at = tl.arange(0, 1)
    a = tl.load(terms + at), tl.load(moments + at)
    b = tl.load(terms + 1 + at), tl.load(moments + 1 + at)
    c = tl.load(terms + 2 + at), tl.load(moments + 2 + at)
    first = over(together(together(a, b, COVARIANCES, True), c, COVARIANCES, True), a)
    second = over(together(a, together(c, b, COVARIANCES, True), COVARIANCES, True), a)
    tl.store(found + at, first[0])
    tl.store(found + 1 + at, first[1])
    tl.store(found + 2 + at, second[0])
    tl.store(found + 3 + at, second[1])


def sum_and_descend(
    mode, terms: list[float], moments: list[float] | None = None, count: int = 8
) -> tuple[list[float], Tensor]:
    """A row's sum with its second number, and the terms' shares with their derivatives."""
    row = torch.tensor(terms + [99.0] * (8 - len(terms)), dtype=torch.float64)
    own = torch.zeros(8, dtype=torch.float64) if moments is None else torch.tensor(moments)
    sums, shares = row.new_zeros(2), row.new_zeros(2, 8)
    _sum_and_descend[(1,)](row, own.double(), sums, shares, count, MODE=mode.value)
    return sums.tolist(), shares


def test_shares_are_the_softmax_and_have_its_derivative() -> None:
    terms, moments = torch.randn(8).double(), torch.randn(8).double()
    (value, moment), shares = sum_and_descend(COVARIANCES, terms.tolist(), moments.tolist())
    softmax = terms.softmax(0)
    change = softmax * (moments - softmax @ moments)
    torch.testing.assert_close(value, terms.logsumexp(0).item())
    torch.testing.assert_close(moment, (softmax @ moments).item())
    torch.testing.assert_close(shares, torch.stack([softmax, change]))


def test_two_numbers_are_added_and_divided_with_their_derivatives() -> None:
    terms, moments = torch.tensor([9_999.0, 10_000.5, 10_000.0]).double(), torch.randn(3).double()
    found = terms.new_zeros(2, 2)
    _without_the_first[(1,)](terms, moments, found)
    value = terms.logsumexp(0) - terms[0]
    moment = terms.softmax(0) @ moments - moments[0]
    torch.testing.assert_close(found, torch.stack([value, moment]).expand(2, 2))


def test_terms_that_are_none_have_no_share_however_large() -> None:
    (value, _), shares = sum_and_descend(COVARIANCES, [-1e9, -1e9], count=2)
    assert value == pytest.approx(-1e9, abs=1)
    assert shares[0].tolist() == pytest.approx([0.5, 0.5, 0, 0, 0, 0, 0, 0], abs=1e-6)


def test_the_first_of_the_largest_terms_gets_all() -> None:
    (value, index), shares = sum_and_descend(BEST, [1.0, 3.0, 2.0, 3.0], count=4)
    assert (value, index) == (3, 1)
    assert shares[0].tolist() == [0, 1, 0, 0, 0, 0, 0, 0]


def test_what_is_not_a_number_is_chosen_only_if_nothing_else_is_there() -> None:
    for terms, index in (([torch.nan, -1e9, torch.nan], 1), ([torch.nan, torch.nan], 0)):
        (_, found), shares = sum_and_descend(BEST, terms, count=len(terms))
        assert found == shares[0].argmax() == index

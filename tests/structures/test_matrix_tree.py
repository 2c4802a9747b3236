"""The sum over arborescences where determinants lose their digits."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from structdistill.structures.matrix_tree import log_sum_arborescences
from structdistill.structures.potentials import FORBIDDEN
from tests.structures.trees import heads_of_trees


def exact_sum(weights: list[list[Fraction]], *, single_root: bool) -> Fraction:
    """Koo et al. (2007), in fractions: the determinant of the Laplacian by rows and columns."""
    words = len(weights[0])
    laplacian = [
        [-weights[head + 1][word] if head != word else Fraction(0) for word in range(words)]
        for head in range(words)
    ]
    for word in range(words):
        heads = [h for h in range(words + 1) if h != word + 1 and (h or not single_root)]
        laplacian[word][word] = sum((weights[h][word] for h in heads), Fraction(0))
    if single_root:
        laplacian[0] = weights[0]
    return determinant(laplacian)


def determinant(matrix: list[list[Fraction]]) -> Fraction:
    matrix, product = [list(row) for row in matrix], Fraction(1)
    for k in range(len(matrix)):
        pivot = next((row for row in range(k, len(matrix)) if matrix[row][k]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != k:
            matrix[k], matrix[pivot], product = matrix[pivot], matrix[k], -product
        product *= matrix[k][k]
        for row in range(k + 1, len(matrix)):
            factor = matrix[row][k] / matrix[k][k]
            matrix[row] = [a - factor * b for a, b in zip(matrix[row], matrix[k], strict=True)]
    return product


def log_of(number: Fraction) -> float:
    """The logarithm to base 2, also of what no float can hold."""
    bits = number.numerator.bit_length() - number.denominator.bit_length()
    return bits + float(np.log2(float(number / Fraction(2) ** bits)))


@pytest.mark.parametrize("single_root", [True, False])
@pytest.mark.parametrize("largest", [10, 60, 2000, 14000])
def test_the_sum_is_the_determinant_in_exact_arithmetic(single_root: bool, largest: int) -> None:
    random, words = np.random.default_rng(largest), 6
    exponents = random.integers(-largest, largest + 1, (words + 1, words))
    exact = exact_sum(
        [[Fraction(2) ** int(e) for e in row] for row in exponents], single_root=single_root
    )
    scores = torch.tensor(exponents[None] * np.log(2))
    total = log_sum_arborescences(scores, torch.tensor([words]), single_root=single_root)
    assert total.item() == pytest.approx(log_of(exact) * np.log(2), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("single_root", [True, False])
@pytest.mark.parametrize("seed", range(10))
def test_words_with_few_heads(single_root: bool, seed: int) -> None:
    random, words = np.random.default_rng(seed), 6
    every = np.array(heads_of_trees(words, single_root=single_root))
    allowed = random.random((words + 1, words)) < 0.15
    allowed[every[random.integers(len(every))], range(words)] = True  # so there is a tree
    exponents = random.integers(-9, 10, (words + 1, words))
    exact = exact_sum(
        [
            [Fraction(2) ** int(e) * int(a) for e, a in zip(*rows, strict=True)]
            for rows in zip(exponents, allowed, strict=True)
        ],
        single_root=single_root,
    )
    scores = torch.tensor(np.where(allowed, exponents * np.log(2), FORBIDDEN)[None])
    scores.requires_grad_()
    total = log_sum_arborescences(scores, torch.tensor([words]), single_root=single_root)
    assert total.item() == pytest.approx(log_of(exact) * np.log(2), rel=1e-12, abs=1e-12)
    (marginals,) = torch.autograd.grad(total.sum(), scores)
    assert (marginals[0][torch.tensor(~allowed)] == 0).all()
    torch.testing.assert_close(marginals.sum(1), torch.ones(1, words, dtype=torch.float64))


def test_a_cycle_that_no_double_can_leave() -> None:
    # 1 - (1 - ε) = 0 on the diagonal of the Laplacian: the words prefer each other by far.
    scores = torch.tensor([[[0.0, 0.0], [0.0, 50.0], [50.0, 0.0]]], dtype=torch.float64)
    for single_root, trees_of_two_arcs in ((True, 0.0), (False, 1.0)):
        total = log_sum_arborescences(scores, torch.tensor([2]), single_root=single_root)
        expected = np.log(2 * np.exp(50) + trees_of_two_arcs)
        assert total.item() == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("single_root", [True, False])
def test_narrow_and_wide_scores_meet(single_root: bool) -> None:
    """Just below and just above the range in which weights are multiplied as they are."""
    torch.manual_seed(1)
    scores = 40 * torch.rand(1, 8, 7, dtype=torch.float64)
    lengths = torch.tensor([7])
    scores[0, 2, 0] = scores[0, :, 0].max() - 99.999
    totals = []
    for lower in (0, 0.002):
        scores[0, 2, 0] -= lower
        scores.requires_grad_()
        total = log_sum_arborescences(scores, lengths, single_root=single_root)
        (marginals,) = torch.autograd.grad(total.sum(), scores)
        totals.append((total.detach(), marginals))
        scores = scores.detach().clone()
    torch.testing.assert_close(*totals, rtol=1e-13, atol=1e-13)

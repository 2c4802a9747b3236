"""Axes of potentials: what fits, what does not, and what lies outside a sentence."""

import pytest
import torch

from structdistill.structures import FORBIDDEN, Independent
from structdistill.structures.potentials import allowed, bind, bounded, inner, inside, padding

CHAIN = {"emissions": [("n", "t")], "transitions": [("t", "t"), ("n-1", "t", "t")]}


@pytest.mark.parametrize(
    ("transitions", "axes"),
    [
        ((3, 3), ("t", "t")),
        ((2, 3, 3), ("b", "t", "t")),
        ((2, 4, 3, 3), ("b", "n-1", "t", "t")),
    ],
)
def test_shapes_say_which_axes_a_potential_has(
    transitions: tuple[int, ...], axes: tuple[str, ...]
) -> None:
    shapes = {"emissions": (2, 5, 3), "transitions": transitions}
    bound = bind("Chain", shapes, CHAIN, 2)
    assert bound == {"emissions": ("b", "n", "t"), "transitions": axes}


@pytest.mark.parametrize("words", [0, 1])
def test_short_sentences_have_no_pairs(words: int) -> None:
    shapes = {"emissions": (2, words, 3), "transitions": (2, 0, 3, 3)}
    assert bind("Chain", shapes, CHAIN, 2)["transitions"] == ("b", "n-1", "t", "t")


@pytest.mark.parametrize("transitions", [(3, 4), (4, 4), (5, 3, 3), (2, 5, 3, 3), (3,)])
def test_shapes_that_do_not_fit_are_told(transitions: tuple[int, ...]) -> None:
    shapes = {"emissions": (2, 5, 3), "transitions": transitions}
    with pytest.raises(ValueError, match="transitions of Chain must have shape") as error:
        bind("Chain", shapes, CHAIN, 2)
    message = str(error.value)
    assert "(b, t, t) or (b, n-1, t, t) or (t, t) with b = 2, n = 5, t = 3" in message
    assert f"got {tuple(transitions)}" in message


def test_the_number_of_sentences_is_that_of_the_lengths() -> None:
    with pytest.raises(ValueError, match=r"emissions of Chain must have shape \(b, n, t\) with b"):
        bind("Chain", {"emissions": (2, 5, 3)}, CHAIN, 3)


@pytest.mark.parametrize("lengths", [[3, 6], [-1, 2]])
def test_lengths_must_fit(lengths: list[int]) -> None:
    with pytest.raises(ValueError, match="must lie between 0 and 5") as error:
        Independent(emissions=torch.zeros(2, 5, 3), lengths=torch.tensor(lengths))
    assert str(lengths) in str(error.value)


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        ("n", [[1, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]]),
        ("n-1", [[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]),
        ("n+1", [[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]]),
    ],
)
def test_word_axes_may_be_longer_or_shorter_than_the_sentence(
    axis: str, expected: list[list[int]]
) -> None:
    assert inside(axis, 4, torch.tensor([3, 1, 0])).long().tolist() == expected


def test_padding_is_beyond_the_sentence_on_any_word_axis() -> None:
    outside = padding((2, 3, 3, 5), ("b", "n+1", "n+1", "r"), torch.tensor([2, 1]))
    assert outside.shape == (2, 3, 3, 1)
    assert not outside[0].any()
    assert outside[1, :, :, 0].long().tolist() == [[0, 0, 1], [0, 0, 1], [1, 1, 1]]
    assert padding((4, 4), ("t", "t"), torch.tensor([2, 1])) is None


def test_what_is_no_part_is_zero_and_has_no_gradient() -> None:
    tensor = torch.tensor([[1.0, -torch.inf, torch.nan]], requires_grad=True)
    shared = torch.tensor([-torch.inf, 2.0], requires_grad=True)
    outside = {"a": torch.tensor([[False, False, True]]), "b": None}
    copy, other = bounded({"a": tensor, "b": shared}, outside).values()
    assert other.tolist() == [FORBIDDEN, 2.0]
    assert torch.autograd.grad(other.sum(), shared, retain_graph=True)[0].tolist() == [1, 1]
    assert copy.tolist() == [[1.0, FORBIDDEN, 0.0]]
    (gradient,) = torch.autograd.grad(copy.square().sum(), tensor, create_graph=True)
    assert gradient.tolist() == [[2.0, 2 * FORBIDDEN, 0.0]]
    (second,) = torch.autograd.grad(gradient.sum(), tensor)
    assert second.tolist() == [[2.0, 2.0, 0.0]]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_minus_infinity_and_the_constant_forbid_in_every_precision(dtype: torch.dtype) -> None:
    emissions = torch.tensor([[[-torch.inf, FORBIDDEN, -6e4, 0.0]]], dtype=torch.float64).to(dtype)
    structure = Independent(emissions=emissions, lengths=torch.tensor([1]))
    potential = structure.potentials["emissions"]
    assert potential.isfinite().all()
    assert allowed(potential)[0, 0].tolist() == [False, False, True, True]


def test_inner_products_are_of_each_sentence_whoever_has_the_potential() -> None:
    own, shared, parts = torch.randn(2, 3, 4), torch.randn(4, 4), torch.rand(2, 4, 4)
    words = torch.rand(5, 2, 3, 4)
    axes = {"emissions": ("b", "n", "t"), "transitions": ("t", "t")}
    found = inner(
        {"emissions": own, "transitions": shared},
        {"emissions": words, "transitions": parts.expand(5, -1, -1, -1).double()},
        axes,
    )
    expected = (own * words).sum((2, 3)) + (shared * parts).sum((1, 2))
    torch.testing.assert_close(found, expected.double())

"""Chains of tags: what the laws must know of them, and what is peculiar."""

import numpy as np
import pytest
import torch

from structdistill.structures import LinearChain
from tests.oracle import Arrays, tag_sequences
from tests.structures.families import Family, Shapes


def parts(length: int, shapes: Shapes) -> Arrays:
    words = tag_sequences(length, *shapes["emissions"])
    pairs = words[:, :-1, :, None] * words[:, 1:, None, :]
    return {
        "emissions": words,
        "transitions": pairs if len(shapes["transitions"]) == 3 else pairs.sum(1),
        "start": words[:, :1].sum(1),
        "end": words[:, length - 1 : length].sum(1) if length else words.sum(1),
    }


EMISSIONS = {"emissions": ("b", "n", "t")}
FAMILY = Family(
    structure=LinearChain,
    forms=[
        EMISSIONS | {"transitions": ("t", "t"), "start": ("t",), "end": ("t",)},
        EMISSIONS | {"transitions": ("t", "t")},
        EMISSIONS | {"transitions": ("b", "t", "t"), "start": ("b", "t"), "end": ("b", "t")},
        EMISSIONS | {"transitions": ("b", "n-1", "t", "t"), "start": ("b", "t"), "end": ("t",)},
        EMISSIONS | {"transitions": ("b", "n-1", "t", "t"), "end": ("b", "t")},
    ],
    parts=parts,
    count=lambda length, labels: labels**length,
)


def chain(*, positions: bool = False, lengths: tuple[int, ...] = (4, 1, 0)) -> LinearChain:
    sentences, words, tags = len(lengths), max(lengths), 3
    shape = (sentences, max(0, words - 1), tags, tags) if positions else (tags, tags)
    return LinearChain(
        emissions=torch.randn(sentences, words, tags),
        transitions=torch.randn(shape),
        start=torch.randn(tags),
        end=torch.randn(tags),
        lengths=torch.tensor(lengths),
    )


@pytest.mark.parametrize("positions", [False, True])
def test_pair_marginals_are_the_joint_of_neighbouring_tags(positions: bool) -> None:
    structure = chain(positions=positions)
    pairs, marginals = structure.pair_marginals(), structure.marginals()
    assert pairs.shape == (3, 3, 3, 3)
    words = marginals["emissions"]
    torch.testing.assert_close(pairs[0].sum(2), words[0, :-1])
    torch.testing.assert_close(pairs[0].sum(1), words[0, 1:])
    assert (pairs[1:] == 0).all()
    total = pairs if positions else pairs.sum(1)
    torch.testing.assert_close(total, marginals["transitions"])


def test_marginals_of_shared_transitions_are_counts() -> None:
    counts = chain(lengths=(5, 2, 1, 0)).marginals()["transitions"]
    torch.testing.assert_close(counts.sum((1, 2)), torch.tensor([4.0, 1.0, 0.0, 0.0]))


def test_transitions_run_from_the_earlier_to_the_later_tag() -> None:
    transitions = torch.tensor([[0.0, 9.0], [0.0, 0.0]])  # 1 after 0
    structure = LinearChain(
        emissions=torch.zeros(1, 2, 2), transitions=transitions, lengths=torch.tensor([2])
    )
    assert structure.argmax()["emissions"][0].tolist() == [[1, 0], [0, 1]]
    assert structure.argmax()["transitions"][0].tolist() == [[0, 1], [0, 0]]


def test_indicator_counts_the_parts_of_known_tags() -> None:
    structure = chain(lengths=(4, 1, 0))
    tags = torch.tensor([[2, 0, -1, 1], [1, 2, 2, 2], [0, 0, 0, 0]])
    indicator = {name: part.numpy() for name, part in structure.indicator(tags).items()}
    assert indicator["emissions"].sum((1, 2)).tolist() == [3, 1, 0]
    assert np.argwhere(indicator["transitions"]).tolist() == [[0, 2, 0]]
    assert np.argwhere(indicator["start"]).tolist() == [[0, 2], [1, 1]]
    assert np.argwhere(indicator["end"]).tolist() == [[0, 1], [1, 1]]


@pytest.mark.parametrize("positions", [False, True])
def test_the_indicator_of_the_best_tags_is_the_best_structure(positions: bool) -> None:
    structure = chain(positions=positions)
    best = structure.argmax()
    again = structure.indicator(best["emissions"].argmax(2))
    for name, part in best.items():
        assert torch.equal(part, again[name]), name


def test_a_product_of_word_distributions_has_the_expected_pairs() -> None:
    words = torch.tensor([[[0.2, 0.3, 0.5], [0.6, 0.4, 0.0]]])
    structure = chain(lengths=(2,))
    product = structure.product(words)
    torch.testing.assert_close(product["transitions"][0], torch.outer(words[0, 0], words[0, 1]))
    torch.testing.assert_close(product["start"], words[:, 0])
    torch.testing.assert_close(product["end"], words[:, 1])


def test_long_sentences_keep_their_probability_mass() -> None:
    words = 500
    structure = LinearChain(
        emissions=5 * torch.randn(1, words, 3),
        transitions=torch.randn(3, 3),
        lengths=torch.tensor([words]),
    )
    mass = structure.marginals()["emissions"].sum(2)
    torch.testing.assert_close(mass, torch.ones(1, words), rtol=0, atol=1e-3)

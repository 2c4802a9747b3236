"""Independent tags: what the laws must know of them, and what is peculiar."""

import torch

from structdistill.structures import Independent
from tests.oracle import tag_sequences
from tests.structures.families import Family, Shapes


def parts(length: int, shapes: Shapes) -> dict:
    return {"emissions": tag_sequences(length, *shapes["emissions"])}


FAMILY = Family(
    structure=Independent,
    forms=[{"emissions": ("b", "n", "t")}],
    parts=parts,
    count=lambda length, labels: labels**length,
)


def test_marginals_are_a_softmax_a_word() -> None:
    emissions = torch.randn(2, 3, 4)
    structure = Independent(emissions=emissions, lengths=torch.tensor([3, 3]))
    torch.testing.assert_close(structure.marginals()["emissions"], emissions.softmax(2))


def test_indicator_skips_unknown_tags_and_padding() -> None:
    structure = Independent(emissions=torch.randn(2, 3, 2), lengths=torch.tensor([3, 1]))
    tags = torch.tensor([[1, -1, 0], [0, 1, 1]])
    indicator = structure.indicator(tags)["emissions"]
    assert indicator.tolist() == [[[0, 1], [0, 0], [1, 0]], [[1, 0], [0, 0], [0, 0]]]


def test_local_distributions_are_the_words_whether_or_not_transitions_are_asked_for() -> None:
    structure = Independent(emissions=torch.randn(2, 3, 2), lengths=torch.tensor([3, 1]))
    for transitions in (False, True):
        local = structure.local(transitions=transitions)
        assert local.pairs is None
        assert torch.equal(local.unary, structure.potentials["emissions"])
        assert local.places.tolist() == [[True, True, True], [True, False, False]]

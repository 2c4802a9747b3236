"""From vectors to structures."""

import pytest
import torch

from structdistill.errors import RecipeError
from structdistill.models.heads import ChainHead, build_head
from structdistill.structures import Independent, LinearChain

WORDS, LENGTHS = torch.randn(2, 3, 4), torch.tensor([3, 1])


def test_a_chain_learns_transitions_and_boundaries() -> None:
    head = ChainHead(width=4, labels_count=5)
    structure = head(WORDS, LENGTHS)
    assert isinstance(structure, LinearChain)
    assert sorted(structure.potentials) == ["emissions", "end", "start", "transitions"]
    structure.log_partition().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in head.parameters())
    assert sum(p.numel() for p in head.parameters()) == (4 * 5 + 5) + 5 * 5 + 5 + 5


def test_independent_tags_learn_nothing_else() -> None:
    head = ChainHead(width=4, labels_count=5, structure="independent")
    structure = head(WORDS, LENGTHS)
    assert isinstance(structure, Independent)
    torch.testing.assert_close(structure.potentials["emissions"][0], head.emissions(WORDS[0]))
    assert sum(p.numel() for p in head.parameters()) == 4 * 5 + 5


def test_potentials_keep_their_precision_under_autocast() -> None:
    head = ChainHead(width=4, labels_count=5)
    exact = head(WORDS, LENGTHS).potentials["emissions"]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = head(WORDS, LENGTHS).potentials["emissions"]
    assert mixed.dtype == torch.float32
    torch.testing.assert_close(mixed, exact, rtol=0, atol=0)


def test_a_head_in_double_precision_stays_so() -> None:
    head = ChainHead(width=4, labels_count=5).double()
    assert head(WORDS, LENGTHS).dtype == torch.float64


def test_an_unknown_structure_or_task_is_named_with_the_known_ones() -> None:
    with pytest.raises(RecipeError, match=r"'lattice' of tags. Known: independent, linear_chain"):
        ChainHead(width=4, labels_count=5, structure="lattice")
    with pytest.raises(RecipeError, match=r"unknown task 'taging'. Did you mean 'tagging'"):
        build_head("taging", structure="independent", width=4, labels_count=5)

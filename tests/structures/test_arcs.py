"""Arcs: which there are, those of given heads, and how two tables of them compare."""

import pytest
import torch

from structdistill.structures.arcs import by_dependent, chosen_arcs, head_choices, possible_arcs

LENGTHS = torch.tensor([3, 1, 0])


@pytest.mark.parametrize("relations", [(), (2,)])
def test_arcs_lead_from_any_node_to_any_other_word(relations: tuple[int, ...]) -> None:
    possible = possible_arcs(torch.ones(3, 4, 4, *relations), LENGTHS)
    assert possible.dim() == 3 + len(relations)
    possible = possible.view(3, 4, 4)
    assert possible[0].long().tolist() == [[0, 1, 1, 1], [0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0]]
    assert possible[1].nonzero().tolist() == [[0, 1]]
    assert not possible[2].any()


def test_chosen_arcs_of_heads() -> None:
    heads = torch.tensor([[2, 0, -1], [0, 9, 9], [9, 9, 9]])
    arcs = chosen_arcs(torch.zeros(3, 4, 4), LENGTHS, heads, None)
    assert arcs.nonzero().tolist() == [[0, 0, 2], [0, 2, 1], [1, 0, 1]]


def test_chosen_arcs_of_heads_and_relations() -> None:
    table, lengths = torch.zeros(1, 4, 4, 2), torch.tensor([3])
    heads, relations = torch.tensor([[2, 0, -1]]), torch.tensor([[1, -1, 0]])
    arcs = chosen_arcs(table, lengths, heads, relations)
    assert arcs.nonzero().tolist() == [[0, 0, 2, 0], [0, 0, 2, 1], [0, 2, 1, 1]]
    unknown = chosen_arcs(table, lengths, heads, None)
    assert unknown.nonzero().tolist() == [[0, 0, 2, 0], [0, 0, 2, 1], [0, 2, 1, 0], [0, 2, 1, 1]]


def test_relations_are_for_arcs_that_have_them() -> None:
    heads = torch.zeros(3, 3, dtype=torch.long)
    with pytest.raises(ValueError, match=r"these arcs have none: leave them out.*got \(3, 4, 4\)"):
        chosen_arcs(torch.zeros(3, 4, 4), LENGTHS, heads, heads)


def test_the_alternatives_of_a_dependent_are_its_heads_and_relations() -> None:
    arcs = torch.randn(3, 4, 4, 2)
    arranged = by_dependent(arcs)
    assert arranged.shape == (3, 4, 8)
    assert torch.equal(arranged[1, 2].view(4, 2), arcs[1, :, 2])
    local = head_choices(arcs, LENGTHS, single_root=True)
    assert local.places.tolist() == [
        [False, True, True, True],
        [False, True, False, False],
        [False] * 4,
    ]


@pytest.mark.parametrize("single_root", [True, False])
def test_what_changes_no_distribution_is_a_projection(single_root: bool) -> None:
    arcs, other = torch.randn(2, 3, 4, 4, 2, dtype=torch.float64).unbind(0)
    first, second = (head_choices(each, LENGTHS, single_root=single_root) for each in (arcs, other))
    constants = torch.randn(4, dtype=torch.float64).view(4, 1)
    moved = arcs + constants
    if single_root:
        moved[:, 0] += 3
    third = head_choices(moved, LENGTHS, single_root=single_root)
    expected = first.squared_error(second, centred=True)
    torch.testing.assert_close(third.squared_error(second, centred=True), expected)
    assert (first.squared_error(second, centred=False) >= expected).all()
    nothing = torch.zeros(3, dtype=torch.float64)
    torch.testing.assert_close(third.squared_error(first, centred=True), nothing)

"""Renamed labels, one structure after another."""

import pytest
import torch

from structdistill.structures import Empirical, ProjectiveTree
from structdistill.structures.label_maps import LabelMap, push_list, push_parts, push_potentials
from tests.structures import test_independent, test_linear_chain, test_semi_markov
from tests.structures.families import Case, Setting, draw
from tests.structures.renaming import indicator, pushed, rename, told

LENGTHS = (3, 0, 1, 2)
FAMILIES = (test_independent.FAMILY, test_linear_chain.FAMILY, test_semi_markov.FAMILY)
MERGING = LabelMap((0, 2, 0, 1), 3)
"""Two labels become one, which for segments is outside."""
CASES = [
    draw(Setting(family=family, form=form, labels=4, lengths=LENGTHS))
    for family in FAMILIES
    for form in range(len(family.forms))
]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.setting))


@every_case
def test_the_parts_of_a_renamed_structure_are_the_renamed_parts(case: Case) -> None:
    new = push_potentials(case.structure, MERGING)
    for i in range(len(LENGTHS)):
        for structure, _ in told(case, i):
            parts = indicator(case.structure, i, structure)
            expected = indicator(new, i, rename(structure, MERGING.index))
            found = push_parts(parts, MERGING, of=case.structure[i])
            for name, part in expected.items():
                torch.testing.assert_close(found[name], part)


@every_case
def test_structures_that_become_one_count_together(case: Case) -> None:
    everything = push_list(case.structure.best(100), MERGING)
    for i, expected in enumerate(pushed(case, MERGING.index)):
        weights = everything.weights()[:, i]
        assert int((weights > 0).sum()) == len(expected)
        found = {
            tuple(part.flatten().tolist()): float(weight)
            for part, weight in zip(
                everything.parts[everything.family.decisive][:, i], weights, strict=True
            )
            if weight > 0
        }
        for structure, probability in expected.items():
            parts = indicator(everything.family, i, structure)[everything.family.decisive]
            assert found[tuple(parts.flatten().tolist())] == pytest.approx(probability)


def test_a_label_that_nobody_becomes_is_forbidden() -> None:
    case = CASES[1]
    new = push_potentials(case.structure, LabelMap((3, 1, 0, 4), 5))
    assert isinstance(new, type(case.structure))
    marginals = new.marginals()["emissions"]
    assert (marginals[..., 2] == 0).all()
    torch.testing.assert_close(
        marginals[..., [3, 1, 0, 4]], case.structure.marginals()["emissions"]
    )
    torch.testing.assert_close(new.entropy(), case.structure.entropy())


def test_merged_relations_are_a_tree_again() -> None:
    tree = ProjectiveTree(
        arcs=torch.randn(2, 4, 4, 3, dtype=torch.float64), lengths=torch.tensor([3, 2])
    )
    labels = LabelMap((1, 0, 1), 2)
    ours = push_potentials(tree, labels).marginals()
    theirs = push_parts(tree.marginals(), labels, of=tree)
    torch.testing.assert_close(ours["arcs"], theirs["arcs"])


def test_a_list_stays_distinct_where_it_ends_early() -> None:
    case = CASES[0]
    few = case.structure[1].best(3)  # of no words: one structure
    assert isinstance(push_list(few, MERGING), Empirical)
    assert push_list(few, MERGING).weights().sum() == 1


def test_a_map_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"labels must be numbers from 0 to 1; got \(0, 2\)"):
        LabelMap((0, 2), 2)

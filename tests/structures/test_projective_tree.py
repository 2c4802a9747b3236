"""Dependency trees without crossing arcs: what the laws must know, and what is peculiar."""

import itertools
from functools import cache
from math import comb

import numpy as np
import pytest
import torch

from structdistill.objectives import NLL, Substructure
from structdistill.structures import ProjectiveTree
from tests.oracle import Arrays
from tests.structures.families import Family, Shapes


@cache
def heads_of_trees(length: int, single_root: bool) -> list[tuple[int, ...]]:
    """The heads of the words 1, 2, … of every tree."""
    found = []
    for heads in itertools.product(range(length + 1), repeat=length):
        roots = heads.count(0)
        if (
            (roots == 1 or not single_root or not length)
            and _is_tree(heads)
            and not _crosses(heads)
        ):
            found.append(heads)
    return found


def _is_tree(heads: tuple[int, ...]) -> bool:
    """Whether every word descends from the root."""
    for word in range(1, len(heads) + 1):
        for _ in heads:
            word = heads[word - 1] if word else 0
        if word:
            return False
    return True


def _crosses(heads: tuple[int, ...]) -> bool:
    arcs = [tuple(sorted(arc)) for arc in enumerate(heads, start=1)]
    return any(a < c < b < d for (a, b), (c, d) in itertools.product(arcs, repeat=2))


def labelled_parts(length: int, shapes: Shapes, *, single_root: bool) -> Arrays:
    """Indicators of every tree under every assignment of relations."""
    nodes, _, *relations = shapes["arcs"]
    heads = heads_of_trees(length, single_root)
    trees = np.array(heads, dtype=int).reshape(len(heads), length)
    labels = relations[0] if relations else 1
    labellings = np.array(list(itertools.product(range(labels), repeat=length)), dtype=int)
    arcs = np.zeros((len(trees), len(labellings), nodes, nodes, labels))
    tree, labelling = np.ix_(range(len(trees)), range(len(labellings)))
    for word in range(length):
        arcs[tree, labelling, trees[:, word][:, None], word + 1, labellings[:, word]] = 1
    return {"arcs": arcs.reshape(-1, *shapes["arcs"])}


def single_root_parts(length: int, shapes: Shapes) -> Arrays:
    return labelled_parts(length, shapes, single_root=True)


def several_roots_parts(length: int, shapes: Shapes) -> Arrays:
    return labelled_parts(length, shapes, single_root=False)


def single_root_count(length: int, labels: int) -> int:
    return comb(3 * length - 2, length - 1) // length * labels**length if length else 1


def several_roots_count(length: int, labels: int) -> int:
    return comb(3 * length, length) // (2 * length + 1) * labels**length


SINGLE_ROOT = Family(
    structure=ProjectiveTree,
    forms=[{"arcs": ("b", "n+1", "n+1", "r")}],
    parts=single_root_parts,
    count=single_root_count,
    words=4,
    labels=(2, 1, 3),
    fixed={"single_root": True},
    place=(1,),
)
SEVERAL_ROOTS = Family(
    structure=ProjectiveTree,
    forms=[{"arcs": ("b", "n+1", "n+1", "r")}],
    parts=several_roots_parts,
    count=several_roots_count,
    words=4,
    labels=(2, 1),
    fixed={"single_root": False},
    place=(1,),
)
UNLABELLED_SINGLE_ROOT = Family(
    structure=ProjectiveTree,
    forms=[{"arcs": ("b", "n+1", "n+1")}],
    parts=single_root_parts,
    count=single_root_count,
    words=5,
    labels=(1,),
    fixed={"single_root": True},
    place=(1,),
)
UNLABELLED_SEVERAL_ROOTS = Family(
    structure=ProjectiveTree,
    forms=[{"arcs": ("b", "n+1", "n+1")}],
    parts=several_roots_parts,
    count=several_roots_count,
    words=5,
    labels=(1,),
    fixed={"single_root": False},
    place=(1,),
)


def tree(
    *, relations: int = 0, single_root: bool = True, lengths: tuple[int, ...] = (4, 1, 0)
) -> ProjectiveTree:
    shape = (len(lengths), max(lengths) + 1, max(lengths) + 1, *[relations] * (relations > 0))
    arcs = torch.randn(shape, dtype=torch.float64)
    return ProjectiveTree(arcs=arcs, single_root=single_root, lengths=torch.tensor(lengths))


every_switch = pytest.mark.parametrize("single_root", [True, False])
every_labelling = pytest.mark.parametrize("relations", [0, 3])


@every_labelling
def test_what_is_no_arc_changes_nothing(relations: int) -> None:
    expected = tree(relations=relations)
    arcs = expected.potentials["arcs"].clone()
    arcs[:, :, 0] = torch.nan
    arcs[:, range(5), range(5)] = -torch.inf
    again = ProjectiveTree(arcs=arcs, lengths=expected.lengths)
    assert torch.equal(again.potentials["arcs"], expected.potentials["arcs"])
    marginals = again.marginals()["arcs"]
    assert (marginals[:, :, 0] == 0).all()
    assert (marginals[:, range(5), range(5)] == 0).all()


@every_switch
@every_labelling
def test_every_word_of_a_long_sentence_has_one_head(relations: int, single_root: bool) -> None:
    structure = tree(relations=relations, single_root=single_root, lengths=(60, 7))
    arcs = (10 * structure.potentials["arcs"]).float()
    structure = ProjectiveTree(arcs=arcs, single_root=single_root, lengths=structure.lengths)
    heads = structure.places(structure.marginals()["arcs"]).sum(2)
    expected = torch.zeros(2, 61)
    expected[0, 1:], expected[1, 1:8] = 1, 1
    torch.testing.assert_close(heads, expected, rtol=0, atol=1e-3)


def test_a_single_arc_leaves_the_root_unless_told_otherwise() -> None:
    arcs = torch.zeros(1, 4, 4)
    arcs[0, 0] = 10
    lengths = torch.tensor([3])
    assert ProjectiveTree(arcs=arcs, lengths=lengths).argmax()["arcs"][0, 0].sum() == 1
    several = ProjectiveTree(arcs=arcs, single_root=False, lengths=lengths)
    assert several.argmax()["arcs"][0, 0].tolist() == [0, 1, 1, 1]


@every_switch
def test_derived_structures_keep_the_switch(single_root: bool) -> None:
    structure = tree(relations=2, single_root=single_root)
    best = structure.argmax()["arcs"]
    derived = [
        structure.temper(2.0),
        structure.detach(),
        structure[1:],
        structure.relabel(torch.tensor([1, 0])),
        structure.constrain(best),
        structure.to("cpu"),
        structure.unlabelled(),
    ]
    assert [each.single_root for each in derived] == [single_root] * 7


def test_indicator_of_heads() -> None:
    structure = tree(lengths=(3, 1))
    heads = torch.tensor([[2, 0, -1], [0, 9, 9]])
    arcs = structure.indicator(heads)["arcs"]
    assert arcs.nonzero().tolist() == [[0, 0, 2], [0, 2, 1], [1, 0, 1]]
    best = structure.argmax()["arcs"]
    assert torch.equal(structure.indicator(best[:, :, 1:].argmax(1))["arcs"], best)


@every_switch
@every_labelling
def test_the_likelihood_of_a_full_annotation_is_that_of_one_tree(
    relations: int, single_root: bool
) -> None:
    structure = tree(relations=relations, single_root=single_root)
    gold = {name: parts[1] for name, parts in structure.top_k(2).parts.items()}
    gold = {name: parts[:1] for name, parts in gold.items()}
    first = structure[0]
    torch.testing.assert_close(NLL()(first, gold=gold), -first.log_prob(gold) / 4)


def test_the_likelihood_of_heads_alone_is_that_of_all_their_relations() -> None:
    structure = tree(relations=3, lengths=(4,))
    heads = torch.tensor([[2, 0, 4, 2]])
    trees = structure.unlabelled()
    expected = -trees.log_prob(trees.indicator(heads)) / 4
    torch.testing.assert_close(NLL()(structure, gold=structure.indicator(heads)), expected)


@every_labelling
def test_constants_of_dependents_and_of_a_single_root_are_no_difference(relations: int) -> None:
    objective = Substructure()
    for single_root in (True, False):
        structure = tree(relations=relations, single_root=single_root, lengths=(4, 2))
        arcs = structure.potentials["arcs"]
        words, root = torch.zeros_like(arcs), torch.zeros_like(arcs)
        words[:, :, 1:] = torch.randn(4).double().view(4, *[1] * (arcs.dim() - 3))
        root[:, 0] = 5
        moved = [structure._like({"arcs": arcs + each}) for each in (words, root)]
        for other, alike in zip(moved, (True, single_root), strict=True):
            for difference in (objective(structure, other), structure.kl(other)):
                zero = torch.zeros_like(difference)
                assert torch.allclose(difference, zero, rtol=0, atol=1e-9) == alike

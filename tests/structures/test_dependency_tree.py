"""What trees have in common, whether or not their arcs cross."""

import pytest
import torch

from structdistill.objectives import NLL, Substructure
from structdistill.structures import NonProjectiveTree, ProjectiveTree
from structdistill.structures.dependency_tree import DependencyTree

every_family = pytest.mark.parametrize("family", [ProjectiveTree, NonProjectiveTree])


def tree(
    family: type[DependencyTree],
    *,
    relations: int = 0,
    single_root: bool = True,
    lengths: tuple[int, ...] = (4, 1, 0),
) -> DependencyTree:
    shape = (len(lengths), max(lengths) + 1, max(lengths) + 1, *[relations] * (relations > 0))
    arcs = torch.randn(shape, dtype=torch.float64)
    return family(arcs=arcs, single_root=single_root, lengths=torch.tensor(lengths))


every_switch = pytest.mark.parametrize("single_root", [True, False])
every_labelling = pytest.mark.parametrize("relations", [0, 3])


@every_family
@every_labelling
def test_what_is_no_arc_changes_nothing(family: type[DependencyTree], relations: int) -> None:
    expected = tree(family, relations=relations)
    arcs = expected.potentials["arcs"].clone()
    arcs[:, :, 0] = torch.nan
    arcs[:, range(5), range(5)] = -torch.inf
    again = family(arcs=arcs, lengths=expected.lengths)
    assert torch.equal(again.potentials["arcs"], expected.potentials["arcs"])
    marginals = again.marginals()["arcs"]
    assert (marginals[:, :, 0] == 0).all()
    assert (marginals[:, range(5), range(5)] == 0).all()


@every_family
@every_switch
@every_labelling
def test_every_word_of_a_long_sentence_has_one_head(
    family: type[DependencyTree], relations: int, single_root: bool
) -> None:
    structure = tree(family, relations=relations, single_root=single_root, lengths=(60, 7))
    arcs = (10 * structure.potentials["arcs"]).float()
    structure = family(arcs=arcs, single_root=single_root, lengths=structure.lengths)
    heads = structure.places(structure.marginals()["arcs"]).sum(2)
    expected = torch.zeros(2, 61)
    expected[0, 1:], expected[1, 1:8] = 1, 1
    torch.testing.assert_close(heads, expected, rtol=0, atol=1e-3)


@every_family
def test_a_single_arc_leaves_the_root_unless_told_otherwise(family: type[DependencyTree]) -> None:
    arcs = torch.zeros(1, 4, 4)
    arcs[0, 0] = 10
    lengths = torch.tensor([3])
    assert family(arcs=arcs, lengths=lengths).argmax()["arcs"][0, 0].sum() == 1
    several = family(arcs=arcs, single_root=False, lengths=lengths)
    assert several.argmax()["arcs"][0, 0].tolist() == [0, 1, 1, 1]


@every_family
@every_switch
def test_derived_structures_keep_the_switch(
    family: type[DependencyTree], single_root: bool
) -> None:
    structure = tree(family, relations=2, single_root=single_root)
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


@every_family
def test_indicator_of_heads(family: type[DependencyTree]) -> None:
    structure = tree(family, lengths=(3, 1))
    heads = torch.tensor([[2, 0, -1], [0, 9, 9]])
    arcs = structure.indicator(heads)["arcs"]
    assert arcs.nonzero().tolist() == [[0, 0, 2], [0, 2, 1], [1, 0, 1]]
    best = structure.argmax()["arcs"]
    assert torch.equal(structure.indicator(best[:, :, 1:].argmax(1))["arcs"], best)


@every_family
@every_switch
@every_labelling
def test_the_likelihood_of_a_full_annotation_is_that_of_one_tree(
    family: type[DependencyTree], relations: int, single_root: bool
) -> None:
    structure = tree(family, relations=relations, single_root=single_root)
    gold = {name: parts[1] for name, parts in structure.top_k(2).parts.items()}
    gold = {name: parts[:1] for name, parts in gold.items()}
    first = structure[0]
    torch.testing.assert_close(NLL()(first, gold=gold), -first.log_prob(gold) / 4)


@every_family
def test_the_likelihood_of_heads_alone_is_that_of_all_their_relations(
    family: type[DependencyTree],
) -> None:
    structure = tree(family, relations=3, lengths=(4,))
    heads = torch.tensor([[2, 0, 4, 2]])
    trees = structure.unlabelled()
    expected = -trees.log_prob(trees.indicator(heads)) / 4
    torch.testing.assert_close(NLL()(structure, gold=structure.indicator(heads)), expected)


@every_family
@every_labelling
def test_constants_of_dependents_and_of_a_single_root_are_no_difference(
    family: type[DependencyTree], relations: int
) -> None:
    objective = Substructure()
    for single_root in (True, False):
        structure = tree(family, relations=relations, single_root=single_root, lengths=(4, 2))
        arcs = structure.potentials["arcs"]
        words, root = torch.zeros_like(arcs), torch.zeros_like(arcs)
        words[:, :, 1:] = torch.randn(4).double().view(4, *[1] * (arcs.dim() - 3))
        root[:, 0] = 5
        moved = [structure._like({"arcs": arcs + each}) for each in (words, root)]
        for other, alike in zip(moved, (True, single_root), strict=True):
            for difference in (objective(structure, other), structure.kl(other)):
                zero = torch.zeros_like(difference)
                assert torch.allclose(difference, zero, rtol=0, atol=1e-9) == alike

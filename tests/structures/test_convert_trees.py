"""Trees with relations, trees without, relations as tags: each under the others' distribution."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from structdistill.structures import Independent, ProjectiveTree, Structure, expected_parts
from tests.structures import test_non_projective_tree as crossing
from tests.structures.families import Case, Family, Setting, draw
from tests.structures.test_projective_tree import (
    SEVERAL_ROOTS,
    SINGLE_ROOT,
    UNLABELLED_SEVERAL_ROOTS,
    UNLABELLED_SINGLE_ROOT,
)

LENGTHS = (3, 0, 1, 2, 4)
every_switch = pytest.mark.parametrize(
    ("labelled", "unlabelled"),
    [
        (SINGLE_ROOT, UNLABELLED_SINGLE_ROOT),
        (SEVERAL_ROOTS, UNLABELLED_SEVERAL_ROOTS),
        *(
            (replace(family, forms=family.forms[:1]), replace(family, forms=family.forms[1:]))
            for family in (crossing.SINGLE_ROOT, crossing.SEVERAL_ROOTS)
        ),
    ],
)


def case(family: Family, *, forbidden: bool = False) -> Case:
    return draw(Setting(family=family, lengths=LENGTHS, labels=2, forbidden=forbidden))


@every_switch
@pytest.mark.parametrize("forbidden", [False, True])
def test_relations_are_summed_over(labelled: Family, unlabelled: Family, forbidden: bool) -> None:
    p, q = case(labelled, forbidden=forbidden), case(unlabelled)
    arcs = expected_parts(p.structure, like=q.structure)["arcs"]
    expected = np.stack([oracle.marginals()["arcs"].sum(2) for oracle in p.oracles])
    p.assert_close(arcs, expected)


@every_switch
@pytest.mark.parametrize("forbidden", [False, True])
def test_divergence_from_trees_without_relations_is_one_of_trees(
    labelled: Family, unlabelled: Family, forbidden: bool
) -> None:
    p, q = case(labelled, forbidden=forbidden), case(unlabelled)
    expected = []
    for ours, theirs in zip(p.oracles, q.oracles, strict=True):
        heads = theirs.members.index({"arcs": ours.members.parts["arcs"].sum(3)})
        trees = np.bincount(heads, ours.probabilities, minlength=len(theirs.scores))
        possible = trees > 0
        log_ratio = np.log(trees[possible]) - theirs.log_prob[possible]
        expected.append(float(trees[possible] @ log_ratio))
    q.assert_close(p.structure.kl(q.structure), expected)


@pytest.mark.parametrize("family", [SINGLE_ROOT, crossing.SINGLE_ROOT])
def test_relations_are_tags_of_their_dependents(family: Family) -> None:
    p = case(family)
    tags = Independent(emissions=torch.zeros(5, 4, 2).double(), lengths=p.lengths)
    emissions = expected_parts(p.structure, like=tags)["emissions"]
    expected = np.stack([oracle.marginals()["arcs"][:, 1:].sum(0) for oracle in p.oracles])
    p.assert_close(emissions, expected)
    p.assert_close(p.structure.cross_entropy(tags), np.array(LENGTHS) * np.log(2))


@pytest.mark.parametrize(
    ("one", "several"),
    [(SINGLE_ROOT, SEVERAL_ROOTS), (crossing.SINGLE_ROOT, crossing.SEVERAL_ROOTS)],
)
def test_one_arc_from_the_root_is_a_case_of_several(one: Family, several: Family) -> None:
    p, q = case(one), case(several)
    both = zip(p.oracles, q.oracles, strict=True)
    expected = []
    for ours, theirs in both:
        same = theirs.members.index(ours.members.parts)
        expected.append(float(ours.probabilities @ (ours.log_prob - theirs.log_prob[same])))
    q.assert_close(p.structure.kl(q.structure), expected)


def refused(p: Structure, q: Structure, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        p.kl(q)


def test_what_cannot_be_told_is_refused() -> None:
    labelled, unlabelled = case(SINGLE_ROOT).structure, case(UNLABELLED_SINGLE_ROOT).structure
    several = case(SEVERAL_ROOTS).structure
    tags = Independent(emissions=torch.zeros(5, 4, 2), lengths=labelled.lengths)
    refused(unlabelled, labelled, ValueError, "a tree without relations does not tell what they")
    refused(several, labelled, ValueError, "trees with several arcs from the root are none of a")
    refused(labelled, tags, TypeError, "no KL to independent tags: compare by cross_entropy")
    refused(tags, labelled, TypeError, "no conversion Independent → ProjectiveTree is known")
    with pytest.raises(ValueError, match="a tree without relations does not tell what they"):
        expected_parts(unlabelled, like=tags)


def test_conversions_are_differentiable() -> None:
    lengths = torch.tensor([3, 1])

    def divergence(labelled: torch.Tensor, unlabelled: torch.Tensor) -> torch.Tensor:
        p = ProjectiveTree(arcs=labelled, lengths=lengths)
        return p.kl(ProjectiveTree(arcs=unlabelled, lengths=lengths))

    leaves = [
        torch.randn(shape, dtype=torch.float64, requires_grad=True)
        for shape in [(2, 4, 4, 2), (2, 4, 4)]
    ]
    assert torch.autograd.gradcheck(divergence, leaves)

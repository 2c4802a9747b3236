"""Objectives of trees: by enumeration, for places that are dependents or spans."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from structdistill.objectives import (
    NLL,
    Objective,
    Posterior,
    Structural,
    Substructure,
    Token,
    TopK,
)
from tests.objectives import test_laws, test_structural, test_top_k
from tests.objectives.families import Laws, Pair, kl, laws, softmax
from tests.oracle import Oracle
from tests.structures import test_constituency_tree, test_non_projective_tree, test_projective_tree
from tests.structures.families import Family, Setting, draw, partner

FAMILIES = {
    "trees": test_projective_tree.SINGLE_ROOT,
    "trees of several roots": test_projective_tree.UNLABELLED_SEVERAL_ROOTS,
    "trees with crossing arcs": test_non_projective_tree.SINGLE_ROOT,
    "spans": test_constituency_tree.FAMILY,
}
LENGTHS = (4, 3, 3, 2, 0, 1, 4, 2)


def tree_pairs(*, forbidden: bool) -> list[Pair]:
    found = []
    for name, family in FAMILIES.items():
        theirs = draw(Setting(family=family, labels=2, lengths=LENGTHS, forbidden=forbidden))
        found.append(Pair(name, partner(theirs), theirs))
    return found


def index_of_places(oracle: Oracle) -> list[np.ndarray]:
    """For each place of a sentence the numbers of its alternatives' parts.

    Spans that are impossible with any label are no places.
    """
    (parts,), length = oracle.potentials.values(), oracle.length
    numbers = np.arange(parts.size).reshape(parts.shape)
    if "spans" in oracle.potentials:
        spans = itertools.combinations(range(length + 1), 2)
        return [numbers[span] for span in spans if np.isfinite(parts[span]).any()]
    heads = range(length + 1)
    return [
        np.stack([numbers[head, word] for head in heads if head != word]).ravel()
        for word in heads[1:]
    ]


def potentials_at(oracle: Oracle, places: Sequence[np.ndarray]) -> list[np.ndarray]:
    (potentials,) = oracle.potentials.values()
    return [potentials.ravel()[place] for place in places]


def nll(_: NLL, student: Oracle, __: Oracle, gold: np.ndarray, family: Family) -> float:
    (name,) = student.potentials
    given = student.without({name: family.contradicted(gold)})
    return (student.log_partition - given.log_partition) / max(1, student.length)


def token(objective: Token, student: Oracle, teacher: Oracle) -> float:
    temperature, places, found = objective.temperature, index_of_places(teacher), 0.0
    both = zip(potentials_at(student, places), potentials_at(teacher, places), strict=True)
    for ours, theirs in both:
        found += kl(softmax(theirs / temperature), softmax(ours / temperature))
    return temperature**2 * found / max(1, len(places))


def posterior(objective: Posterior, student: Oracle, teacher: Oracle) -> float:
    """Spans may be absent, too."""
    both = [oracle.temper(objective.temperature).marginals() for oracle in (student, teacher)]
    if "spans" in student.potentials:
        places = index_of_places(student)
        absent = [
            np.array([1 - marginals["spans"].ravel()[place].sum() for place in places]).clip(0)
            for marginals in both
        ]
        divergence = kl(both[1]["spans"], both[0]["spans"])
        certain = absent[1] < 1e-12
        divergence += kl(np.where(certain, 0, absent[1]), np.where(certain, 1, absent[0]))
    else:
        divergence = kl(both[1]["arcs"], both[0]["arcs"])
    return objective.temperature**2 * divergence / max(1, student.length)


def substructure(objective: Substructure, student: Oracle, teacher: Oracle) -> float:
    """Centred: without what is orthogonal to the differences of any two structures."""
    places = index_of_places(student)
    (ours,), (theirs,) = student.potentials.values(), teacher.potentials.values()
    counted = (np.isfinite(ours) & np.isfinite(theirs)).ravel()
    weights = np.zeros(ours.size)
    for place in places:
        weights[place] = counted[place] / max(1, counted[place].sum())
    difference = np.where(counted, ours.ravel(), 0) - np.where(counted, theirs.ravel(), 0)
    scaled = difference * np.sqrt(weights)
    if objective.centred and places:
        parts = np.concatenate(places)
        members = student.members.vectors[:, parts]
        _, sizes, directions = np.linalg.svd(members - members.mean(0), full_matrices=True)
        free = directions[(sizes > 1e-9).sum() :].T * np.sqrt(weights[parts])[:, None]
        scaled[parts] -= free @ np.linalg.lstsq(free, scaled[parts], rcond=None)[0]
    return float((scaled**2).sum()) / max(1, len(places))


@pytest.mark.parametrize("forbidden", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "objective",
    [
        *[NLL(), Token(temperature=2.0), Posterior(temperature=2.0), Structural(), TopK(k=3)],
        *[Substructure(centred=centred) for centred in (False, True)],
    ],
    ids=str,
)
def test_the_value_is_that_of_enumeration(
    objective: Objective, family: str, forbidden: bool
) -> None:
    (pair,) = (pair for pair in tree_pairs(forbidden=forbidden) if pair.name == family)
    value = objective(pair.student.structure, pair.teacher.structure, pair.gold_parts)
    expected = []
    rows = zip(pair.student.oracles, pair.teacher.oracles, pair.gold, strict=True)
    for student, teacher, gold in rows:
        match objective:
            case NLL():
                expected.append(nll(objective, student, teacher, gold, FAMILIES[family]))
            case Token():
                expected.append(token(objective, student, teacher))
            case Posterior():
                expected.append(posterior(objective, student, teacher))
            case Structural():
                expected.append(test_structural.value(objective, student, teacher, gold))
            case TopK():
                expected.append(test_top_k.value(objective, student, teacher, gold))
            case Substructure():
                expected.append(substructure(objective, student, teacher))
    wanted = torch.tensor(expected, dtype=torch.float64)
    torch.testing.assert_close(value, wanted, rtol=1e-8, atol=1e-8)


served = [
    pytest.param(each, objective, pair, id=f"{objective} of {pair}, forbidden {forbidden}")
    for forbidden in (False, True)
    for pair in tree_pairs(forbidden=forbidden)
    for each in laws().values()
    for objective in each.instances
]
every_pair = pytest.mark.parametrize(("each", "objective", "pair"), served)


@every_pair
def test_what_holds_for_all_structures(each: Laws, objective: Objective, pair: Pair) -> None:
    test_laws.test_nothing_reaches_the_teacher(each, objective, pair)
    test_laws.test_gradients_do_not_change_with_how_a_batch_is_split(each, objective, pair)
    test_laws.test_the_temperature_divides_the_potentials_of_both(each, objective, pair)
    test_laws.test_what_only_the_student_forbids_is_finite(each, objective, pair)
    test_laws.test_large_scores_in_single_precision_are_finite(each, objective, pair, "extreme")


@every_pair
def test_a_sentence_alone_has_the_value_it_has_in_a_batch(
    each: Laws, objective: Objective, pair: Pair
) -> None:
    values = objective(pair.student.structure, pair.teacher.structure, pair.gold_parts)
    for i, length in [(2, 3), (4, 0), (5, 1)]:
        some = slice(length + 1)
        gold = {name: parts[i : i + 1, some, some] for name, parts in pair.gold_parts.items()}
        value = objective(pair.student.alone(i), pair.teacher.alone(i), gold)
        torch.testing.assert_close(value, values[i : i + 1])


@every_pair
def test_the_minimum_is_where_student_and_teacher_are_the_same(
    each: Laws, objective: Objective, pair: Pair
) -> None:
    if not each.zero_at_teacher:
        return
    leaves = {name: x.clone().requires_grad_() for name, x in pair.teacher.inputs.items()}
    value = objective(pair.teacher.make(leaves), pair.teacher.structure)
    torch.testing.assert_close(value, torch.zeros_like(value), rtol=0, atol=1e-12)
    value.sum().backward()
    for leaf in leaves.values():
        assert leaf.grad is None or leaf.grad.abs().max() < 1e-9

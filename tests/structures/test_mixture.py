"""Averages of distributions, against enumeration."""

import itertools
import math

import numpy as np
import pytest
import torch

from structdistill.objectives import Posterior, Structural, Substructure, Token, TopK
from structdistill.structures import Structure, expected_parts
from structdistill.structures.mixture import Mixture
from structdistill.structures.potentials import reordered
from tests.structures import test_independent, test_linear_chain
from tests.structures.families import Case, Setting, draw, families, partner

LENGTHS = (3, 0, 1, 2)
CASES = [draw(Setting(family=family, labels=3, lengths=LENGTHS)) for family in families()]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.setting))
WEIGHTS = (3, 1)


def probabilities(ours: Case, theirs: Case, i: int) -> np.ndarray:
    p, q = ours.oracles[i].probabilities, theirs.oracles[i].probabilities
    return (3 * p + q) / 4


@every_case
def test_a_mixture_of_one_is_that_one(case: Case) -> None:
    mixture, student = Mixture([case.structure], [7]), partner(case).structure
    for objective in (Structural(), Posterior(), TopK(k=3), Structural(temperature=2)):
        expected = objective(student, case.structure)
        torch.testing.assert_close(objective(student, mixture), expected)
    best = mixture.argmax()
    for name, part in case.structure.argmax().items():
        assert torch.equal(best[name], part)


@every_case
def test_expected_parts_and_divergences_are_those_of_enumeration(case: Case) -> None:
    other, student = partner(case), partner(partner(case))
    mixture = Mixture([case.structure, other.structure], WEIGHTS)
    parts = expected_parts(mixture, like=student.structure)
    cross_entropy, kl = mixture.cross_entropy(student.structure), mixture.kl(student.structure)
    for i, oracle in enumerate(student.oracles):
        p = probabilities(case, other, i)
        for name, part in oracle.expectation(p).items():
            torch.testing.assert_close(parts[name][i], torch.tensor(part))
        expected = -float(p @ oracle.log_prob)
        assert float(cross_entropy[i]) == pytest.approx(expected)
        divergence = expected + float(p @ np.log(p))
        disagreement = math.log(4) - 3 / 4 * math.log(3)
        assert divergence - 1e-9 <= float(kl[i]) <= divergence + disagreement + 1e-9


@every_case
def test_the_best_of_all_are_those_of_each_with_their_weights(case: Case) -> None:
    other = partner(case)
    everything = Mixture([case.structure, other.structure], WEIGHTS).best(500)
    for i in range(len(LENGTHS)):
        weights = everything.weights()[:, i]
        p = probabilities(case, other, i)
        found = weights[weights > 0].sort().values
        torch.testing.assert_close(found, torch.tensor(np.sort(p)))


TAGGERS = [
    draw(Setting(family=family, labels=3, lengths=LENGTHS))
    for family in (test_independent.FAMILY, test_linear_chain.FAMILY)
]


def mixed() -> list[Structure]:
    return [case.structure for case in TAGGERS]


@pytest.mark.parametrize("student", mixed(), ids=lambda structure: type(structure).__name__)
def test_members_of_different_families_are_averaged(student: Structure) -> None:
    parts = expected_parts(Mixture(mixed(), WEIGHTS), like=student)
    one, two = (expected_parts(member, like=student) for member in mixed())
    for name, part in parts.items():
        torch.testing.assert_close(part, (3 * one[name] + two[name]) / 4)
    with pytest.raises(ValueError, match=r"different families \(Independent, LinearChain\)"):
        TopK()(student, Mixture(mixed(), WEIGHTS))


def test_local_distributions_are_averaged_where_they_are_of_single_tags() -> None:
    one, two = mixed()
    mixture = Mixture([one, two], WEIGHTS)
    local = mixture.local(transitions=False).unary.softmax(-1)
    p, q = (each.potentials["emissions"].softmax(-1) for each in (one, two))
    torch.testing.assert_close(local, (3 * p + q) / 4)
    assert (Token()(two, mixture) >= 0).all()
    with pytest.raises(ValueError, match="several teachers have no potentials in common"):
        Substructure()(two, mixture)


def test_what_is_asked_is_answered_or_refused() -> None:
    one, two = (TAGGERS[1].structure, partner(TAGGERS[1]).structure)
    mixture, order = Mixture([one, two], (1, 1)), torch.tensor([2, 0, 1])
    assert len(mixture[1:].detach().to("cpu")) == 3
    ours = expected_parts(mixture.relabel(order), like=one)
    theirs = reordered(expected_parts(mixture, like=one), one._axes, order)
    for name, part in theirs.items():
        torch.testing.assert_close(ours[name], part)
    with pytest.raises(ValueError, match="the entropy of a mixture"):
        mixture.entropy()
    for members, weights in itertools.product(([], [one, two]), ([1.0], [1.0, 0.0])):
        with pytest.raises(ValueError, match="a mixture needs members with a positive weight"):
            Mixture(members, weights)

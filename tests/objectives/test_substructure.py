"""Local matching on all sub-structures: going through all of them one by one."""

import itertools

import numpy as np
import pytest
import torch

from structdistill.objectives import Substructure
from structdistill.structures import LinearChain, Structure
from tests.objectives.families import Laws, kl, softmax
from tests.oracle import Arrays, Oracle

Place = list[list[tuple[str, tuple[int, ...]]]]
"""The alternatives at one word; each is a list of the potentials that make it up."""


def places(oracle: Oracle, transitions: bool) -> list[Place]:
    tags, length = range(oracle.potentials["emissions"].shape[1]), oracle.length
    chain = transitions and "transitions" in oracle.potentials
    found = []
    for i in range(length):
        place: Place = [[("emissions", (i, k))] for k in tags]
        if chain and i > 0:
            shared = oracle.potentials["transitions"].ndim == 2
            place = [
                [*place[k], ("transitions", (j, k) if shared else (i - 1, j, k))]
                for j, k in itertools.product(tags, tags)
            ]
        for potential in place if chain else []:
            tag = potential[0][1][1:]
            potential += [("start", tag)] * (i == 0) + [("end", tag)] * (i == length - 1)
        found.append(place)
    return found


def potentials(oracle: Oracle, place: Place) -> np.ndarray:
    return np.array([sum(oracle.potentials[name][index] for name, index in each) for each in place])


def value(objective: Substructure, student: Oracle, teacher: Oracle, _: np.ndarray) -> float:
    total, temperature = 0.0, objective.temperature
    both = [places(oracle, objective.transitions) for oracle in (student, teacher)]
    for our_place, their_place in zip(*both, strict=True):
        ours, theirs = potentials(student, our_place), potentials(teacher, their_place)
        if objective.measure == "kl":
            total += temperature**2 * kl(softmax(theirs / temperature), softmax(ours / temperature))
            continue
        possible = np.isfinite(ours) & np.isfinite(theirs)
        if possible.any():
            difference = ours[possible] - theirs[possible]
            total += ((difference - objective.centred * difference.mean()) ** 2).mean()
    return total / max(1, student.length)


def gradient(objective: Substructure, student: Oracle, teacher: Oracle, _: np.ndarray) -> Arrays:
    found = {name: np.zeros_like(potential) for name, potential in student.potentials.items()}
    both = [places(oracle, objective.transitions) for oracle in (student, teacher)]
    for our_place, their_place in zip(*both, strict=True):
        ours, theirs = potentials(student, our_place), potentials(teacher, their_place)
        if objective.measure == "kl":
            temperature = objective.temperature
            of_place = temperature * (softmax(ours / temperature) - softmax(theirs / temperature))
        else:
            possible = np.isfinite(ours) & np.isfinite(theirs)
            of_place, count = np.zeros(len(ours)), max(1, possible.sum())
            difference = ours[possible] - theirs[possible]
            mean = difference.sum() / count
            of_place[possible] = 2 * (difference - objective.centred * mean) / count
        for alternative, share in zip(our_place, of_place / student.length, strict=True):
            for name, index in alternative:
                found[name][index] += share
    return found


def serves(objective: Substructure, student: Structure, teacher: Structure) -> bool:
    return not objective.transitions or type(student) is type(teacher)


LAWS = Laws(
    instances=[
        *(
            Substructure(transitions=transitions, centred=centred)
            for transitions in (True, False)
            for centred in (True, False)
        ),
        *(
            Substructure(transitions=transitions, measure="kl", temperature=temperature)
            for transitions in (True, False)
            for temperature in (1.0, 3.0)
        ),
    ],
    value=value,
    gradient=gradient,
    serves=serves,
)


def chain(*, constants: float = 0.0, seed: int = 0) -> LinearChain:
    generator = torch.Generator().manual_seed(seed)
    emissions = torch.randn(2, 4, 3, dtype=torch.float64, generator=generator)
    transitions = torch.randn(3, 3, dtype=torch.float64, generator=generator)
    constant = constants * torch.randn(2, 4, 1, dtype=torch.float64, generator=generator)
    lengths = torch.tensor([4, 2])
    return LinearChain(emissions=emissions + constant, transitions=transitions, lengths=lengths)


@pytest.mark.parametrize("transitions", [True, False])
def test_centred_does_not_see_constants_and_raw_does(transitions: bool) -> None:
    teacher, moved_teacher = chain(seed=1), chain(seed=1, constants=10.0)
    student, moved_student = chain(seed=2), chain(seed=2, constants=10.0)
    centred = Substructure(transitions=transitions)
    raw = Substructure(transitions=transitions, centred=False)
    expected = centred(student, teacher)
    torch.testing.assert_close(centred(moved_student, teacher), expected)
    torch.testing.assert_close(centred(student, moved_teacher), expected)
    assert (raw(moved_student, teacher) > raw(student, teacher) + 1).all()
    torch.testing.assert_close(centred(moved_teacher, teacher), torch.zeros(2).double())
    # What centring takes away is no part of the distribution.
    torch.testing.assert_close(moved_teacher.kl(teacher), torch.zeros(2).double())


def test_raw_is_the_larger_one() -> None:
    student, teacher = chain(seed=1), chain(seed=2)
    assert (Substructure(centred=False)(student, teacher) >= Substructure()(student, teacher)).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": 2.0}, "the squared error has no temperature: set measure='kl'"),
        ({"measure": "kl", "temperature": 0.0}, "temperature must be positive; got 0.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Substructure(**settings)


def test_unknown_measures_are_refused() -> None:
    objective = Substructure()
    object.__setattr__(objective, "measure", "cosine")  # past the type checker of the tests
    with pytest.raises(ValueError, match="measure must be 'squared_error' or 'kl'; got 'cosine'"):
        objective.__post_init__()

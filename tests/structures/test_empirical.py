"""Lists of structures, against enumeration of all of them."""

import itertools

import numpy as np
import pytest
import torch

from structdistill.objectives import Posterior, Structural, Substructure, Token, TopK
from structdistill.structures import (
    Empirical,
    Independent,
    LinearChain,
    NonProjectiveTree,
    Structure,
    expected_parts,
)
from tests.structures import test_independent, test_linear_chain
from tests.structures.families import Case, Setting, draw, families, partner

LENGTHS = (2, 0, 1, 2)
CASES = [
    draw(Setting(family=family, form=form, labels=2, lengths=LENGTHS))
    for family in families()
    for form in range(len(family.forms))
]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.setting))
# Families over the same structures, which they enumerate in one order.
TAGGERS = [
    draw(Setting(family=family, labels=3, lengths=(4, 0, 1, 3)))
    for family in (test_independent.FAMILY, test_linear_chain.FAMILY)
]
every_pair = pytest.mark.parametrize(
    ("theirs", "ours"),
    [(a, partner(b)) for a, b in itertools.product(TAGGERS, repeat=2)],
    ids=lambda case: str(case.setting),
)


def everything(structure: Structure) -> Empirical:
    """All structures that there are."""
    return structure.best(16)  # more than there are of two words and two labels


def some(case: Case) -> tuple[Empirical, list[np.ndarray]]:
    """A few structures of each sentence with weights of their own, and all probabilities."""
    random, rows, scores = np.random.default_rng(1), [], []
    for oracle in case.oracles:
        row = random.permutation(len(oracle.scores))[:3]
        rows.append(np.resize(row, 3))
        scores.append([random.normal() if i < len(row) else -np.inf for i in range(3)])
    weights = torch.tensor(np.array(scores)).T
    parts = {
        name: torch.tensor(
            np.stack(
                [
                    padded(oracle.members.parts[name][row], like.shape[1:])
                    for oracle, row in zip(case.oracles, rows, strict=True)
                ],
                axis=1,
            ),
            dtype=like.dtype,
        )
        for name, like in case.structure.batched().items()
    }
    probabilities = []
    for oracle, row, weight in zip(case.oracles, rows, weights.softmax(0).T, strict=True):
        found = np.zeros(len(oracle.scores))
        np.add.at(found, row, weight.numpy())
        probabilities.append(found)
    return Empirical(family=case.structure, parts=parts, scores=weights), probabilities


def padded(parts: np.ndarray, shape: torch.Size) -> np.ndarray:
    """Parts of a sentence as they stand in a batch."""
    found = np.zeros((len(parts), *shape))
    found[tuple(map(slice, parts.shape))] = parts
    return found


# A list of everything is the distribution itself


@every_case
def test_with_all_structures_it_is_the_structure(case: Case) -> None:
    structure, other = case.structure, partner(case).structure
    listed = everything(structure)
    assert len(listed) == len(structure)
    torch.testing.assert_close(listed.entropy(), structure.entropy())
    torch.testing.assert_close(listed.kl(other), structure.kl(other))
    torch.testing.assert_close(listed.kl(structure), torch.zeros(len(case.lengths)).double())
    torch.testing.assert_close(listed.cross_entropy(other), structure.cross_entropy(other))
    torch.testing.assert_close(listed.temper(3).entropy(), structure.temper(3).entropy())
    for name, part in expected_parts(listed, like=structure).items():
        torch.testing.assert_close(part, structure.marginals()[name])
        assert torch.equal(listed.argmax()[name], structure.argmax()[name])
        assert torch.equal(listed.best(1).parts[name][0], structure.argmax()[name])


@every_case
def test_objectives_see_no_difference(case: Case) -> None:
    student, teacher = partner(case).structure, case.structure
    for objective in (Structural(temperature=2.0), Posterior(temperature=0.5), TopK(k=2)):
        expected = objective(student, teacher)
        torch.testing.assert_close(objective(student, everything(teacher)), expected)


@every_case
def test_relabelled_indexed_and_moved_it_is_the_same(case: Case) -> None:
    structure, listed = case.structure, everything(case.structure)
    order = torch.tensor([1, 0])
    changed = [
        (listed.relabel(order), structure.relabel(order)),
        (listed[1:], structure[1:]),
        (listed[0], structure[0]),
        (listed[torch.tensor([3, 0])], structure[torch.tensor([3, 0])]),
        (listed.detach().to("cpu"), structure),
    ]
    for ours, theirs in changed:
        for name, part in expected_parts(ours, like=theirs).items():
            torch.testing.assert_close(part, theirs.marginals()[name])


# A list of some


@every_pair
def test_some_structures_are_what_enumeration_has(theirs: Case, ours: Case) -> None:
    listed, probabilities = some(theirs)
    expected = [o.expectation(p) for o, p in zip(ours.oracles, probabilities, strict=True)]
    for name, part in expected_parts(listed, like=ours.structure).items():
        ours.assert_close(part, np.stack([each[name] for each in expected]))
    entropy = [-(p[p > 0] * np.log(p[p > 0])).sum() for p in probabilities]
    ours.assert_close(listed.entropy(), np.array(entropy))
    kl = [
        (p[p > 0] * (np.log(p[p > 0]) - o.log_prob[p > 0])).sum()
        for o, p in zip(ours.oracles, probabilities, strict=True)
    ]
    ours.assert_close(listed.kl(ours.structure), np.array(kl))
    assert (listed.kl(ours.structure) >= 0).all()


@every_pair
def test_the_gradient_is_that_of_the_docstring(theirs: Case, ours: Case) -> None:
    listed, _ = some(theirs)
    leaves = {name: x.clone().requires_grad_() for name, x in ours.structure.batched().items()}
    student = type(ours.structure)(**leaves, lengths=ours.lengths)
    listed.kl(student).sum().backward()
    told = expected_parts(listed, like=student)
    for name, leaf in leaves.items():
        expected = (student.marginals()[name] - told[name]).detach()
        torch.testing.assert_close(leaf.grad, expected)


@every_pair
def test_a_list_alone_is_as_in_a_batch(theirs: Case, ours: Case) -> None:
    listed, _ = some(theirs)
    together = listed.kl(ours.structure)
    for i in range(len(together)):
        torch.testing.assert_close(listed[i].kl(ours.structure[i]), together[i : i + 1])


def test_weights_are_tempered_and_levelled() -> None:
    listed, _ = some(TAGGERS[0])
    weights = listed.weights()
    torch.testing.assert_close(listed.temper(2).weights(), weights.sqrt() / weights.sqrt().sum(0))
    there = listed.scores.isfinite()
    torch.testing.assert_close(
        listed.uniform().weights(), there / there.sum(0).to(torch.float64), check_dtype=False
    )
    assert listed.best(2).scores.diff(dim=0).nan_to_num().max() <= 0
    with pytest.raises(ValueError, match="temperature must be positive; got 0"):
        listed.temper(0)


# What it cannot be


@pytest.mark.parametrize("objective", [Substructure(), Token()])
def test_what_compares_potentials_refuses_it(objective: Substructure | Token) -> None:
    with pytest.raises(ValueError, match="a list of structures has no potentials to compare"):
        objective(TAGGERS[0].structure, everything(TAGGERS[0].structure))


def test_it_is_no_student() -> None:
    structure = TAGGERS[1].structure
    with pytest.raises(TypeError, match=r"LinearChain[\s\S]*Empirical"):
        structure.kl(everything(structure))  # type: ignore[arg-type]


def test_trees_with_relations_have_no_divergence_from_trees_without() -> None:
    lengths = torch.tensor([2])
    labelled = NonProjectiveTree(arcs=torch.zeros(1, 3, 3, 2), lengths=lengths)
    bare = NonProjectiveTree(arcs=torch.zeros(1, 3, 3), lengths=lengths)
    listed = everything(labelled)
    torch.testing.assert_close(listed.cross_entropy(bare), torch.tensor([2.0]).log())
    with pytest.raises(TypeError, match="no KL from a list of trees with relations to trees"):
        listed.kl(bare)


def test_shapes_that_do_not_fit_are_told() -> None:
    family = Independent(emissions=torch.zeros(1, 2, 3), lengths=torch.tensor([2]))
    parts = {"emissions": torch.zeros(4, 1, 2, 2)}
    with pytest.raises(ValueError, match=r"needs scores \(k, 1\) and parts of shapes .*4, 1, 2, 3"):
        Empirical(family=family, parts=parts, scores=torch.zeros(4, 1))
    chain = LinearChain(
        emissions=torch.zeros(1, 2, 3), transitions=torch.zeros(3, 3), lengths=torch.tensor([2])
    )
    assert not chain.has_parts_of(chain.best(1))

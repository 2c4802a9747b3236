"""Merged labels, against enumeration of all structures before and after."""

import itertools
import math

import pytest
import torch

from structdistill.objectives import Posterior, Structural, Substructure, Token, TopK
from structdistill.structures import (
    Independent,
    LinearChain,
    NonProjectiveTree,
    SemiMarkov,
    Structure,
    expected_parts,
)
from structdistill.structures.label_maps import LabelMap
from structdistill.structures.merged import Merged, renamed
from structdistill.structures.potentials import reordered
from tests.structures import test_independent, test_linear_chain, test_semi_markov
from tests.structures.families import Case, Setting, draw
from tests.structures.renaming import indicator, pushed

LENGTHS = (3, 0, 1, 2)
LABELS = LabelMap((0, 2, 0, 1), 3)
MAPS = {"emissions": LABELS, "segments": LABELS}
TAGGERS = (test_independent.FAMILY, test_linear_chain.FAMILY)


def cases(*, labels: int) -> list[Case]:
    return [
        draw(Setting(family=family, form=form, labels=labels, lengths=LENGTHS))
        for family in TAGGERS
        for form in {0, len(family.forms) - 1}
    ]


SEGMENTS = [
    [
        draw(Setting(family=test_semi_markov.FAMILY, form=form, labels=labels, lengths=LENGTHS))
        for form in (0, 2)
    ]
    for labels in (4, 3)
]
PAIRS = [
    *itertools.product(cases(labels=4), cases(labels=3)),
    *itertools.product(*SEGMENTS),
]
every_pair = pytest.mark.parametrize(("theirs", "ours"), PAIRS, ids=lambda case: str(case.setting))


@every_pair
def test_expected_parts_are_those_of_enumeration(theirs: Case, ours: Case) -> None:
    parts = expected_parts(renamed(theirs.structure, MAPS), like=ours.structure)
    for i, probabilities in enumerate(pushed(theirs, LABELS.index)):
        for name, found in parts.items():
            expected = sum(
                p * indicator(ours.structure, i, z)[name][0] for z, p in probabilities.items()
            )
            torch.testing.assert_close(found[i], expected)


@every_pair
def test_divergences_bound_those_of_enumeration(theirs: Case, ours: Case) -> None:
    teacher, student = renamed(theirs.structure, MAPS), ours.structure
    cross_entropy, kl = teacher.cross_entropy(student), teacher.kl(student)
    for i, probabilities in enumerate(pushed(theirs, LABELS.index)):
        expected = -sum(
            p * float(student[i].log_prob(indicator(student, i, z)))
            for z, p in probabilities.items()
        )
        entropy = -sum(p * math.log(p) for p in probabilities.values() if p)
        assert float(cross_entropy[i]) == pytest.approx(expected)
        assert float(kl[i]) >= expected - entropy - 1e-9
        if isinstance(theirs.structure, Independent):
            assert float(kl[i]) == pytest.approx(expected - entropy, abs=1e-9)
    constant = kl - cross_entropy
    other = type(student)(
        **{name: tensor / 2 for name, tensor in student.potentials.items()},
        lengths=student.lengths,
    )
    torch.testing.assert_close(teacher.kl(other) - teacher.cross_entropy(other), constant)


@every_pair
@pytest.mark.parametrize("objective", [Structural(), Posterior(), TopK(k=3)])
def test_objectives_compare_them(theirs: Case, ours: Case, objective) -> None:
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in ours.inputs.items()}
    value = objective(ours.make(leaves), renamed(theirs.structure, MAPS))
    assert (value >= 0).all()
    value.sum().backward()
    assert all(leaf.grad is not None for leaf in leaves.values())


def fine_scores(theirs: Structure, i: int, word: int) -> torch.Tensor:
    """Of a chain: the potentials of each pair of tags at a word, by the definition."""
    p = {name: tensor[i] for name, tensor in theirs.batched().items()}
    scores = p["emissions"][word].expand(4, 4).clone()
    if word > 0:
        scores = scores + p["transitions"]
    if word == 0:
        scores = scores + p["start"]
    if word == int(theirs.lengths[i]) - 1:
        scores = scores + p["end"]
    return scores


def test_local_potentials_are_sums_over_what_is_merged() -> None:
    chain = draw(Setting(family=test_linear_chain.FAMILY, labels=4, lengths=LENGTHS)).structure
    local = renamed(chain, MAPS).local(transitions=True)
    for i, length in enumerate(LENGTHS):
        for word in range(length):
            scores = fine_scores(chain, i, word)
            for j, k in itertools.product(range(3), repeat=2):
                before = [t for t in range(4) if LABELS.index[t] == j]
                tags = [t for t in range(4) if LABELS.index[t] == k]
                if word > 0:
                    expected = scores[before][:, tags].flatten().logsumexp(0)
                    found = local.unary[i, word, k] + local.pairs[i, word, j, k]
                else:
                    expected, found = scores[0][tags].logsumexp(0), local.unary[i, word, k]
                torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("objective", [Token(), Substructure(), Substructure(measure="kl")])
def test_chains_compare_locally_and_segments_do_not(objective) -> None:
    chain, student = (
        draw(Setting(family=test_linear_chain.FAMILY, labels=labels, lengths=LENGTHS)).structure
        for labels in (4, 3)
    )
    assert (objective(student, renamed(chain, MAPS)) >= 0).all()
    with pytest.raises(ValueError, match="merged labels of segments have no potentials"):
        objective(SEGMENTS[1][0].structure, renamed(SEGMENTS[0][0].structure, MAPS))


def test_bioes_becomes_bio_and_segments_are_read_from_it() -> None:
    # O, then B-, E-, I-, S- of two types, which become one; and the segments' labels.
    tags = LabelMap((0, 1, 1, 2, 2, 2, 2, 1, 1), 3)
    maps = {"emissions": tags, "segments": LabelMap((0, 1, 1), 2)}
    chain = LinearChain(
        emissions=torch.randn(2, 4, 9, dtype=torch.float64),
        transitions=torch.randn(9, 9, dtype=torch.float64),
        lengths=torch.tensor([4, 2]),
    )
    like = SemiMarkov(
        segments=torch.zeros(2, 4, 4, 2, dtype=torch.float64),
        transitions=torch.zeros(2, 2, dtype=torch.float64),
        lengths=chain.lengths,
    )
    before = like.relabel(torch.tensor([0, 1, 1]))
    expected = expected_parts(chain, like=before)["segments"]
    found = expected_parts(renamed(chain, maps), like=like)["segments"]
    torch.testing.assert_close(found[..., 1], expected[..., 1] + expected[..., 2])


def test_what_is_asked_is_answered_or_refused() -> None:
    case = draw(Setting(family=test_linear_chain.FAMILY, labels=4, lengths=LENGTHS))
    merged = renamed(case.structure, MAPS)
    assert isinstance(merged, Merged)
    assert merged.argmax()["emissions"].shape[-1] == 3
    assert len(merged[1:]) == len(merged.detach().to("cpu").temper(2)) - 1 == 3
    like = draw(Setting(family=test_linear_chain.FAMILY, labels=3, lengths=LENGTHS)).structure
    order = torch.tensor([2, 0, 1])
    ours = expected_parts(merged.relabel(order), like=like)
    theirs = reordered(expected_parts(merged, like=like), like._axes, order)
    torch.testing.assert_close(ours, theirs)
    with pytest.raises(ValueError, match="the entropy of merged labels that depend"):
        merged.entropy()
    with pytest.raises(TypeError, match="cannot be renamed"):
        renamed(merged, MAPS)
    tree = NonProjectiveTree(arcs=torch.zeros(4, 4, 4, 2), lengths=torch.tensor(LENGTHS))
    with pytest.raises(TypeError, match="no map of the labels of NonProjectiveTree is known"):
        merged.expected_parts(tree)

"""Negative log-likelihood: its laws, and what annotations it takes."""

import numpy as np
import pytest
import torch

from structdistill.objectives import NLL, Objective
from structdistill.structures import LinearChain
from tests.objectives.families import Laws
from tests.oracle import Arrays, Oracle
from tests.structures.families import Family, Setting, draw, families


def agreeing(student: Oracle, gold: np.ndarray) -> Oracle:
    return student.without({"emissions": gold.any(-1, keepdims=True) & (gold == 0)})


def value(_: Objective, student: Oracle, __: Oracle, gold: np.ndarray) -> float:
    difference = student.log_partition - agreeing(student, gold).log_partition
    return difference / max(1, student.length)


def gradient(_: Objective, student: Oracle, __: Oracle, gold: np.ndarray) -> Arrays:
    ours, given = student.marginals(), agreeing(student, gold).marginals()
    return {name: (ours[name] - given[name]) / max(1, student.length) for name in ours}


LAWS = Laws(instances=[NLL()], value=value, gradient=gradient, zero_at_teacher=False)


def chain(words: int = 3) -> LinearChain:
    return LinearChain(
        emissions=torch.randn(1, words, 3, dtype=torch.float64),
        transitions=torch.randn(3, 3, dtype=torch.float64),
        lengths=torch.tensor([words]),
    )


def test_full_annotation_is_the_probability_of_one_structure() -> None:
    student = chain()
    gold = student.indicator(torch.tensor([[2, 0, 1]]))
    torch.testing.assert_close(NLL()(student, gold=gold), -student.log_prob(gold) / 3)


@pytest.mark.parametrize("family", families(), ids=lambda family: family.structure.__name__)
def test_sentences_annotated_in_full_in_part_and_not_at_all_go_together(family: Family) -> None:
    case = draw(Setting(family=family, lengths=(4, 3, 3, 2, 0, 2)))
    parts, decisive = case.structure.argmax(), case.structure.decisive
    for part in parts.values():
        part[2:4] = 0
    parts[decisive][2] = torch.tensor(
        family.observe(parts[decisive][1].numpy(), np.random.default_rng(5))
    )
    found = []
    for gold in (parts, {decisive: parts[decisive]}):  # whole structures known as such, or not
        leaves = {name: x.clone().requires_grad_() for name, x in case.inputs.items()}
        value = NLL()(case.make(leaves), gold=gold)
        value.sum().backward()
        found.append([value, *(leaf.grad for leaf in leaves.values())])
        assert value[3] == value[4] == 0
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


def test_a_place_with_several_tags_is_either_of_them() -> None:
    student = chain()
    either = student.indicator(torch.tensor([[2, 0, 1]]))["emissions"]
    either[0, 1, 1] = 1
    paths = [student.indicator(torch.tensor([[2, middle, 1]])) for middle in (0, 1)]
    log_prob = torch.stack([student.log_prob(path) for path in paths]).logsumexp(0)
    torch.testing.assert_close(NLL()(student, gold={"emissions": either}), -log_prob / 3)


def test_without_annotation_it_is_zero() -> None:
    student = chain()
    assert NLL()(student).tolist() == [0.0]
    assert NLL()(student).dtype == torch.float64
    nothing = {"emissions": torch.zeros(1, 3, 3)}
    assert NLL()(student, gold=nothing).tolist() == [0.0]


def test_it_needs_no_teacher() -> None:
    assert not NLL().needs_teacher

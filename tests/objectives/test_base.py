"""How objectives add and scale."""

import pytest
import torch

from structdistill.objectives import NLL, Linear, Objective, Structural, Token, TopK, WeightedSum
from tests.objectives.families import pairs

PAIR = pairs()[1]
STUDENT, TEACHER, GOLD = PAIR.student.structure, PAIR.teacher.structure, PAIR.gold_parts


def test_a_sum_adds_what_its_terms_say_of_each_sentence() -> None:
    total = 0.9 * Token(temperature=2.0) + NLL() * 0.1 + Structural()
    expected = (
        0.9 * Token(temperature=2.0)(STUDENT, TEACHER)
        + 0.1 * NLL()(STUDENT, gold=GOLD)
        + Structural()(STUDENT, TEACHER)
    )
    torch.testing.assert_close(total(STUDENT, TEACHER, GOLD), expected)


def test_weights_multiply_and_sums_of_sums_are_flat() -> None:
    total = 0.5 * (0.5 * Token() + NLL()) + 2 * (NLL() * 3)
    assert total.terms == ((0.25, Token()), (0.5, NLL()), (6.0, NLL()))
    assert WeightedSum.of(total) is total
    assert WeightedSum.of(NLL()).terms == ((1.0, NLL()),)


def test_without_annotation_only_the_teacher_counts() -> None:
    total = 0.5 * Token() + 0.5 * NLL()
    torch.testing.assert_close(total(STUDENT, TEACHER), 0.5 * Token()(STUDENT, TEACHER))


def test_a_sum_needs_a_teacher_if_one_of_its_terms_does() -> None:
    assert (NLL() + 0.1 * Token()).needs_teacher
    assert not (NLL() + NLL()).needs_teacher
    with pytest.raises(ValueError, match="token compares with a teacher and there is none"):
        (NLL() + Token())(STUDENT, gold=GOLD)


def test_schedules_become_numbers_at_a_share_of_training() -> None:
    total = Linear(1, 0) * Token() + Linear(0, 1) * NLL() + 0.5 * Structural()
    assert total.at(0.25) == 0.75 * Token() + 0.25 * NLL() + 0.5 * Structural()
    values = total.at(0.25)(STUDENT, TEACHER, GOLD)
    expected = 0.75 * Token()(STUDENT, TEACHER) + 0.25 * NLL()(STUDENT, gold=GOLD)
    torch.testing.assert_close(values, expected + 0.5 * Structural()(STUDENT, TEACHER))


def test_a_schedule_has_no_value_before_it_is_asked_at_a_time() -> None:
    with pytest.raises(ValueError, match=r"changes during training: call .at\(progress\) first"):
        (Linear(1, 0) * Token())(STUDENT, TEACHER)


def test_numbers_scale_schedules_but_schedules_do_not_multiply() -> None:
    assert (2 * (Linear(1, 0, until=0.5) * NLL())).terms == ((Linear(2, 0, until=0.5), NLL()),)
    assert (Linear(1, 0) * (2 * NLL())).terms == ((Linear(2, 0), NLL()),)
    with pytest.raises(ValueError, match="a product of two schedules, linear"):
        Linear(1, 0) * (Linear(0, 1) * NLL())


def test_objectives_are_written_with_what_differs_from_the_defaults() -> None:
    assert str(NLL()) == "nll"
    assert str(TopK(k=5, weighted=False)) == "top_k(k=5, weighted=False)"
    assert str(0.1 * Token() + NLL()) == "0.1 * token + nll"
    assert str(Linear(1, 0, until=0.5) * NLL()) == "linear(1, 0, until=0.5) * nll"


def test_gradients_of_a_sum_are_the_weighted_gradients() -> None:
    leaf = PAIR.student.inputs["emissions"].clone().requires_grad_()

    def gradient(objective: Objective) -> torch.Tensor:
        student = PAIR.student.make({**PAIR.student.inputs, "emissions": leaf})
        return torch.autograd.grad(objective(student, TEACHER, GOLD).sum(), leaf)[0]

    together = gradient(0.3 * Token() + 2 * NLL())
    torch.testing.assert_close(together, 0.3 * gradient(Token()) + 2 * gradient(NLL()))

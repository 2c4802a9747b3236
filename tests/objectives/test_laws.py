"""What holds for every objective, in all its settings and for all students and teachers."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor

from structdistill.names import known
from structdistill.objectives import Objective
from structdistill.structures import Independent, Structure
from tests.objectives.families import Laws, Pair, laws, pairs
from tests.structures.families import Case, draw

INSTANCES = [(each, instance) for each in laws().values() for instance in each.instances]
served = [
    pytest.param(each, objective, pair, id=f"{objective} where {pair}")
    for pair in pairs()
    for each, objective in INSTANCES
    if each.serves(objective, pair.student.structure, pair.teacher.structure)
]
forbidding = [
    pytest.param(each, objective, pair, id=f"{objective} where {pair}")
    for pair in pairs(forbidden=True)
    for each, objective in INSTANCES
    if each.serves(objective, pair.student.structure, pair.teacher.structure)
]
every_pair = pytest.mark.parametrize(("each", "objective", "pair"), served)
every_forbidding_pair = pytest.mark.parametrize(("each", "objective", "pair"), forbidding)
every_objective = pytest.mark.parametrize(
    ("each", "objective"), INSTANCES, ids=[str(objective) for _, objective in INSTANCES]
)


def test_every_objective_has_its_laws_tested() -> None:
    assert sorted(laws()) == known("objectives")


@pytest.mark.parametrize(("each", "objective", "pair"), served + forbidding)
def test_the_value_is_that_of_enumeration(each: Laws, objective: Objective, pair: Pair) -> None:
    value = objective(pair.student.structure, pair.teacher.structure, pair.gold_parts)
    rows = zip(pair.student.oracles, pair.teacher.oracles, pair.gold, strict=True)
    expected = torch.tensor([each.value(objective, *row) for row in rows], dtype=torch.float64)
    assert value.shape == (len(pair.student.lengths),)
    torch.testing.assert_close(value, expected, rtol=1e-9, atol=1e-9)
    assert (value >= 0).all()
    assert (value[pair.student.lengths == 0] == 0).all()


@pytest.mark.parametrize(("each", "objective", "pair"), served + forbidding)
def test_the_gradient_is_that_of_the_docstring(
    each: Laws, objective: Objective, pair: Pair
) -> None:
    leaves, student = _leaves(pair.student)
    objective(student, pair.teacher.structure, pair.gold_parts).sum().backward()
    rows = zip(pair.student.oracles, pair.teacher.oracles, pair.gold, strict=True)
    expected = [each.gradient(objective, *row) for row in rows]
    for name, leaf in leaves.items():
        of_sentences = np.stack([gradient[name] for gradient in expected])
        if pair.student.setting.axes[name][0] != "b":
            of_sentences = of_sentences.sum(0)
        gradient = torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
        torch.testing.assert_close(gradient, torch.tensor(of_sentences), rtol=1e-8, atol=1e-8)


@every_objective
@pytest.mark.parametrize("forbidden", [False, True])
def test_the_minimum_is_where_student_and_teacher_are_the_same(
    each: Laws, objective: Objective, forbidden: bool
) -> None:
    if not each.zero_at_teacher:
        return
    for pair in pairs(forbidden=forbidden)[:2]:
        leaves, student = _leaves(pair.student)
        value = objective(student, pair.student.structure)
        torch.testing.assert_close(value, torch.zeros_like(value), rtol=0, atol=1e-12)
        value.sum().backward()
        for leaf in leaves.values():
            if leaf.grad is not None:
                assert leaf.grad.abs().max() < 1e-12


@every_objective
@pytest.mark.parametrize("noise", [1e-3, 1e-5])
def test_rounding_leaves_nothing_negative(each: Laws, objective: Objective, noise: float) -> None:
    case = draw(dataclasses.replace(pairs()[1].student.setting, dtype=torch.float32))
    near = {name: x + noise * torch.randn_like(x) for name, x in case.inputs.items()}
    assert (objective(case.make(near), case.structure) >= 0).all()


@every_pair
def test_nothing_reaches_the_teacher(each: Laws, objective: Objective, pair: Pair) -> None:
    _, student = _leaves(pair.student)
    leaves, teacher = _leaves(pair.teacher)
    before = {name: leaf.detach().clone() for name, leaf in leaves.items()}
    objective(student, teacher, pair.gold_parts).sum().backward()
    for name, leaf in leaves.items():
        assert leaf.grad is None
        assert leaf.requires_grad
        assert torch.equal(leaf.detach(), before[name])


@every_pair
def test_padding_never_counts(each: Laws, objective: Objective, pair: Pair) -> None:
    inputs = {name: tensor.requires_grad_() for name, tensor in pair.student.padded(np.nan).items()}
    teacher = pair.teacher.make(pair.teacher.padded(np.nan))
    gold = {name: torch.nn.functional.pad(g, (0, 0, 0, 2)) for name, g in pair.gold_parts.items()}
    value = objective(pair.student.make(inputs), teacher, gold)
    expected = objective(pair.student.structure, pair.teacher.structure, pair.gold_parts)
    torch.testing.assert_close(value, expected)
    value.sum().backward()
    for leaf in inputs.values():
        if leaf.grad is not None:
            assert (leaf.grad[leaf.isnan()] == 0).all()


@every_pair
def test_gradients_do_not_change_with_how_a_batch_is_split(
    each: Laws, objective: Objective, pair: Pair
) -> None:
    together, student = _leaves(pair.student)
    values = objective(student, pair.teacher.structure, pair.gold_parts)
    values.sum().backward()
    apart, _ = _leaves(pair.student)
    for part in (slice(0, 1), slice(1, 4), slice(4, None)):
        student = pair.student.make(apart)
        gold = {name: parts[part] for name, parts in pair.gold_parts.items()}
        value = objective(student[part], pair.teacher.structure[part], gold)
        torch.testing.assert_close(value, values[part])
        value.sum().backward()
    for name, leaf in together.items():
        if leaf.grad is not None:
            torch.testing.assert_close(apart[name].grad, leaf.grad)


@every_pair
def test_a_sentence_alone_has_the_value_it_has_in_a_batch(
    each: Laws, objective: Objective, pair: Pair
) -> None:
    values = objective(pair.student.structure, pair.teacher.structure, pair.gold_parts)
    for i, length in [(2, 3), (4, 0), (5, 1)]:
        gold = {name: parts[i : i + 1, :length] for name, parts in pair.gold_parts.items()}
        value = objective(pair.student.alone(i), pair.teacher.alone(i), gold)
        torch.testing.assert_close(value, values[i : i + 1])


@every_objective
def test_a_weight_means_the_same_for_any_length(each: Laws, objective: Objective) -> None:
    if not each.repeats:
        return
    pair = pairs()[0]

    def twice(structure: Structure) -> Structure:
        (words,) = structure[1].potentials.values()
        return Independent(emissions=torch.cat([words, words], 1), lengths=torch.tensor([10]))

    gold = {name: parts[1:2] for name, parts in pair.gold_parts.items()}
    once = objective(pair.student.structure[1], pair.teacher.structure[1], gold)
    gold = {name: torch.cat([parts, parts], 1) for name, parts in gold.items()}
    again = objective(twice(pair.student.structure), twice(pair.teacher.structure), gold)
    torch.testing.assert_close(again, once)


@every_forbidding_pair
def test_what_only_the_student_forbids_is_finite(
    each: Laws, objective: Objective, pair: Pair
) -> None:
    # The other way around than in the pairs: here the teacher's structures may be impossible.
    student, teacher = _leaves(Case(pair.teacher.setting, pair.teacher.inputs)), pair.student
    leaves, structure = student
    if not each.serves(objective, structure, teacher.structure):
        return
    value = objective(structure, teacher.structure, pair.gold_parts)
    assert value.isfinite().all()
    value.sum().backward()
    assert all(leaf.grad is None or leaf.grad.isfinite().all() for leaf in leaves.values())


@every_forbidding_pair
@pytest.mark.parametrize("scores", ["extreme", "shifted"])
def test_large_scores_in_single_precision_are_finite(
    each: Laws, objective: Objective, pair: Pair, scores: str
) -> None:
    settings = [
        dataclasses.replace(case.setting, dtype=torch.float32, scores=scores)
        for case in (pair.student, pair.teacher)
    ]
    leaves, student = _leaves(draw(settings[0]))
    value = objective(student, draw(settings[1]).structure, pair.gold_parts)
    assert value.dtype == torch.float32
    assert value.isfinite().all()
    value.sum().backward()
    assert all(leaf.grad is None or leaf.grad.isfinite().all() for leaf in leaves.values())


@every_pair
def test_the_temperature_divides_the_potentials_of_both(
    each: Laws, objective: Objective, pair: Pair
) -> None:
    settings = {
        field.name: getattr(objective, field.name) for field in dataclasses.fields(objective)
    }
    if "temperature" not in settings:
        return
    temperature = settings["temperature"]
    plain = dataclasses.replace(objective, temperature=1.0)
    divided = [case.structure.temper(temperature) for case in (pair.student, pair.teacher)]
    expected = temperature**2 * plain(*divided)
    torch.testing.assert_close(objective(pair.student.structure, pair.teacher.structure), expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@every_objective
def test_half_precision_is_computed_in_single_precision(
    each: Laws, objective: Objective, dtype: torch.dtype
) -> None:
    pair = pairs()[1]
    halves = [
        {name: tensor.to(dtype) for name, tensor in case.inputs.items()}
        for case in (pair.student, pair.teacher)
    ]
    value = objective(pair.student.make(halves[0]), pair.teacher.make(halves[1]), pair.gold_parts)
    singles = [{name: tensor.float() for name, tensor in half.items()} for half in halves]
    expected = objective(
        pair.student.make(singles[0]), pair.teacher.make(singles[1]), pair.gold_parts
    )
    assert value.dtype == torch.float32
    assert torch.equal(value, expected)


@every_objective
def test_a_missing_teacher_is_told(each: Laws, objective: Objective) -> None:
    student = pairs()[1].student.structure
    if not objective.needs_teacher:
        objective(student)
        return
    with pytest.raises(ValueError, match="compares with a teacher and there is none; without, use"):
        objective(student)


@every_objective
def test_a_teacher_of_other_sentences_is_told(each: Laws, objective: Objective) -> None:
    student = pairs()[1].student.structure
    if not objective.needs_teacher:
        return
    with pytest.raises(ValueError, match="student and teacher must be of the same sentences"):
        objective(student, student[[1, 0, 2, 3, 4, 5, 6, 7]])


@every_objective
def test_the_teacher_may_be_more_precise_than_the_student(each: Laws, objective: Objective) -> None:
    pair = pairs()[1]
    single = {name: tensor.float() for name, tensor in pair.student.inputs.items()}
    value = objective(pair.student.make(single), pair.teacher.structure, pair.gold_parts)
    expected = objective(pair.student.structure, pair.teacher.structure, pair.gold_parts)
    torch.testing.assert_close(value.double(), expected, rtol=1e-4, atol=1e-4)


def _leaves(case: Case) -> tuple[dict[str, Tensor], Structure]:
    """Fresh inputs that collect gradients, and the structure over them."""
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in case.inputs.items()}
    return leaves, case.make(leaves)

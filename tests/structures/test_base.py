"""How every structure behaves: what it leaves alone, and what its derived structures are."""

import inspect

import numpy as np
import pytest
import torch
from torch import Tensor

from structdistill.structures import FORBIDDEN, Structure
from structdistill.structures.potentials import LABELS, allowed
from tests.structures.families import Case, Setting, draw, families, partner, settings

every_form = pytest.mark.parametrize(
    "case",
    [
        draw(Setting(family=family, form=form, forbidden=forbidden))
        for family in families()
        for form in range(len(family.forms))
        for forbidden in (False, True)
    ],
    ids=lambda case: str(case.setting),
)


def answers(structure: Structure, other: Structure) -> dict[str, Tensor]:
    """What a structure says, by name."""
    found = {
        "log_partition": structure.log_partition(),
        "entropy": structure.entropy(),
        "cross_entropy": structure.cross_entropy(other),
        "kl": structure.kl(other),
    }
    found |= {f"marginal {name}": part for name, part in structure.marginals().items()}
    return found | {f"best {name}": part for name, part in structure.argmax().items()}


@every_form
def test_a_batch_of_mixed_lengths_answers_as_its_sentences_one_by_one(case: Case) -> None:
    other = partner(case)
    together = answers(case.structure, other.structure)
    for i in range(len(case.lengths)):
        for name, alone in answers(case.alone(i), other.alone(i)).items():
            padding = [
                x
                for size, whole in zip(alone.shape[:0:-1], together[name].shape[:0:-1], strict=True)
                for x in (0, whole - size)
            ]
            alone = torch.nn.functional.pad(alone, padding)
            torch.testing.assert_close(together[name][i : i + 1], alone, msg=name)


@every_form
def test_the_k_best_of_a_batch_are_those_of_its_sentences_one_by_one(case: Case) -> None:
    together = case.structure.top_k(4).scores
    for i in range(len(case.lengths)):
        alone = case.alone(i).top_k(4).scores
        torch.testing.assert_close(together[:, i : i + 1], alone)


@every_form
@pytest.mark.parametrize("filling", [torch.nan, -torch.inf])
def test_padding_changes_nothing(case: Case, filling: float) -> None:
    other = partner(case)
    plain = answers(case.structure, other.structure)
    padding = case.make(case.padded(filling))
    padded = answers(padding, case.make(other.padded(filling)))
    for name, value in plain.items():
        kept = padded[name][tuple(slice(size) for size in value.shape)]
        torch.testing.assert_close(kept, value, msg=name)
        assert padded[name].count_nonzero() == kept.count_nonzero(), name
    torch.testing.assert_close(padding.top_k(3).scores, case.structure.top_k(3).scores)


@every_form
def test_padding_receives_no_gradient(case: Case) -> None:
    leaves = {name: tensor.requires_grad_() for name, tensor in case.padded(torch.nan).items()}
    structure = case.make(leaves)
    value = structure.entropy() + structure.log_partition()
    for leaf in leaves.values():
        (gradient,) = torch.autograd.grad(value.sum(), leaf, retain_graph=True)
        assert (gradient[leaf.isnan()] == 0).all()
        assert gradient.isfinite().all()


@every_form
def test_indexing_selects_sentences(case: Case) -> None:
    whole = case.structure
    marginals = whole.marginals()
    chosen = {
        "integer": (2, [2]),
        "negative": (-1, [4]),
        "slice": (slice(1, None, 2), [1, 3]),
        "list": ([3, 0, 3], [3, 0, 3]),
        "indices": (torch.tensor([4, 1]), [4, 1]),
        "boolean": (torch.tensor([True, False, False, True, False]), [0, 3]),
        "nothing": (slice(0), []),
    }
    for name, (index, expected) in chosen.items():
        some = whole[index]
        assert type(some) is type(whole)
        assert some.lengths.tolist() == whole.lengths[expected].tolist(), name
        for part, values in some.marginals().items():
            torch.testing.assert_close(values, marginals[part][expected], msg=name)
    with pytest.raises(IndexError):
        whole[5]
    assert [len(sentence) for sentence in whole] == [1] * len(whole)


@every_form
def test_inputs_and_other_instances_are_left_alone(case: Case) -> None:
    inputs = {name: tensor.clone() for name, tensor in case.inputs.items()}
    before = {name: tensor.clone() for name, tensor in inputs.items()}
    first, second = case.make(inputs), case.make(inputs)
    expected = second.log_partition()
    _call_everything(first, second)
    for name, tensor in inputs.items():
        assert torch.equal(tensor, before[name])
        assert not tensor.requires_grad
        assert tensor.grad is None
    for tensor in first.potentials.values():
        tensor.fill_(7.0)
    first.lengths.fill_(0)
    torch.testing.assert_close(second.log_partition(), expected)
    assert all(torch.equal(tensor, before[name]) for name, tensor in inputs.items())


@every_form
def test_every_public_method_answers(case: Case) -> None:
    answered = _call_everything(case.structure, partner(case).structure)
    assert {"marginals", "argmax", "top_k", "sample", "kl", "relabel"} <= answered.keys()
    assert all(value is not None for value in answered.values())


@every_form
def test_answers_have_the_shapes_of_the_potentials(case: Case) -> None:
    structure, sentences = case.structure, len(case.lengths)
    shapes = {name: tensor.shape for name, tensor in structure.batched().items()}
    assert all(shape[0] == sentences for shape in shapes.values())
    assert {n: p.shape for n, p in structure.marginals().items()} == shapes
    assert {n: p.shape for n, p in structure.argmax().items()} == shapes
    for parts in (structure.sample(3), structure.top_k(3).parts):
        assert {n: p.shape for n, p in parts.items()} == {
            n: (3, *shape) for n, shape in shapes.items()
        }
    assert structure.top_k(3).scores.shape == (3, sentences)


@every_form
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_single_precision(case: Case, dtype: torch.dtype) -> None:
    half = {name: tensor.to(dtype) for name, tensor in case.inputs.items()}
    structure = case.make(half)
    single = case.make({name: tensor.float() for name, tensor in half.items()})
    assert structure.dtype == torch.float32
    for name, value in answers(structure, single).items():
        assert torch.equal(value, answers(single, single)[name]), name


@every_form
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_precision_of_the_input_is_that_of_the_output(case: Case, dtype: torch.dtype) -> None:
    structure = case.make({name: tensor.to(dtype) for name, tensor in case.inputs.items()})
    assert {value.dtype for value in answers(structure, structure).values()} == {dtype}
    assert structure.top_k(2).scores.dtype == dtype
    assert {part.dtype for part in structure.top_k(2).parts.values()} == {dtype}


@every_form
@pytest.mark.parametrize("temperature", [0.5, 3.0])
def test_tempering_divides_the_potentials(case: Case, temperature: float) -> None:
    tempered = case.structure.temper(temperature)
    oracles = [oracle.temper(temperature) for oracle in case.oracles]
    case.assert_close(tempered.log_partition(), [oracle.log_partition for oracle in oracles])
    for name, part in tempered.marginals().items():
        case.assert_close(part, np.stack([oracle.marginals()[name] for oracle in oracles]))
    for name, potential in case.structure.potentials.items():
        assert torch.equal(tempered.potentials[name] == FORBIDDEN, potential == FORBIDDEN)


@every_form
def test_temperature_one_changes_nothing(case: Case) -> None:
    for name, potential in case.structure.temper(1.0).potentials.items():
        assert torch.equal(potential, case.structure.potentials[name])


@pytest.mark.parametrize("temperature", [0.0, -1.0])
def test_temperatures_must_be_positive(temperature: float) -> None:
    structure = draw(Setting(family=families()[0])).structure
    with pytest.raises(ValueError, match=f"temperature must be positive; got {temperature}"):
        structure.temper(temperature)


@pytest.mark.parametrize("setting", settings(cases=300), ids=str)
def test_constraining_leaves_the_structures_that_agree(setting: Setting) -> None:
    case, random = draw(setting), np.random.default_rng(3)
    decisive = case.structure.decisive
    observed, oracles = [], []
    for oracle in case.oracles:
        possible = np.flatnonzero(np.isfinite(oracle.scores))
        member = oracle.members.parts[decisive][random.choice(possible)]
        observed.append(setting.family.observe(member, random))
        oracles.append(oracle.without({decisive: setting.family.contradicted(observed[-1])}))
    constrained = case.structure.constrain(torch.tensor(np.stack(observed)))
    case.assert_close(constrained.log_partition(), [oracle.log_partition for oracle in oracles])
    for name, part in constrained.marginals().items():
        case.assert_close(part, np.stack([oracle.marginals()[name] for oracle in oracles]))


@every_form
def test_whole_structures_are_told_from_what_is_known_of_one(case: Case) -> None:
    structure, best = case.structure, case.structure.argmax()
    assert structure.are_whole(best).all()
    decisive = best[structure.decisive]
    first = decisive[0].nonzero()[0].tolist()
    there = [i if d in structure.place_axes else slice(None) for d, i in enumerate(first, start=1)]
    # A place of which nothing is known, or where everything can be.
    for some, number in ((first, 0), (there, 1)):
        known = decisive.clone()
        known[(0, *some)] = number
        whole = structure.are_whole({**best, structure.decisive: known})
        assert whole.tolist() == [False, *[True] * (len(structure) - 1)]
    if len(best) > 1:
        assert not structure.are_whole({structure.decisive: decisive}).any()


@every_form
def test_relabelling_permutes_the_answers(case: Case) -> None:
    order = torch.tensor([2, 0, 1])
    relabelled = case.structure.relabel(order)
    torch.testing.assert_close(relabelled.log_partition(), case.structure.log_partition())
    torch.testing.assert_close(relabelled.entropy(), case.structure.entropy())
    for name, part in case.structure.marginals().items():
        axes = case.setting.axes.get(name, ("t",))
        axes = axes if axes[0] == "b" else ("b", *axes)
        for dim, axis in enumerate(axes):
            if axis in LABELS:
                part = part.index_select(dim, order)
        torch.testing.assert_close(relabelled.marginals()[name], part, msg=name)
    again = relabelled.relabel(order.argsort())
    for name, potential in case.structure.potentials.items():
        assert torch.equal(again.potentials[name], potential)


@every_form
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_answers_are_the_same_without_gradients(case: Case, mode: type) -> None:
    other = partner(case).structure
    expected = answers(case.structure, other)
    with mode():
        leaves = {name: tensor.clone() for name, tensor in case.inputs.items()}
        structure = case.make(leaves)
        for name, value in answers(structure, other).items():
            torch.testing.assert_close(value.clone(), expected[name], msg=name)
            assert not value.requires_grad
        assert structure.top_k(2).scores.shape == (2, len(structure))
        assert structure.sample(2)[structure.decisive].shape[0] == 2


@every_form
def test_only_what_depends_on_the_inputs_has_gradients(case: Case) -> None:
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in case.inputs.items()}
    structure = case.make(leaves)
    for value in (structure.log_partition(), structure.entropy(), structure.kl(case.structure)):
        assert value.requires_grad
    assert all(part.requires_grad for part in structure.marginals().values())
    assert not any(part.requires_grad for part in structure.argmax().values())
    assert not any(part.requires_grad for part in structure.sample(2).values())
    assert not structure.top_k(2).scores.requires_grad
    assert not structure.detach().log_partition().requires_grad
    assert all(leaf.grad is None for leaf in leaves.values())


@pytest.mark.parametrize(
    "setting",
    [
        Setting(family=family, form=form, labels=2, lengths=(3, 1, 0))
        for family in families()
        for form in range(len(family.forms))
    ],
    ids=str,
)
def test_gradients_are_right_twice(setting: Setting) -> None:
    case = draw(setting)
    names, other = list(case.inputs), partner(case)

    def quantities(*tensors: Tensor) -> tuple[Tensor, ...]:
        structure = case.make(dict(zip(names, tensors, strict=True)))
        marginals = structure.marginals()[structure.decisive]
        kl = structure.kl(other.structure) + other.structure.kl(structure)
        return structure.log_partition(), structure.entropy(), kl, marginals

    leaves = [tensor.clone().requires_grad_() for tensor in case.inputs.values()]
    assert torch.autograd.gradcheck(quantities, leaves, fast_mode=True)
    assert torch.autograd.gradgradcheck(quantities, leaves, fast_mode=True)


@every_form
def test_a_sentence_without_possible_structure_stays_finite(case: Case) -> None:
    leaves = {
        name: torch.full_like(tensor, -torch.inf).requires_grad_()
        for name, tensor in case.inputs.items()
    }
    structure = case.make(leaves)
    for value in answers(structure, structure).values():
        assert value.isfinite().all()
    value = structure.log_partition().sum() + structure.entropy().sum()
    gradients = torch.autograd.grad(value, list(leaves.values()))
    assert all(gradient.isfinite().all() for gradient in gradients)


@every_form
def test_what_the_other_forbids_diverges_finitely(case: Case) -> None:
    decisive = case.structure.decisive
    best = case.structure.argmax()[decisive]
    forbidding = case.structure.constrain(1 - best)
    something_else = allowed(forbidding.log_partition()) & (case.lengths > 0)
    kl = case.structure.kl(forbidding)
    assert kl.isfinite().all()
    assert (kl[something_else] > 1e6).all()


@every_form
def test_samples_repeat_with_the_generator(case: Case) -> None:
    first, again, other = (
        case.structure.sample(50, generator=torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    )
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def _call_everything(structure: Structure, other: Structure) -> dict[str, object]:
    best = structure.argmax()
    arguments = {
        "are_whole": (best,),
        "best": (3,),
        "constrain": (best[structure.decisive],),
        "cross_entropy": (other,),
        "has_parts_of": (other,),
        "kl": (other,),
        "log_prob": (best,),
        "places": (best[structure.decisive],),
        "relabel": (torch.tensor([1, 0, 2]),),
        "sample": (2,),
        "score": (best,),
        "temper": (2.0,),
        "to": ("cpu",),
        "top_k": (3,),
    }
    keywords = {"local": {"transitions": True}}
    return {
        name: getattr(structure, name)(*arguments.get(name, ()), **keywords.get(name, {}))
        for name, _ in inspect.getmembers(Structure, inspect.isfunction)
        if not name.startswith("_")
    }

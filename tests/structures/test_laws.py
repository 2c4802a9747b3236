"""What holds for every structure: all its answers are those of enumeration."""

import numpy as np
import pytest
import torch

from structdistill import structures
from structdistill.structures import Structure
from tests.oracle import Arrays
from tests.structures.families import (
    Case,
    Family,
    Setting,
    array,
    draw,
    families,
    partner,
    settings,
)

every_setting = pytest.mark.parametrize("setting", settings(), ids=str)
every_family = pytest.mark.parametrize(
    "family", families(), ids=lambda family: family.structure.__name__
)


def test_every_structure_has_its_laws_tested() -> None:
    public = [value for value in vars(structures).values() if isinstance(value, type)]
    concrete = {
        value for value in public if issubclass(value, Structure) and not value.__abstractmethods__
    }
    assert {family.structure for family in families()} == concrete


@every_family
def test_uniform_distributions_count_their_structures(family: Family) -> None:
    for form, labels in zip(range(len(family.forms)), family.labels, strict=False):
        lengths = tuple(range(family.words + 1))
        case = draw(Setting(family=family, form=form, labels=labels, lengths=lengths))
        flat = case.make({name: 0 * tensor for name, tensor in case.inputs.items()})
        counts = [family.count(length, labels) for length in lengths]
        torch.testing.assert_close(
            flat.log_partition(), torch.tensor(counts, dtype=torch.float64).log()
        )
        assert [len(oracle.scores) for oracle in case.oracles] == counts


@every_setting
def test_log_partition_sums_over_all_structures(setting: Setting) -> None:
    case = draw(setting)
    case.assert_close(
        case.structure.log_partition(), [oracle.log_partition for oracle in case.oracles]
    )


@every_setting
def test_marginals_are_expected_parts(setting: Setting) -> None:
    case = draw(setting)
    _assert_parts(case, case.structure.marginals(), [o.marginals() for o in case.oracles])


@every_setting
def test_argmax_is_a_structure_with_the_highest_score(setting: Setting) -> None:
    case = draw(setting)
    best = case.structure.argmax()
    for i, oracle in enumerate(case.oracles):
        index = oracle.members.index({name: array(part[i : i + 1]) for name, part in best.items()})
        assert oracle.scores[index] >= oracle.scores.max() - case.tolerance


@every_setting
def test_scores_and_probabilities_of_structures(setting: Setting) -> None:
    case, random = draw(setting), np.random.default_rng(2)
    chosen = [random.choice(np.flatnonzero(np.isfinite(o.scores)), 3) for o in case.oracles]
    pieces = [
        o.members.unflatten(o.members.vectors[c]) for o, c in zip(case.oracles, chosen, strict=True)
    ]
    parts = {
        name: torch.tensor(np.stack([piece[name] for piece in pieces], 1), dtype=setting.dtype)
        for name in pieces[0]
    }
    scores = [o.scores[c] for o, c in zip(case.oracles, chosen, strict=True)]
    case.assert_close(case.structure.score(parts), np.stack(scores, 1))
    log_probs = [o.log_prob[c] for o, c in zip(case.oracles, chosen, strict=True)]
    case.assert_close(case.structure.log_prob(parts), np.stack(log_probs, 1))


@every_setting
def test_entropy(setting: Setting) -> None:
    case = draw(setting)
    entropy = case.structure.entropy()
    case.assert_close(entropy, [oracle.entropy() for oracle in case.oracles])
    assert (entropy >= 0).all()


@every_setting
def test_cross_entropy_and_kl(setting: Setting) -> None:
    p, q = draw(setting), partner(draw(setting))
    pairs = list(zip(p.oracles, q.oracles, strict=True))
    # Probabilities are wrong by a share; so are expectations, also of large values.
    share = p.tolerance
    cross_entropy = p.structure.cross_entropy(q.structure)
    q.assert_close(cross_entropy, [a.cross_entropy(b) for a, b in pairs], relative=share)
    kl = p.structure.kl(q.structure)
    q.assert_close(kl, [a.kl(b) for a, b in pairs], relative=share)
    assert (kl >= 0).all()


@every_setting
def test_kl_is_exactly_zero_at_equality(setting: Setting) -> None:
    case = draw(setting)
    assert (case.structure.kl(case.make(case.inputs)) == 0).all()


@every_setting
def test_forbidden_parts_have_no_probability_and_finite_gradients(setting: Setting) -> None:
    case = draw(setting)
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in case.inputs.items()}
    structure = case.make(leaves)
    marginals = structure.marginals()
    for name, part in marginals.items():
        possible = np.stack([np.isfinite(o.potentials[name]) for o in case.oracles])
        assert (part[torch.tensor(~possible)] == 0).all()
    other = partner(case).structure
    for value in (structure.log_partition(), structure.entropy(), structure.kl(other)):
        gradients = torch.autograd.grad(value.sum(), list(leaves.values()), retain_graph=True)
        assert all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("setting", settings(dtypes=[torch.float32]), ids=str)
def test_top_k_are_the_best_structures(setting: Setting) -> None:
    case = draw(setting)
    k = 7  # more than there are of a short sentence
    parts, scores = case.structure.top_k(k)
    case.assert_close(scores, np.stack([oracle.top_k(k) for oracle in case.oracles], 1))
    assert (scores[:-1] >= scores[1:]).all()
    for i, oracle in enumerate(case.oracles):
        there = scores[:, i].isfinite()
        index = oracle.members.index({name: array(p[there, i]) for name, p in parts.items()})
        assert len(set(index)) == len(index)
        np.testing.assert_allclose(
            oracle.scores[index], array(scores[there, i]), rtol=1e-6, atol=case.tolerance
        )
        assert all((part[~there, i] == 0).all() for part in parts.values())


@pytest.mark.parametrize("setting", settings(dtypes=[torch.float32], cases=200), ids=str)
def test_samples_have_the_frequencies_of_their_probabilities(setting: Setting) -> None:
    case, count = draw(setting), 1000
    samples = case.structure.sample(count, generator=torch.Generator().manual_seed(0))
    for i, oracle in enumerate(case.oracles):
        index = oracle.members.index({name: array(part[:, i]) for name, part in samples.items()})
        observed = np.bincount(index, minlength=len(oracle.scores))
        assert (observed[oracle.probabilities == 0] == 0).all()
        expected = count * oracle.probabilities
        # Pearson's statistic over structures that are seen often, the others taken together.
        often = expected >= 5
        groups = np.append(expected[often], expected[~often].sum() + 1e-9)
        seen = np.append(observed[often], observed[~often].sum())
        groups, seen = groups[groups >= 1], seen[groups >= 1]
        statistic, freedom = ((seen - groups) ** 2 / groups).sum(), max(1, len(groups) - 1)
        assert statistic < freedom + 5 * np.sqrt(2 * freedom) + 10


def _assert_parts(case: Case, ours: dict[str, torch.Tensor], theirs: list[Arrays]) -> None:
    for name, part in ours.items():
        case.assert_close(part, np.stack([each[name] for each in theirs]))

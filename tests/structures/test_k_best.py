"""The k best of every family: what goes beyond the law that they equal enumeration."""

from dataclasses import replace

import pytest
import torch

from structdistill.structures import Independent, LinearChain, k_best
from structdistill.structures.k_best import by_partition
from tests.structures.families import Family, Setting, array, draw, families


def few(family: Family) -> tuple[int, ...]:
    """Lengths of sentences that have so few structures that all of them can be asked for."""
    longest = 4 if family.count(4, 2) < 100 else 3
    return longest, 0, 1, longest - 1


every_form = pytest.mark.parametrize(
    "setting",
    [
        Setting(family=family, form=form, forbidden=forbidden, labels=2, lengths=few(family))
        for family in families()
        for form in range(len(family.forms))
        for forbidden in (False, True)
    ],
    ids=str,
)


@every_form
def test_all_structures_are_found_and_then_nothing(setting: Setting) -> None:
    case = draw(setting)
    count = max(len(oracle.scores) for oracle in case.oracles)
    parts, scores = k_best(case.structure, count + 1)
    for i, oracle in enumerate(case.oracles):
        there = scores[:, i].isfinite()
        index = oracle.members.index({name: array(p[there, i]) for name, p in parts.items()})
        possible = [j for j, score in enumerate(oracle.scores) if score > -float("inf")]
        assert sorted(index) == possible
        assert (scores[~there, i] == -torch.inf).all()
        assert not any(part[~there, i].any() for part in parts.values())


@every_form
def test_fewer_are_the_first_of_more(setting: Setting) -> None:
    structure = draw(setting).structure
    more, fewer = structure.top_k(6), structure.top_k(3)
    assert torch.equal(more.scores[:3], fewer.scores)
    assert all(torch.equal(more.parts[name][:3], part) for name, part in fewer.parts.items())


@every_form
@pytest.mark.parametrize("k", [2, 4])
def test_of_more_labels_than_k_the_best_of_each_part_are_enough(setting: Setting, k: int) -> None:
    structure = draw(replace(setting, labels=5, lengths=(3, 0, 1, 2))).structure
    ours, theirs = structure.top_k(k), by_partition(structure, k)
    torch.testing.assert_close(ours.scores, theirs.scores)
    for name, part in ours.parts.items():
        torch.testing.assert_close(part, theirs.parts[name])


@every_form
def test_the_first_is_the_argmax(setting: Setting) -> None:
    structure = draw(setting).structure
    (best,) = structure.top_k(1).parts[structure.decisive]
    assert torch.equal(best, structure.argmax()[structure.decisive])


def test_ties_are_distinct_structures() -> None:
    chain = LinearChain(
        emissions=torch.zeros(2, 3, 2), transitions=torch.zeros(2, 2), lengths=torch.tensor([3, 2])
    )
    parts, scores = chain.top_k(9)
    tags = parts["emissions"].argmax(3)
    assert len({tuple(path) for path in tags[:8, 0].tolist()}) == 8
    assert len({tuple(path) for path in tags[:4, 1, :2].tolist()}) == 4
    assert scores.isfinite().sum(0).tolist() == [8, 4]


def test_long_sentences_with_large_scores() -> None:
    emissions = torch.zeros(1, 300, 2)
    emissions[..., 1] = 1e4
    emissions[0, 17, 0], emissions[0, 200, 0] = 1e4 - 1, 1e4 - 2
    best = Independent(emissions=emissions, lengths=torch.tensor([300])).top_k(5)
    first_tags = best.parts["emissions"][:, 0, :, 0]
    changed = [tags.nonzero().flatten().tolist() for tags in first_tags]
    assert changed[:4] == [[], [17], [200], [17, 200]]
    assert len(changed[4]) == 1


def test_forbidden_structures_do_not_count() -> None:
    emissions = torch.tensor([[[0.0, -torch.inf], [1.0, 0.0]]])
    scores = Independent(emissions=emissions, lengths=torch.tensor([2])).top_k(4).scores
    assert scores[:, 0].tolist() == [1.0, 0.0, -torch.inf, -torch.inf]


def test_an_impossible_sentence_has_none() -> None:
    emissions = torch.full((1, 2, 2), -torch.inf)
    parts, scores = Independent(emissions=emissions, lengths=torch.tensor([2])).top_k(2)
    assert scores[:, 0].tolist() == [-torch.inf, -torch.inf]
    assert not parts["emissions"].any()


@pytest.mark.parametrize("k", [0, -3])
def test_k_must_be_positive(k: int) -> None:
    structure = draw(Setting(family=families()[0])).structure
    with pytest.raises(ValueError, match=f"k must be at least 1; got {k}"):
        structure.top_k(k)

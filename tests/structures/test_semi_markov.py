"""Segmentations: what the laws must know of them, and what is peculiar."""

import itertools
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
import torch

from structdistill.structures import FORBIDDEN, SemiMarkov, expected_parts
from tests.oracle import Arrays
from tests.structures.families import WIDTHS, Case, Family, Setting, Shapes, array, draw, partner

Segmentation = tuple[tuple[int, int, int], ...]


@cache
def segmentations(length: int, widths: int, labels: int) -> tuple[Segmentation, ...]:
    """All (start, end, label) that cover a sentence."""
    return tuple(_segmentations(0, length, widths, labels))


def _segmentations(start: int, length: int, widths: int, labels: int) -> Iterator[Segmentation]:
    if start == length:
        yield ()
    for end in range(start + 1, min(start + widths, length) + 1):
        for rest in _segmentations(end, length, widths, labels):
            yield from (((start, end, label), *rest) for label in range(labels))


def parts(length: int, shapes: Shapes) -> Arrays:
    members = segmentations(length, *shapes["segments"][1:])
    found = {name: np.zeros((len(members), *shape)) for name, shape in shapes.items()}
    shared = len(shapes["transitions"]) == 2
    for row, member in enumerate(members):
        for start, end, label in member:
            found["segments"][row, start, end - start - 1, label] = 1
        for (_, end, before), (_, _, after) in itertools.pairwise(member):
            where = (before, after) if shared else (end - 1, before, after)
            found["transitions"][(row, *where)] += 1
    return found


def count(length: int, labels: int) -> int:
    if length == 0:
        return 1
    return labels * sum(count(length - width, labels) for width in range(1, WIDTHS + 1)[:length])


def excluded(observed: np.ndarray) -> np.ndarray:
    """Segments that cover a word where another one starts."""
    found = np.zeros_like(observed)
    for start, width, _ in np.ndindex(observed.shape):
        found[start, width] = observed[start + 1 : start + width + 1].any()
    return found


SEGMENTS = {"segments": ("b", "n", "k", "t")}
FAMILY = Family(
    structure=SemiMarkov,
    forms=[
        SEGMENTS | {"transitions": ("t", "t")},
        SEGMENTS | {"transitions": ("b", "t", "t")},
        SEGMENTS | {"transitions": ("b", "n-1", "t", "t")},
    ],
    parts=parts,
    count=count,
    words=5,
    labels=(3, 4, 2, 1),
    excluded=excluded,
)


LENGTHS = (5, 0, 1, 3)


def segmentation(
    *, labels: int = 3, widths: int = 3, lengths: tuple[int, ...] = (4, 1, 0)
) -> SemiMarkov:
    return SemiMarkov(
        segments=torch.randn(len(lengths), max(lengths), widths, labels, dtype=torch.float64),
        transitions=torch.randn(labels, labels, dtype=torch.float64),
        lengths=torch.tensor(lengths),
    )


def test_widths_beyond_the_sentence_make_no_difference() -> None:
    wide = segmentation(widths=7)
    narrow = SemiMarkov(
        segments=wide.potentials["segments"][:, :, :4],
        transitions=wide.potentials["transitions"],
        lengths=wide.lengths,
    )
    torch.testing.assert_close(wide.log_partition(), narrow.log_partition())
    marginals = wide.marginals()["segments"]
    torch.testing.assert_close(marginals[:, :, :4], narrow.marginals()["segments"])
    assert (marginals[:, :, 4:] == 0).all()


def test_segments_of_other_widths_are_parts_where_there_is_room() -> None:
    wide, narrow = segmentation(widths=4), segmentation(widths=2)
    assert not wide.has_parts_of(narrow)
    for ours, theirs in ((wide, narrow), (narrow, wide)):
        parts, marginals = expected_parts(ours, like=theirs), ours.marginals()
        assert parts["segments"].shape == theirs.potentials["segments"].shape
        assert torch.equal(parts["segments"][:, :, :2], marginals["segments"][:, :, :2])
        assert (parts["segments"][:, :, 2:] == 0).all()
        torch.testing.assert_close(parts["transitions"], marginals["transitions"])
    forbidden = torch.full((3, 4, 2, 3), FORBIDDEN, dtype=torch.float64)
    same = SemiMarkov(
        segments=torch.cat([narrow.potentials["segments"], forbidden], 2),
        transitions=narrow.potentials["transitions"],
        lengths=narrow.lengths,
    )
    torch.testing.assert_close(narrow.kl(wide), same.kl(wide))


@pytest.mark.parametrize("garbage", [torch.nan, torch.inf, 1e30])
def test_segments_that_reach_beyond_the_sentence_are_forbidden(garbage: float) -> None:
    structure = segmentation()
    beyond = torch.ones(3, 4, 3, 3, dtype=torch.bool)
    for row, length in enumerate(structure.lengths):
        for start in range(int(length)):
            beyond[row, start, : length - start] = False
    spoilt = SemiMarkov(
        segments=structure.potentials["segments"].masked_fill(beyond, garbage),
        transitions=structure.potentials["transitions"],
        lengths=structure.lengths,
    )
    assert torch.equal(spoilt.log_partition(), structure.log_partition())
    assert (spoilt.marginals()["segments"][beyond] == 0).all()
    assert (spoilt.potentials["segments"][0, 3, 1:] == FORBIDDEN).all()
    assert (spoilt.top_k(40).parts["segments"][:, beyond] == 0).all()


def test_every_word_lies_in_one_segment() -> None:
    structure = segmentation(lengths=(6, 2, 0))
    starting = structure.marginals()["segments"].sum(3)
    covered = torch.zeros(3, 6, dtype=torch.float64)
    for start, width in itertools.product(range(6), range(3)):
        covered[:, start : start + width + 1] += starting[:, start, width, None]
    words = torch.arange(6) < structure.lengths[:, None]
    torch.testing.assert_close(covered, words.double())


def test_the_alternatives_of_a_place_sum_to_one() -> None:
    structure = segmentation()
    places = structure.places(structure.marginals()["segments"])
    words = torch.arange(4) < structure.lengths[:, None]
    assert places.shape == (3, 4, 3 * 3 + 1)
    torch.testing.assert_close(places.sum(2), words.double())
    starts = structure.places(structure.argmax()["segments"])[..., :-1].sum(2)
    assert starts[0, 0] == starts[1, 0] == 1


@pytest.mark.parametrize("form", range(len(FAMILY.forms)))
def test_pair_marginals_are_those_of_enumeration(form: int) -> None:
    case = draw(Setting(family=FAMILY, form=form, lengths=(5, 0, 1, 3, 2)))
    everywhere = draw(Setting(family=FAMILY, form=2, lengths=(5, 0, 1, 3, 2)))
    expected = [
        there.expectation(here.probabilities)["transitions"]
        for here, there in zip(case.oracles, everywhere.oracles, strict=True)
    ]
    case.assert_close(case.structure.pair_marginals(), np.stack(expected))


def test_the_indicator_of_the_best_segmentation_is_the_best_structure() -> None:
    for positions in (False, True):
        structure = segmentation(lengths=(6, 4, 1, 0))
        if positions:
            structure = SemiMarkov(
                segments=structure.potentials["segments"],
                transitions=torch.randn(4, 5, 3, 3),
                lengths=structure.lengths,
            )
        best = structure.argmax()
        found = [
            [(i, i + k + 1, t) for i, k, t in part.nonzero().tolist()] for part in best["segments"]
        ]
        for name, part in structure.indicator(found).items():
            assert torch.equal(part, best[name]), name


def test_words_in_no_segment_are_unknown() -> None:
    structure = segmentation(lengths=(5,))
    indicator = structure.indicator([[(3, 5, 1), (1, 2, 0), (2, 3, 2)]])
    assert indicator["segments"].nonzero().tolist() == [[0, 1, 0, 0], [0, 2, 0, 2], [0, 3, 1, 1]]
    assert indicator["transitions"].nonzero().tolist() == [[0, 0, 2], [0, 2, 1]]
    scores = [
        score
        for member, score in zip(segmentations(5, 3, 3), _scores(structure), strict=True)
        if {(3, 5, 1), (1, 2, 0), (2, 3, 2)} <= set(member)
    ]
    agreeing = structure.constrain(indicator["segments"]).log_partition()
    torch.testing.assert_close(agreeing, torch.stack(scores).logsumexp(0)[None])


def _scores(structure: SemiMarkov) -> list[torch.Tensor]:
    """Of all segmentations of one sentence of five words."""
    return [structure.score(structure.indicator([member]))[0] for member in segmentations(5, 3, 3)]


@pytest.mark.parametrize(
    "segment", [(0, 4, 0), (3, 5, 0), (2, 2, 0), (-1, 1, 0), (2, 3, 3), (2, 3, -1), (1, 3, 0)]
)
def test_indicators_are_of_possible_segments(segment: tuple[int, int, int]) -> None:
    message = "must lie in its 4 words without overlap, be at most 3 wide and have one of 3 labels"
    with pytest.raises(ValueError, match=message) as error:
        segmentation().indicator([[(0, 2, 1), segment], [], []])
    assert str(segment) in str(error.value)


def explicit_error(p: Case, q: Case, i: int, *, transitions: bool, centred: bool) -> float:
    """The squared error of one sentence, by least squares over all its alternatives."""
    length, rows, weights, differences = p.setting.lengths[i], [], [], []
    ours, theirs = p.oracles[i].potentials, q.oracles[i].potentials
    widths, labels = ours["segments"].shape[1:]
    for start in range(length):
        alternatives = []
        before = range(labels if transitions and start > 0 else 1)
        for width in range(min(widths, length - start)):
            for label, earlier in itertools.product(range(labels), before):
                scores = [
                    each["segments"][start, width, label]
                    + (each["transitions"][earlier, label] if len(before) > 1 else 0)
                    for each in (ours, theirs)
                ]
                if np.isfinite(scores).all():
                    boundary = np.eye(length + 1)
                    alternatives.append(
                        (scores[0] - scores[1], boundary[start + width + 1] - boundary[start])
                    )
        for difference, row in alternatives:
            differences.append(difference)
            rows.append(row)
            weights.append(1 / len(alternatives))
    root, values = np.sqrt(weights), np.array(differences)
    if centred and rows:
        matrix = np.array(rows)
        values = values - matrix @ np.linalg.lstsq(root[:, None] * matrix, root * values)[0]
    return float((root**2 * values**2).sum() / max(1, length))


@pytest.mark.parametrize("forbidden", [False, True])
@pytest.mark.parametrize("transitions", [False, True])
@pytest.mark.parametrize("centred", [False, True])
def test_squared_errors_are_those_of_least_squares(
    transitions: bool, centred: bool, forbidden: bool
) -> None:
    p = draw(Setting(family=FAMILY, lengths=LENGTHS, forbidden=forbidden))
    q = partner(p)
    ours = p.structure.local(transitions=transitions)
    value = ours.squared_error(q.structure.local(transitions=transitions), centred=centred)
    expected = [
        explicit_error(p, q, i, transitions=transitions, centred=centred)
        for i in range(len(LENGTHS))
    ]
    torch.testing.assert_close(value, torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("transitions", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_telescopes_changes_no_distribution_and_no_centred_error(
    transitions: bool, dtype: torch.dtype
) -> None:
    words, widths, lengths = 30, 8, torch.tensor([30, 7, 1, 0])
    segments = torch.randn(4, words, widths, 3, dtype=dtype)
    f = 10 * torch.randn(4, words + 1 + widths, dtype=dtype)
    start, width = torch.arange(words)[:, None], torch.arange(widths)
    shift = f[:, start + width + 1] - f[:, start]
    between = torch.randn(3, 3, dtype=dtype)
    structure, moved = (
        SemiMarkov(segments=each, transitions=between, lengths=lengths)
        for each in (segments, segments + shift[..., None])
    )
    tolerance = 1e-4 if dtype == torch.float32 else 1e-10
    torch.testing.assert_close(structure.kl(moved), torch.zeros_like(f[:, 0]), atol=1e-3, rtol=0)
    ours, theirs = structure.local(transitions=transitions), moved.local(transitions=transitions)
    raw = ours.squared_error(theirs, centred=False)
    centred = ours.squared_error(theirs, centred=True)
    assert (raw[:3] > 1).all()
    torch.testing.assert_close(centred, torch.zeros_like(centred), atol=tolerance, rtol=0)


def test_centred_errors_are_differentiable() -> None:
    p = draw(Setting(family=FAMILY, labels=2, lengths=(3, 1, 0)))
    other = partner(p).structure.local(transitions=True)

    def error(segments: torch.Tensor, transitions: torch.Tensor) -> torch.Tensor:
        structure = p.make({"segments": segments, "transitions": transitions})
        return structure.local(transitions=True).squared_error(other, centred=True)

    leaves = [tensor.clone().requires_grad_() for tensor in p.inputs.values()]
    assert torch.autograd.gradcheck(error, leaves)


def test_local_distributions_of_paired_segments() -> None:
    p = draw(Setting(family=FAMILY, lengths=(4, 1), labels=3))
    q = partner(p)
    divergence = p.structure.local(transitions=True).kl(q.structure.local(transitions=True))

    def log_softmax(case: Case, i: int, start: int) -> np.ndarray:
        potentials, length = case.oracles[i].potentials, case.setting.lengths[i]
        scores = potentials["segments"][start, : length - start]
        if start > 0:
            scores = scores + potentials["transitions"][:, None]
        return scores - np.logaddexp.reduce(scores, axis=None)

    for i, length in enumerate(p.setting.lengths):
        places = [(log_softmax(p, i, start), log_softmax(q, i, start)) for start in range(length)]
        mean = np.mean([(np.exp(a) * (a - b)).sum() for a, b in places])
        np.testing.assert_allclose(array(divergence[i]), mean)


def test_long_sentences_with_large_scores_keep_their_probability_mass() -> None:
    segments = torch.empty(1, 300, 6, 3).uniform_(-1e4, 1e4).requires_grad_()
    structure = SemiMarkov(
        segments=segments, transitions=torch.randn(3, 3), lengths=torch.tensor([300])
    )
    marginals = structure.marginals()["segments"]
    words = (marginals.sum(3) * torch.arange(1, 7)).sum()
    torch.testing.assert_close(words, torch.tensor(300.0), rtol=1e-3, atol=0)
    structure.entropy().sum().backward()
    assert segments.grad is not None
    assert segments.grad.isfinite().all()

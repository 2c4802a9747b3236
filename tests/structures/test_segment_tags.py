"""Segments under tags and tags under segments, against enumeration of both."""

import itertools
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from structdistill.data.schemes import from_iob2, spans
from structdistill.structures import (
    FORBIDDEN,
    Independent,
    LinearChain,
    SemiMarkov,
    Structure,
    expected_parts,
)
from tests.oracle import Arrays
from tests.structures import test_independent, test_linear_chain, test_semi_markov
from tests.structures.families import WIDTHS, Case, Family, Setting, draw

LENGTHS = (4, 0, 1, 3, 2)
NAMES = {
    "iob2": ["O", *(f"{prefix}-{label}" for prefix in "BI" for label in "XY")],
    "bioes": ["O", *(f"{prefix}-{label}" for prefix in "BEIS" for label in "XY")],
}
LABELS = ["O", "X", "Y"]


@dataclass(frozen=True)
class Kind:
    """Tags of one family and scheme."""

    family: Family
    form: int
    scheme: str
    scores: str

    @property
    def case(self) -> Case:
        labels = len(NAMES[self.scheme])
        return draw(
            Setting(
                family=self.family,
                form=self.form,
                labels=labels,
                lengths=LENGTHS,
                scores=self.scores,
            )
        )

    def __str__(self) -> str:
        return f"{self.family.structure.__name__}-{self.form}-{self.scheme}-{self.scores}"


KINDS = [
    Kind(family, form, scheme, scores)
    for family, form in [
        (test_independent.FAMILY, 0),
        (test_linear_chain.FAMILY, 0),
        (test_linear_chain.FAMILY, 3),
    ]
    for scheme in NAMES
    for scores in ("normal", "wide")
]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)
every_form = pytest.mark.parametrize("form", range(len(test_semi_markov.FAMILY.forms)))


def segments(form: int, scores: str) -> Case:
    """A distribution in which outside segments may be wide."""
    return draw(
        Setting(family=test_semi_markov.FAMILY, form=form, labels=3, lengths=LENGTHS, scores=scores)
    )


def read(tags: tuple[int, ...], scheme: str) -> list[tuple[int, int, int]]:
    """Labelled segments that cover a sentence, each outside word one, as conlleval finds them."""
    found = spans([NAMES[scheme][tag] for tag in tags])
    covered = {word for start, end, _ in found for word in range(start, end)}
    outside = [(word, word + 1, "O") for word in range(len(tags)) if word not in covered]
    return sorted((start, end, LABELS.index(name)) for start, end, name in [*found, *outside])


def tell(segmentation: test_semi_markov.Segmentation, scheme: str) -> list[int]:
    """The tags of a segmentation."""
    tags: list[str] = []
    for start, end, label in segmentation:
        name, width = LABELS[label], end - start
        tags += ["O"] * width if label == 0 else [f"B-{name}", *[f"I-{name}"] * (width - 1)]
    return [NAMES[scheme].index(str(tag)) for tag in from_iob2(tags, scheme)]


def stacked(expected: list[Arrays]) -> dict[str, np.ndarray]:
    return {name: np.stack([each[name] for each in expected]) for name in expected[0]}


@every_kind
@every_form
def test_the_tags_of_segments(kind: Kind, form: int) -> None:
    p, q = segments(form, kind.scores), kind.case
    parts = expected_parts(p.structure, like=q.structure)
    expected = []
    for ours, theirs in zip(p.oracles, q.oracles, strict=True):
        members = test_semi_markov.segmentations(ours.length, WIDTHS, 3)
        rows = [tell(member, kind.scheme) for member in members]
        tags = np.array(rows, dtype=int).reshape(len(members), ours.length)
        words = theirs.members.parts["emissions"].shape[1]
        one_hot = np.zeros((len(members), words, len(NAMES[kind.scheme])))
        one_hot[:, : ours.length] = np.eye(one_hot.shape[2])[tags]
        expected.append(theirs.expectation(_weights(theirs.members.parts, one_hot, ours)))
    for name, part in stacked(expected).items():
        p.assert_close(parts[name], part)


def _weights(parts: Arrays, one_hot: np.ndarray, ours) -> np.ndarray:
    """The probability of each tag sequence: of all segmentations that are told so."""
    order = {member.tobytes(): i for i, member in enumerate(parts["emissions"])}
    weights = np.zeros(len(parts["emissions"]))
    for member, probability in zip(one_hot, ours.probabilities, strict=True):
        weights[order[member.tobytes()]] += probability
    return weights


@every_kind
@every_form
def test_the_segments_of_tags(kind: Kind, form: int) -> None:
    p, q = kind.case, segments(form, kind.scores)
    parts = expected_parts(p.structure, like=q.structure)
    shared = form < 2
    expected = []
    for ours, theirs in zip(p.oracles, q.oracles, strict=True):
        means = {name: np.zeros(part.shape[1:]) for name, part in theirs.members.parts.items()}
        sequences = itertools.product(range(len(NAMES[kind.scheme])), repeat=ours.length)
        for tags, probability in zip(sequences, ours.probabilities, strict=True):
            found = read(tags, kind.scheme)
            for start, end, label in found:
                if end - start <= WIDTHS:
                    means["segments"][start, end - start - 1, label] += probability
            for (_, end, before), (_, _, after) in itertools.pairwise(found):
                where = (before, after) if shared else (end - 1, before, after)
                means["transitions"][where] += probability
        expected.append(means)
    for name, part in stacked(expected).items():
        p.assert_close(parts[name], part)


@every_kind
def test_the_divergence_of_segments_from_tags_is_that_of_their_tags(kind: Kind) -> None:
    # If outside segments are single words, each segmentation is told in tags of its own.
    p, q = _outside_alone(segments(0, kind.scores)), kind.case
    kl = []
    for ours, theirs in zip(p.oracles, q.oracles, strict=True):
        members = test_semi_markov.segmentations(ours.length, WIDTHS, 3)
        number = len(NAMES[kind.scheme])
        value = 0.0
        for member, log_prob in zip(members, ours.log_prob, strict=True):
            if log_prob > -np.inf:
                order = int(
                    sum(tag * number**i for i, tag in enumerate(tell(member, kind.scheme)[::-1]))
                )
                value += np.exp(log_prob) * (log_prob - theirs.log_prob[order])
        kl.append(value)
    q.assert_close(p.structure.kl(q.structure), kl, relative=1e-9)


def _outside_alone(case: Case) -> Case:
    """The same with outside segments of one word only."""
    scores = case.inputs["segments"].clone()
    scores[:, :, 1:, 0] = FORBIDDEN
    return replace(case, inputs={**case.inputs, "segments": scores})


def structures(scheme: str, dtype: torch.dtype, scale: float = 1.0) -> list[Structure]:
    """Segments, a chain and independent tags."""
    tags, lengths = len(NAMES[scheme]), torch.tensor([6, 1, 0, 4])

    def scores(*shape: int) -> torch.Tensor:
        return (scale * torch.randn(shape, dtype=dtype)).requires_grad_()

    return [
        SemiMarkov(segments=scores(4, 6, 4, 3), transitions=scores(3, 3), lengths=lengths),
        LinearChain(emissions=scores(4, 6, tags), transitions=scores(tags, tags), lengths=lengths),
        Independent(emissions=scores(4, 6, tags), lengths=lengths),
    ]


PAIRS = [(0, 1), (0, 2), (1, 0), (2, 0)]


@pytest.mark.parametrize("scheme", NAMES)
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_conversions_are_differentiable(scheme: str, first: int, second: int) -> None:
    made = structures(scheme, torch.float64)
    p, q = made[first], made[second]

    def parts(*potentials: torch.Tensor) -> tuple[torch.Tensor, ...]:
        structure = p._like(dict(zip(p.potentials, potentials, strict=True)))
        return tuple(expected_parts(structure, like=q).values())

    leaves = [tensor.detach().requires_grad_() for tensor in p.potentials.values()]
    assert torch.autograd.gradcheck(parts, leaves, fast_mode=True)


@pytest.mark.parametrize("scheme", NAMES)
@pytest.mark.parametrize(("first", "second"), PAIRS)
@pytest.mark.parametrize("scale", [1.0, 100.0, 1e4])
def test_large_scores_in_single_precision(
    scheme: str, first: int, second: int, scale: float
) -> None:
    made = structures(scheme, torch.float32, scale)
    p, q = made[first], made[second]
    parts = expected_parts(p, like=q)
    exact = expected_parts(
        p._like({name: tensor.double() for name, tensor in p.potentials.items()}), like=q
    )
    for name, part in parts.items():
        torch.testing.assert_close(
            part.double(), exact[name], rtol=0, atol=1e-4 * max(1, scale / 10)
        )
    leaves = [tensor for tensor in p.potentials.values() if tensor.requires_grad]
    value = sum((part * torch.randn_like(part)).sum() for part in parts.values())
    gradients = torch.autograd.grad(value, leaves, allow_unused=True)
    assert all(gradient is None or gradient.isfinite().all() for gradient in gradients)


def test_certain_segments_become_certain_tags_and_back() -> None:
    for scheme in NAMES:
        semi, chain, independent = structures(scheme, torch.float32)
        found = [[(0, 3, 1), (3, 4, 1), (4, 5, 0), (5, 6, 2)], [(0, 1, 2)], [], [(0, 4, 2)]]
        tags = torch.zeros(4, 6, dtype=torch.long)
        for row, each in enumerate(found):
            told = tell(tuple(each), scheme)
            tags[row, : len(told)] = torch.tensor(told, dtype=torch.long)
        indicator = semi.indicator(found)
        certain = semi.constrain(indicator["segments"])
        for like in (chain, independent):
            assert isinstance(like, LinearChain | Independent)
            expected = like.indicator(tags)
            for name, part in expected_parts(certain, like=like).items():
                torch.testing.assert_close(part, expected[name])
            back = expected_parts(like.constrain(expected["emissions"]), like=semi)
            for name, part in back.items():
                torch.testing.assert_close(part, indicator[name])


def test_what_is_too_wide_is_left_out_and_the_rest_stays() -> None:
    tags = torch.tensor([[1, 3, 3, 0, 2]])  # B-X I-X I-X O B-Y
    chain = LinearChain(
        emissions=torch.zeros(1, 5, 5), transitions=torch.zeros(5, 5), lengths=torch.tensor([5])
    )
    certain = chain.constrain(chain.indicator(tags)["emissions"])
    narrow = SemiMarkov(
        segments=torch.zeros(1, 5, 2, 3), transitions=torch.zeros(3, 3), lengths=torch.tensor([5])
    )
    parts = expected_parts(certain, like=narrow)
    assert parts["segments"].nonzero().tolist() == [[0, 3, 0, 0], [0, 4, 0, 2]]
    assert parts["transitions"].nonzero().tolist() == [[0, 0, 2], [0, 1, 0]]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_numbers_of_labels_that_do_not_correspond(first: int, second: int) -> None:
    made = structures("iob2", torch.float32)
    labels, lengths = 4, torch.tensor([6, 1, 0, 4])
    made[0] = SemiMarkov(
        segments=torch.zeros(4, 6, 2, labels), transitions=torch.zeros(4, 4), lengths=lengths
    )
    message = (
        r"with 4 labels, 0 being outside, correspond to 7 tags .* or 13 .*; got 5 tags\. Relab"
    )
    with pytest.raises(ValueError, match=message):
        expected_parts(made[first], like=made[second])

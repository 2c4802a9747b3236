"""Segments under tags and tags under segments, against enumeration of both."""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest

from structdistill.data.schemes import from_iob2, spans
from structdistill.structures import (
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

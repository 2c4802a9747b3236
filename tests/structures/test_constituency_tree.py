"""Binary trees of labelled spans: what the laws must know of them, and what is peculiar."""

import itertools
from functools import cache
from math import comb

import numpy as np
import torch

from structdistill.objectives import NLL, Substructure
from structdistill.structures import ConstituencyTree
from tests.oracle import Arrays
from tests.structures.families import Family, Shapes

Spans = tuple[tuple[int, int], ...]


@cache
def bracketings(start: int, end: int) -> list[Spans]:
    """The spans of every binary tree over words[start:end]."""
    if end - start < 2:
        return [((start, end),) * (end - start)]
    return [
        ((start, end), *left, *right)
        for middle in range(start + 1, end)
        for left in bracketings(start, middle)
        for right in bracketings(middle, end)
    ]


def parts(length: int, shapes: Shapes) -> Arrays:
    """Indicators of every bracketing under every assignment of labels."""
    labels = shapes["spans"][2]
    bracketed, number = bracketings(0, length), max(0, 2 * length - 1)
    trees = np.array(bracketed, dtype=int).reshape(len(bracketed), number, 2)
    labellings = np.array(list(itertools.product(range(labels), repeat=number)), dtype=int)
    spans = np.zeros((len(trees), len(labellings), *shapes["spans"]))
    tree, labelling = np.ix_(range(len(trees)), range(len(labellings)))
    for node in range(number):
        start, end = trees[:, node, :, None].swapaxes(0, 1)
        spans[tree, labelling, start, end, labellings[:, node]] = 1
    return {"spans": spans.reshape(-1, *shapes["spans"])}


def crossing(observed: np.ndarray) -> np.ndarray:
    """All labels of the spans that cross an observed one."""
    excluded = np.zeros_like(observed)
    for i, j in np.argwhere(observed.any(2)):
        for a, c in itertools.product(range(len(observed)), repeat=2):
            excluded[a, c] += i < a < j < c or a < i < c < j
    return excluded


FAMILY = Family(
    structure=ConstituencyTree,
    forms=[{"spans": ("b", "n+1", "n+1", "l")}],
    parts=parts,
    count=lambda n, labels: comb(2 * n - 2, n - 1) // n * labels ** (2 * n - 1) if n else 1,
    words=4,
    labels=(2, 1),
    place=(0, 1),
    excluded=crossing,
)


def tree(*, labels: int = 3, lengths: tuple[int, ...] = (5, 2, 1, 0)) -> ConstituencyTree:
    fences = max(lengths) + 1
    spans = torch.randn(len(lengths), fences, fences, labels, dtype=torch.float64)
    return ConstituencyTree(spans=spans, lengths=torch.tensor(lengths))


def annotation(words: int, spans: dict[tuple[int, int], int]) -> torch.Tensor:
    """The labels of words[i:j]; -1 where no span is given."""
    labels = torch.full((1, words + 1, words + 1), -1)
    for (start, end), label in spans.items():
        labels[0, start, end] = label
    return labels


def test_what_is_no_span_changes_nothing() -> None:
    expected = tree()
    spans = expected.potentials["spans"].clone()
    spans[:, torch.ones(6, 6).tril().bool()] = torch.nan
    again = ConstituencyTree(spans=spans, lengths=expected.lengths)
    assert torch.equal(again.potentials["spans"], expected.potentials["spans"])
    assert (again.marginals()["spans"][:, torch.ones(6, 6).tril().bool()] == 0).all()


def test_a_long_sentence_has_as_many_spans_as_any_of_its_trees() -> None:
    structure = tree(lengths=(50, 7))
    spans = (10 * structure.potentials["spans"]).float()
    marginals = ConstituencyTree(spans=spans, lengths=structure.lengths).marginals()["spans"]
    expected = torch.tensor([99.0, 13.0])
    torch.testing.assert_close(marginals.sum((1, 2, 3)), expected, rtol=1e-4, atol=0)


def test_places_are_spans_which_are_there_or_not() -> None:
    structure = tree()
    places = structure.places(structure.marginals()["spans"]).unflatten(1, (6, 6))
    assert (places > -1e-12).all()
    number = torch.tensor([5 * 6 / 2, 3, 1, 0]).double()
    torch.testing.assert_close(places.sum((1, 2, 3)), number)
    # The whole sentence is there, whatever its label.
    assert places[0, 0, 5, 0].abs() < 1e-9


def test_indicator_of_spans() -> None:
    structure = tree(labels=2, lengths=(3,))
    spans = annotation(3, {(0, 3): 1, (1, 3): 0, (2, 2): 1, (2, 0): 0})
    assert structure.indicator(spans)["spans"].nonzero().tolist() == [[0, 0, 3, 1], [0, 1, 3, 0]]


def test_the_likelihood_of_a_full_annotation_is_that_of_one_tree() -> None:
    structure = tree(lengths=(5,))
    for best in structure.top_k(3).parts["spans"]:
        gold = {"spans": best}
        torch.testing.assert_close(NLL()(structure, gold=gold), -structure.log_prob(gold) / 5)


def test_inner_spans_and_their_labels_are_a_full_annotation() -> None:
    structure = tree(labels=1, lengths=(5,))
    inner = structure.indicator(annotation(5, {(0, 3): 0, (1, 3): 0, (3, 5): 0}))
    outer = {(0, 5): 0} | {(i, i + 1): 0 for i in range(5)}
    whole = structure.indicator(annotation(5, {(0, 3): 0, (1, 3): 0, (3, 5): 0} | outer))
    torch.testing.assert_close(NLL()(structure, gold=inner), -structure.log_prob(whole) / 5)


def test_a_constituent_of_more_branches_is_all_its_binary_trees() -> None:
    flat = ConstituencyTree(spans=torch.zeros(1, 7, 7, 1), lengths=torch.tensor([6]))
    # Of six words the first four: 5 trees within, and 2 of three with the two that follow.
    observed = flat.indicator(annotation(6, {(0, 4): 0}))["spans"]
    trees = flat.constrain(observed).log_partition().exp()
    torch.testing.assert_close(trees, torch.tensor([10.0]))


def test_constants_of_spans_that_every_tree_has_are_no_difference() -> None:
    structure, objective = tree(lengths=(5, 4)), Substructure()
    spans = structure.potentials["spans"]
    single, whole, inner = (torch.zeros_like(spans) for _ in range(3))
    for start in range(5):
        single[:, start, start + 1] = start - 2.0
    whole[0, 0, 5], whole[1, 0, 4] = 3, 4
    inner[:, torch.ones(6, 6).triu(2).bool()] = 2
    one_span = torch.zeros_like(spans)
    one_span[:, 1, 3] = 2
    for constant, alike in [(single, True), (whole, True), (inner, True), (one_span, False)]:
        other = ConstituencyTree(spans=spans + constant, lengths=structure.lengths)
        for difference in (objective(structure, other), structure.kl(other)):
            zero = torch.zeros_like(difference)
            assert torch.allclose(difference, zero, rtol=0, atol=1e-9) == alike

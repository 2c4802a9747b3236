"""From vectors to spans."""

import pytest
import torch

from structdistill.errors import RecipeError
from structdistill.models.heads import SpanHead, build_head
from structdistill.structures import ConstituencyTree
from structdistill.structures.potentials import allowed

WORDS, LENGTHS = torch.randn(3, 4, 6), torch.tensor([4, 1, 3])


def head(wide: int = 3, single: int = 5, **settings: float) -> SpanHead:
    return SpanHead(width=6, wide_count=wide, single_count=single, **settings).eval()


@pytest.mark.parametrize(("wide", "single"), [(3, 5), (5, 2), (1, 1)])
def test_each_span_has_the_labels_that_have_a_meaning_there(wide: int, single: int) -> None:
    spans = head(wide, single)(WORDS, LENGTHS).potentials["spans"]
    assert spans.shape == (3, 5, 5, max(wide, single + 1))
    label = torch.arange(spans.shape[3])
    for number, length in enumerate(LENGTHS.tolist()):
        for start in range(length):
            for end in range(start + 1, length + 1):
                possible = label < wide
                if end - start == 1:
                    possible = (label >= 1) & (label <= single)
                elif end - start == length:
                    possible = (label >= 1) & (label < wide)
                assert torch.equal(allowed(spans[number, start, end]), possible)


def test_a_span_is_scored_by_the_words_around_its_ends() -> None:
    model = head()
    spans = model(WORDS, LENGTHS).potentials["spans"]
    nothing = torch.zeros(6)
    start, end = torch.cat([nothing, WORDS[0, 0]]), torch.cat([WORDS[0, 2], WORDS[0, 3]])
    expected = model.wide(model.starts(start) + model.ends(end))
    torch.testing.assert_close(spans[0, 0, 3, :3], expected)
    start, end = torch.cat([WORDS[0, 1], WORDS[0, 2]]), torch.cat([WORDS[0, 3], nothing])
    expected = model.wide(model.starts(start) + model.ends(end))
    torch.testing.assert_close(spans[0, 2, 4, :3], expected)
    torch.testing.assert_close(spans[0, 1, 2, 1:], model.single(WORDS[0, 1]))


def test_all_weights_learn() -> None:
    model = head()
    structure = model(WORDS, LENGTHS)
    assert isinstance(structure, ConstituencyTree)
    best = structure.argmax()
    (structure.log_partition() - 2 * structure.score(best)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_potentials_keep_their_precision_under_autocast() -> None:
    model = head()
    exact = model(WORDS, LENGTHS).potentials["spans"]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = model(WORDS, LENGTHS).potentials["spans"]
    assert mixed.dtype == torch.float32
    torch.testing.assert_close(mixed, exact, rtol=0, atol=0)
    assert head().double()(WORDS, LENGTHS).dtype == torch.float64


def test_spans_are_dropped_in_training_only() -> None:
    model = head(dropout=0.5)
    first, second = (model(WORDS, LENGTHS).potentials["spans"] for _ in range(2))
    assert torch.equal(first, second)
    model.train()
    first, second = (model(WORDS, LENGTHS).potentials["spans"] for _ in range(2))
    assert not torch.equal(first, second)


def test_it_is_the_head_of_constituency() -> None:
    labels = ("()", "S", "NP(NN *", "NN *", "VB *")
    made = build_head("constituency", width=6, labels=labels, settings={"hidden": 7})
    assert isinstance(made, SpanHead)
    assert made(WORDS, LENGTHS).potentials["spans"].shape == (3, 5, 5, 4)
    assert made.starts.weight.shape == (7, 12)
    with pytest.raises(RecipeError, match=r"'lattice' of constituents. Known: constituency_tree"):
        build_head("constituency", structure="lattice", width=6, labels=labels)
    with pytest.raises(RecipeError, match=r"cannot build the head with {'depth': 2}: .*depth"):
        build_head("constituency", width=6, labels=labels, settings={"depth": 2})

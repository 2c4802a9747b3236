"""From vectors to segments."""

import pytest
import torch

from structdistill.errors import RecipeError
from structdistill.models.heads import SegmentHead, build_head
from structdistill.structures import SemiMarkov
from structdistill.structures.potentials import allowed

WORDS, LENGTHS = torch.randn(3, 4, 6), torch.tensor([4, 1, 3])


def head(longest: int = 3, **settings: int) -> SegmentHead:
    """With weights that all count."""
    made = SegmentHead(width=6, labels_count=3, longest=longest, **settings)
    torch.nn.init.normal_(made.lengths)
    return made


@pytest.mark.parametrize("longest", [1, 3, 6])
def test_segments_are_scored_as_the_formula_says(longest: int) -> None:
    model = head(longest, rank=2)
    segments = model(WORDS, LENGTHS).potentials["segments"]
    assert segments.shape == (3, 4, longest, 3)
    for row, length in enumerate(LENGTHS.tolist()):
        first, inside, last = model.words(WORDS[row]).unflatten(1, (3, 3)).unbind(1)
        as_first, as_last = model.pairs(WORDS[row]).unflatten(1, (2, 3, 2)).unbind(1)
        for start in range(length):
            for end in range(start, min(length, start + longest)):
                expected = first[start] + inside[start : end + 1].sum(0) + last[end]
                expected = expected + (as_first[start] * as_last[end]).sum(1) / 2**0.5
                expected = expected + model.lengths[end - start]
                possible = slice(0 if end == start else 1, None)
                found = segments[row, start, end - start]
                torch.testing.assert_close(found[possible], expected[possible])


def test_what_is_no_segment_is_forbidden() -> None:
    possible = allowed(head()(WORDS, LENGTHS).potentials["segments"])
    for row, length in enumerate(LENGTHS.tolist()):
        for start in range(length):
            for words in range(1, 4):
                inside = start + words <= length
                expected = torch.tensor([inside and words == 1, inside, inside])
                assert torch.equal(possible[row, start, words - 1], expected)


def test_padding_does_not_count() -> None:
    model = head(6)
    batch = model(WORDS, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = model(WORDS[row : row + 1, :length], LENGTHS[row : row + 1])
        ours = batch.potentials["segments"][row, :length]
        torch.testing.assert_close(ours, alone.potentials["segments"][0])
        torch.testing.assert_close(batch[row].log_partition(), alone.log_partition())


def test_all_weights_learn() -> None:
    model = SegmentHead(width=6, labels_count=3, longest=3)
    structure = model(WORDS, LENGTHS)
    assert isinstance(structure, SemiMarkov)
    gold = structure.indicator([[(0, 3, 1), (3, 4, 0)], [(0, 1, 2)], [(0, 1, 0), (1, 3, 2)]])
    (-structure.log_prob(gold)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_potentials_keep_their_precision_under_autocast() -> None:
    model = head()
    exact = model(WORDS, LENGTHS).potentials["segments"]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = model(WORDS, LENGTHS).potentials["segments"]
    assert mixed.dtype == torch.float32
    torch.testing.assert_close(mixed, exact, rtol=0, atol=0)
    assert model.double()(WORDS, LENGTHS).dtype == torch.float64


def test_it_is_the_head_of_segmentation() -> None:
    labels = ("O", "B-X", "B-Y", "I-X", "I-Y")
    made = build_head("segmentation", width=6, labels=labels, settings={"longest": 5, "rank": 4})
    assert isinstance(made, SegmentHead)
    assert made(WORDS, LENGTHS).potentials["segments"].shape == (3, 4, 5, 3)
    assert made.pairs.weight.shape == (2 * 3 * 4, 6)
    with pytest.raises(RecipeError, match=r"'lattice' of segments. Known: semi_markov"):
        build_head("segmentation", structure="lattice", width=6, labels=labels)
    with pytest.raises(RecipeError, match="longest must be at least 1; got 0"):
        build_head("segmentation", width=6, labels=labels, settings={"longest": 0})

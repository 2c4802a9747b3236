"""Segments told as tags and tags read as segments: the expected parts of one under the other.

Segment labels are 0 for outside, whose segments are normally one word wide, and 1 … m. Tags are O,
then B-1 … B-m and I-1 … I-m (BIO), or O and the blocks B, E, I and S (BIOES).
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import one_hot, pad

from structdistill.structures.base import Structure
from structdistill.structures.independent import Independent
from structdistill.structures.linear_chain import LinearChain
from structdistill.structures.potentials import FORBIDDEN, Parts
from structdistill.structures.semi_markov import SemiMarkov, by_last_word

# What a word is in its segment.
_ONLY, _FIRST, _MIDDLE, _LAST = range(4)


def segments_to_independent(segments: Structure, like: Structure) -> Parts:
    """The probability of each word's tags."""
    assert isinstance(segments, SemiMarkov)
    assert isinstance(like, Independent)
    parts = segments.marginals()["segments"]
    return {"emissions": _emissions(parts, _told_as(segments, like, segments.dtype))}


def segments_to_chain(segments: Structure, like: Structure) -> Parts:
    """The probability of each word's tags, and of neighbouring tags.

    Tags of two segments meet in a way that depends on whether each is one word wide; so the widths
    become part of the labels first: (one word, t), then (more words, t).
    """
    assert isinstance(segments, SemiMarkov)
    assert isinstance(like, LinearChain)
    tag_of = _told_as(segments, like, segments.dtype)
    shared = like.batched()["transitions"].dim() == 3
    marginals = _by_width(segments, shared=shared).marginals()
    one, more = marginals["segments"].chunk(2, 3)
    inner = _inner_pairs(one + more, tag_of)
    ending = torch.cat([tag_of[_ONLY], tag_of[_LAST]])
    beginning = torch.cat([tag_of[_ONLY], tag_of[_FIRST]])
    outer = marginals["transitions"]
    outer = outer.sum(1) if shared and outer.dim() == 4 else outer
    return {
        **like.product(_emissions(one + more, tag_of)),
        "transitions": (inner.sum(1) if shared else inner) + ending.mT @ outer @ beginning,
    }


def independent_to_segments(independent: Structure, like: Structure) -> Parts:
    """As `chain_to_segments`, for independent tags."""
    assert isinstance(independent, Independent)
    assert isinstance(like, SemiMarkov)
    tags = independent.marginals()["emissions"]
    return _read(tags, tags[:, :-1, :, None] * tags[:, 1:, None, :], independent, like)


def chain_to_segments(chain: Structure, like: Structure) -> Parts:
    """The probability that a segment is read, and that two are neighbours.

    Read as conlleval does: B and S begin a segment; I and E continue one of their label that B or I
    has left open, else begin one. A segment wider than `like` allows is no part and is left out;
    all others keep their probabilities, and its neighbourhoods count.
    """
    assert isinstance(chain, LinearChain)
    assert isinstance(like, SemiMarkov)
    return _read(chain.marginals()["emissions"], chain.pair_marginals(), chain, like)


def _told_as(
    segments: SemiMarkov, tags: Structure, dtype: torch.dtype
) -> Float[Tensor, "4 label tag"]:
    """For what a word is in its segment, and the segment's label: the indicator of its tag."""
    labels, number = segments.potentials["segments"].shape[3], tags.potentials["emissions"].shape[2]
    m = labels - 1
    # For a word that is the only, first, middle or last one, the block that its tag is in.
    blocks = {2 * m + 1: (0, 0, 1, 1), 4 * m + 1: (3, 0, 2, 1)}
    if number not in blocks:
        raise ValueError(
            f"segments with {labels} labels, 0 being outside, correspond to {2 * m + 1} tags (O, "
            f"all B, all I) or {4 * m + 1} (O, all B, all E, all I, all S); got {number} tags. "
            "Relabel, or compare with a model of the same labels"
        )
    label = torch.arange(labels, device=tags.lengths.device)
    block = torch.tensor(blocks[number], device=label.device)[:, None]
    return one_hot((m * block + label) * (label > 0), number).to(dtype)


def _by_width(segments: SemiMarkov, *, shared: bool) -> SemiMarkov:
    """The same distribution with twice the labels, those of one word and those of more."""
    scores, transitions = segments.potentials["segments"], segments.batched()["transitions"]
    wide = torch.arange(scores.shape[2], device=scores.device)[:, None] > 0
    if not shared and transitions.dim() == 3:
        pairs = max(0, scores.shape[1] - 1)
        transitions = transitions[:, None].expand(-1, pairs, -1, -1)
    return SemiMarkov(
        segments=torch.cat(
            [scores.masked_fill(wide, FORBIDDEN), scores.masked_fill(~wide, FORBIDDEN)], 3
        ),
        transitions=torch.cat([torch.cat([transitions] * 2, -1)] * 2, -2),
        lengths=segments.lengths,
    )


def _from(segments: Float[Tensor, "batch word width label"], more: int) -> Tensor:
    """[i, d]: the probability of a segment from word i that has more words behind word i + d."""
    at_least = segments.flip(2).cumsum(2).flip(2)
    return pad(at_least, (0, 0, 0, more))[:, :, more:]


def _emissions(
    segments: Float[Tensor, "batch word width label"], tag_of: Float[Tensor, "4 label tag"]
) -> Float[Tensor, "batch word tag"]:
    one_more = _from(segments, 1)
    only, first = segments[:, :, 0], one_more[:, :, 0]
    middle = by_last_word(one_more)[:, :, 1:].sum(2)
    last = by_last_word(segments)[:, :, 1:].sum(2)
    return (
        only @ tag_of[_ONLY]
        + first @ tag_of[_FIRST]
        + middle @ tag_of[_MIDDLE]
        + (last @ tag_of[_LAST])
    )


def _inner_pairs(
    segments: Float[Tensor, "batch word width label"], tag_of: Float[Tensor, "4 label tag"]
) -> Float[Tensor, "batch pair tag tag"]:
    """Neighbouring tags inside segments."""
    ways = [
        (_FIRST, _LAST, segments[:, :-1, 1:2].sum(2)),
        (_FIRST, _MIDDLE, _from(segments, 1)[:, :-1, 1:2].sum(2)),
        (_MIDDLE, _MIDDLE, by_last_word(_from(segments, 2))[:, :-1, 1:].sum(2)),
        (_MIDDLE, _LAST, by_last_word(segments)[:, 1:, 2:].sum(2)),
    ]
    pairs = [(tag_of[a].mT * way[..., None, :]) @ tag_of[b] for a, b, way in ways]
    return torch.stack(pairs).sum(0)


def _read(
    tags: Float[Tensor, "batch word tag"],
    pairs: Float[Tensor, "batch pair tag tag"],
    structure: Structure,
    like: SemiMarkov,
) -> Parts:
    """The expected segments of a Markov chain, from the marginals of its tags and pairs.

    p(segment) = p(its first tag, not continuing) Π p(next tag, continuing | tag) p(no more | tag)
    """
    tag_of = _told_as(like, structure, tags.dtype)
    label_of = tag_of.amax(0).mT
    continuing = _continuing(tag_of)
    breaks = pairs.masked_fill(continuing, 0)
    # Where a tag is all but impossible, its continuation is too, whatever the quotient would be.
    possible = tags[:, :-1, :, None] > torch.finfo(tags.dtype).tiny ** 0.5
    given = (pairs / tags[:, :-1, :, None].where(possible, 1)).where(possible, 0)
    goes_on = given.masked_fill(~continuing, 0)
    words, widths = tags.shape[1], like.potentials["segments"].shape[2]
    last = torch.arange(words, device=tags.device) == structure.lengths[:, None] - 1
    ends = pad(given.masked_fill(continuing, 0).sum(3), (0, 0, 0, min(words, 1)))
    ends = ends.masked_fill(last[..., None], 1)
    # Of a segment that has begun at a word: the tag of its latest word.
    latest = torch.cat([tags[:, :1], breaks.sum(2)], 1)
    found = []
    for width in range(widths):
        if width > 0:
            latest = (latest[:, :-1, None] @ goes_on[:, width - 1 :]).squeeze(2)
        read = (latest * ends[:, width:]) @ label_of
        found.append(pad(read, (0, 0, 0, words - read.shape[1])))
    neighbours = label_of.mT @ breaks @ label_of
    shared = like.batched()["transitions"].dim() == 3
    return {
        "segments": torch.stack(found, 2),
        "transitions": neighbours.sum(1) if shared else neighbours,
    }


def _continuing(tag_of: Float[Tensor, "4 label tag"]) -> Bool[Tensor, "tag tag"]:
    """Which tags continue the segment that the tag before them has left open."""
    labelled = tag_of[:, 1:]
    leaves_open = labelled[_FIRST] + labelled[_MIDDLE]
    continues = labelled[_MIDDLE] + labelled[_LAST]
    return leaves_open.mT @ continues > 0

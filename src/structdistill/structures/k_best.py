"""The k best structures of any family: by Lawler's partition over `argmax`, or a kernel."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Float64, Int, Int8
from torch import Tensor

from structdistill.structures import kernels
from structdistill.structures.base import Structure
from structdistill.structures.potentials import LABELS, Parts, allowed

_NUMBERS_AT_ONCE = 2**24
"""Potentials in one batch of subproblems; bounds the memory."""


class Ranked(NamedTuple):
    """Structures in falling order of their scores; where there are fewer than k, -inf scores."""

    parts: Parts
    scores: Float[Tensor, "k batch"]


def k_best(structure: Structure, k: int) -> Ranked:
    """The k best structures of each sentence, distinct, best first.

    Args:
        structure: of any family.
        k: how many, at least 1.

    Returns:
        parts of shapes `(k, batch, ...)` and scores `(k, batch)`, without gradients. Where a
        sentence has fewer than k structures: zero parts and scores of -inf.

    Raises:
        ValueError: k is less than 1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1; got {k}")
    tensors = tuple(structure.batched().values())
    ranking = kernels.find_ranking(type(structure), tensors)
    if ranking is None:
        return by_labels(structure, k)
    parts, scores = ranking(tensors, structure.lengths, k)
    return Ranked(dict(zip(structure.axes, parts, strict=True)), scores.to(structure.dtype))


def by_labels(structure: Structure, k: int) -> Ranked:
    """`by_partition` among the k best labels of each part, where labels change nothing else.

    A structure with a lower label has k better ones: those with the higher labels in its place.
    """
    name = structure.decisive
    potential, axis = structure.potentials[name], structure._axes[name][-1]
    if len(structure.axes) > 1 or axis not in LABELS or potential.shape[-1] <= k:
        return by_partition(structure, k)
    highest, labels = potential.topk(k, -1)
    parts, scores = by_partition(structure._like({name: highest}), k)
    found = parts[name]
    whole = found.new_zeros(len(scores), *potential.shape)
    return Ranked({name: whole.scatter_(-1, labels.expand_as(found), found)}, scores)


def by_partition(structure: Structure, k: int) -> Ranked:
    """The same by Lawler's partition, which needs nothing but `argmax`.

    All structures but the best, y, are partitioned by the first part of y that they lack: subset i
    holds those with y's parts before i and without part i. Its best member is an `argmax` under
    forced and forbidden parts. The second best structure is the best of these members; its own
    subset is partitioned in turn. About k·n problems a sentence, solved in k batches.

    Reference: Lawler (1972), section 2.
    """
    # In double precision, so that the bonus which forces a part does not drown the scores.
    exact = structure.detach()._like(
        {n: p.detach().double() for n, p in structure.potentials.items()}
    )
    sentences = torch.arange(len(exact), device=exact.lengths.device)
    # A rule says of each decisive part: +1 forced, -1 forbidden, 0 free.
    size = exact.potentials[exact.decisive].shape[1:].numel()
    bonus = _bonus(exact)
    rules = torch.zeros(len(exact), 1, size, dtype=torch.int8, device=sentences.device)
    scores = _best_scores(exact, bonus, sentences, rules[:, 0])[:, None]
    found: list[tuple[Parts, Tensor]] = []
    for remaining in reversed(range(k)):
        winner = scores.argmax(1)
        rule, score = rules[sentences, winner], scores[sentences, winner]
        parts = _solve(exact, bonus, rule)
        found.append((parts, score))
        if remaining == 0:
            break
        scores[sentences, winner] = -torch.inf
        children, exists = _partition(parts[exact.decisive].flatten(1), rule)
        exists = exists & score.isfinite()[:, None]
        owner, child = exists.nonzero(as_tuple=True)
        child_scores = scores.new_full(exists.shape, -torch.inf)
        child_scores[owner, child] = _best_scores(exact, bonus, owner, children[owner, child])
        # Of all subsets, no more can be needed than structures are still to be found.
        scores, rules = torch.cat([scores, child_scores], 1), torch.cat([rules, children], 1)
        scores, kept = scores.topk(min(remaining, scores.shape[1]), 1)
        rules = rules[sentences[:, None], kept]
    ranked = torch.stack([score for _, score in found])
    return Ranked(
        parts={
            name: torch.stack([_zero_where_missing(p[name], s) for p, s in found]).to(
                structure.dtype
            )
            for name in exact.potentials
        },
        scores=ranked.to(structure.dtype),
    )


def _partition(
    best: Float64[Tensor, "batch part"], rule: Int8[Tensor, "batch part"]
) -> tuple[Int8[Tensor, "batch child part"], Bool[Tensor, "batch child"]]:
    """Rules that partition what a rule allows, except its best structure; which of them exist."""
    free = (best > 0) & (rule <= 0)
    number = free.cumsum(1)  # the first free part of the best structure is number 1
    child = 1 + torch.arange(int(free.sum(1).max()) if len(free) else 0, device=best.device)
    forced = free[:, None] & (number[:, None] < child[:, None])
    lacked = free[:, None] & (number[:, None] == child[:, None])
    return rule[:, None].masked_fill(forced, 1).masked_fill(lacked, -1), lacked.any(2)


def _bonus(structure: Structure) -> Float64[Tensor, " sentence"]:
    """What forces or forbids a part: more than the scores of two structures can differ by.

    They have at most 2n + 1 parts each.
    """
    extent = torch.zeros_like(structure.lengths, dtype=torch.double)
    for potential in structure.batched().values():
        if potential.numel():
            magnitude = potential.abs().where(allowed(potential), 0)
            extent = extent.maximum(magnitude.flatten(1).amax(1))
    return 1 + 2 * (2 * structure.lengths + 1) * extent


def _best_scores(
    structure: Structure,
    bonus: Float64[Tensor, " sentence"],
    sentences: Int[Tensor, " problem"],
    rules: Int8[Tensor, "problem part"],
) -> Float64[Tensor, " problem"]:
    """The score of the best structure under each rule; -inf where none obeys it."""
    scores = []
    at_once = max(1, _NUMBERS_AT_ONCE // max(1, rules.shape[1]))
    for some, rule in zip(sentences.split(at_once), rules.split(at_once), strict=True):
        chosen = structure[some]
        chosen = chosen._with(chosen._given)  # which are bounded already
        parts = _solve(chosen, bonus[some], rule)
        score = chosen.score(parts)
        decisive = parts[structure.decisive].flatten(1) > 0
        obeyed = ((rule == 0) | (decisive == (rule > 0))).all(1)
        scores.append(score.where(obeyed & allowed(score), -torch.inf))
    return torch.cat(scores)


def _solve(
    structure: Structure, bonus: Float64[Tensor, " batch"], rules: Int8[Tensor, "batch part"]
) -> Parts:
    """The best structure under each rule, if any obeys it."""
    decisive = structure.potentials[structure.decisive]
    weights = bonus.view(-1, *[1] * (decisive.dim() - 1))
    ruled = torch.addcmul(decisive, weights, rules.view(decisive.shape).double())
    return structure._with({**structure.potentials, structure.decisive: ruled}).argmax()


def _zero_where_missing(parts: Tensor, score: Float64[Tensor, " batch"]) -> Tensor:
    return parts * score.isfinite().view(-1, *[1] * (parts.dim() - 1))

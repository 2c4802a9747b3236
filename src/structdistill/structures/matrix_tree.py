"""The sum over all arborescences, by an elimination that never subtracts."""

import torch
from jaxtyping import Bool, Float64, Int
from torch import Tensor

from structdistill.structures.potentials import FORBIDDEN, allowed, inside

_NARROW = 100.0
"""Up to this range of scores weights are multiplied as they are: in float64 neither they nor their
gradients' gradients overflow, and what underflows is far below every sum that it would join."""


def log_sum_arborescences(
    scores: Float64[Tensor, "batch head dependent"],
    lengths: Int[Tensor, " batch"],
    *,
    single_root: bool,
) -> Float64[Tensor, " batch"]:
    """log Σ_y exp Σ_{(h, d) ∈ y} scores[h, d] over the arborescences y; differentiable.

    The sum is the determinant of the Laplacian of the weights w = exp(scores) (the Matrix-Tree
    theorem). Gaussian elimination subtracts on its diagonal and loses all digits there if scores
    are far apart. But a diagonal element is the sum of the weights into a node, so it needs no
    storing: eliminating word k leaves the graph of the other nodes with

        w[i, j] + w[i, k] w[k, j] / pivot,    pivot = Σ_i w[i, k] over the nodes i that are left

    and the determinant is the product of the pivots. There are only sums of positive numbers, so
    every digit counts, and the logarithms of the numbers will do as well.

    Arborescences with one arc from the root have the terms of the determinant that are linear in
    the root's weights: its weight is in the pivot of the last word only.

    Args:
        scores: heads are nodes 0 … n, dependents the words 1 … n.
        lengths: words of each sentence.
        single_root: whether one arc leaves the root, or any number from one on.

    Reference: Koo et al. (2007), section 3, for the determinants; Grassmann, Taksar and Heyman
        (1985) for the elimination, which they give for stationary distributions.
    """
    nodes, words = scores.shape[1:]
    if words == 0:
        return scores.flatten(1).sum(1)  # 0, and differentiable
    real = inside("n", words, lengths)
    itself = torch.eye(nodes, dtype=torch.bool, device=scores.device)[:, 1:]
    impossible = itself | ~inside("n+1", nodes, lengths)[:, :, None]
    scores = scores.masked_fill(impossible, FORBIDDEN)
    # The best head of each word weighs 1. Words of the padding depend on all nodes alike.
    best = scores.detach().amax(1)
    scores = (scores - best[:, None]).where(real[:, None], 0)
    if (impossible | (scores.detach() >= -_NARROW)).all():
        pivots = _pivots(scores, single_root)
    else:
        scores = _root_last(scores, real) if single_root else scores
        pivots = _log_pivots(scores, single_root)
    return (pivots.where(real, 0) + best.where(real, 0)).sum(1)


def _pivots(
    scores: Float64[Tensor, "batch head dependent"], single_root: bool
) -> Float64[Tensor, "batch dependent"]:
    """The logarithms of all pivots, computed from the weights."""
    weights, pivots = scores.exp(), []
    for word in reversed(range(scores.shape[2])):
        rest, heads, children = _without(word, weights)
        pivot = heads[:, int(single_root and word > 0) :].sum(1, keepdim=True)
        weights = rest + heads * (children / pivot)
        pivots.append(pivot.flatten())
    return torch.stack(pivots[::-1], 1).log()


def _log_pivots(
    scores: Float64[Tensor, "batch head dependent"], single_root: bool
) -> Float64[Tensor, "batch dependent"]:
    """The logarithms of all pivots, computed from logarithms: for any range of scores."""
    pivots = []
    for word in reversed(range(scores.shape[2])):
        direct, heads, children = _without(word, scores)
        joining = heads[:, int(single_root and word > 0) :]
        largest = joining.detach().amax(1, keepdim=True)
        pivot = (joining - largest).exp().sum(1, keepdim=True).log() + largest
        through = heads + (children - pivot)
        larger = torch.maximum(direct, through).detach()
        scores = ((direct - larger).exp() + (through - larger).exp()).log() + larger
        pivots.append(pivot.flatten())
    return torch.stack(pivots[::-1], 1)


def _without(
    word: int, table: Float64[Tensor, "batch head dependent"]
) -> tuple[
    Float64[Tensor, "batch remaining word"],
    Float64[Tensor, "batch remaining 1"],
    Float64[Tensor, "batch 1 word"],
]:
    """The arcs between the nodes before the last word; those into this word; those from it."""
    # Not by slices: the gradient of each is a table of zeros.
    others, into = table.split([word, 1], 2)
    rest, children = others.split([word + 1, 1], 1)
    heads, _ = into.split([word + 1, 1], 1)
    return rest, heads, children


def _root_last(
    scores: Float64[Tensor, "batch head dependent"], real: Bool[Tensor, "batch dependent"]
) -> Float64[Tensor, "batch head dependent"]:
    """The first word, eliminated last, exchanged with one from which all others can be reached.

    The others' pivots do without the root; where a word hangs on the root alone they would be 0.
    """
    words = real.shape[1]
    position = torch.arange(words, device=real.device).expand_as(real)
    reach = (
        allowed(scores[:, 1:]) | torch.eye(words, dtype=torch.bool, device=real.device)
    ).float()
    for _ in range(words.bit_length()):
        reach = (reach @ reach).clamp(max=1)
    reaches_all = ((reach > 0) | ~real[:, None]).all(2) & real
    last = reaches_all.int().argmax(1, keepdim=True)
    order = position.masked_fill(position == last, 0).where(position > 0, last)
    nodes = torch.cat([torch.zeros_like(last), order + 1], 1)
    sentence = torch.arange(len(real), device=real.device)[:, None, None]
    return scores[sentence, nodes[:, :, None], order[:, None]]

"""Dependency trees without crossing arcs."""

import torch
from jaxtyping import Float
from torch import Tensor

from structdistill.structures.chart import Chart, by_width, splits
from structdistill.structures.dependency_tree import DependencyTree
from structdistill.structures.inside import Inside, Reduce
from structdistill.structures.potentials import FORBIDDEN, Parts

_UNREACHABLE = 1e6 * FORBIDDEN


class ProjectiveTree(DependencyTree, Inside):
    """Dependency trees over the words of a sentence, without crossing arcs.

    p(y) ∝ exp Σ_{(h, d, r) ∈ y} arcs[h, d, r]

    Each word d = 1 … n has one head h, another word or the root 0, and every word descends from
    the root; the arcs, drawn above the sentence with the root before it, do not cross.

    Parts: arcs[b, h, d] is an arc from head h to dependent d, arcs[b, h, d, r] one of relation r.
        Entries into the root, of a word to itself and beyond the sentence are no parts.
    Cost: O(n³ + n² r) time and memory, n sequential steps.
    Count: C(3n−2, n−1) / n · r^n structures, or C(3n, n) / (2n+1) · r^n where several arcs may
        leave the root; for n = 0 one, the empty one, with score 0.
    Reference: Eisner (1996), where the root comes last. Ours comes first, and relations are summed
        over before the recursion, in which they do not matter.
    """

    def _inside(self, potentials: Parts, reduce: Reduce) -> Float[Tensor, " batch"]:
        arcs = potentials["arcs"]
        if arcs.shape[1] == 1:
            return 0 * arcs.flatten(1).sum(1)  # differentiable
        if arcs.dim() == 4:
            arcs = reduce(arcs, 3)
        headed_first, headed_last = _half_trees(arcs, reduce)
        lengths = self.lengths.clone()  # made in inference mode, perhaps: nothing for autograd
        last = lengths[:, None]
        if not self.single_root:
            total = headed_first.starts[:, 0].gather(1, last).squeeze(1)
            return total.where(self.lengths > 0, 0)
        # The root's only dependent, with the words before it and the words behind it.
        child = torch.arange(1, arcs.shape[1], device=last.device)
        before = headed_last.starts[:, 1, :-1]
        sentences = torch.arange(len(lengths), device=last.device)
        behind = headed_first.ends[sentences, lengths].gather(1, (last - child).clamp(min=0))
        trees = (arcs[:, 0, 1:] + before + behind).where(child <= last, _UNREACHABLE)
        return reduce(trees, 1).where(self.lengths > 0, 0)


def _half_trees(arcs: Float[Tensor, "batch node node"], reduce: Reduce) -> tuple[Chart, Chart]:
    """The reductions over subtrees of spans, headed by the first and by the last node.

    Two of them side by side and an arc between their heads are an open span; an open span and a
    half of its dependent's are a wider half. So each half adds its head's arcs from the inside to
    the outside, and each tree is built in one way.
    """
    size = arcs.shape[1]
    rightward, leftward = by_width(arcs), by_width(arcs.mT)
    nothing = torch.zeros_like(rightward[0])
    headed_first, headed_last, open_right, open_left = (Chart(nothing) for _ in range(4))
    headed_first.append(nothing)
    headed_last.append(nothing)
    for width in range(1, size):
        spans = size - width
        halves = reduce(splits(headed_first, headed_last, spans), 2)
        open_right.append(halves + rightward[width])
        open_left.append(halves + leftward[width])
        first = reduce(splits(open_right, headed_first, spans), 2)
        last = reduce(splits(headed_last, open_left, spans), 2)
        headed_first.append(first)
        headed_last.append(last)
    return headed_first, headed_last

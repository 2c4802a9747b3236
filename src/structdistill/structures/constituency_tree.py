"""Binary trees of labelled spans."""

from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from structdistill.structures.chart import Chart, by_width, splits
from structdistill.structures.inside import Inside, Reduce
from structdistill.structures.local import Local
from structdistill.structures.potentials import Parts, allowed


class ConstituencyTree(Inside):
    """Binary bracketings of a sentence, whose spans have labels.

    p(y) ∝ exp Σ_{(i, j, l) ∈ y} spans[i, j, l]

    Each span of more than one word in the bracketing is split into two that are in it, too, from
    the whole sentence down to the single words: 2n−1 spans, each with one label. That label 0 says
    "no constituent", for the nodes that only make a tree binary, is between model and task; here
    it is a label like any other.

    Parts: spans[b, i, j, l] is words[i:j] as a span with label l. Entries with i ≥ j or beyond the
        sentence are no parts.
    Cost: O(n³ + n² l) time and memory, n sequential steps.
    Count: C(2n−2, n−1) / n · l^(2n−1) structures; for n = 0 one, the empty one, with score 0.
    Reference: Stern et al. (2017), whose chart parser finds the best tree; the distribution is that
        of Zhang et al. (2020), who label spans after bracketing. Here both are one distribution.
    """

    axes: ClassVar = {"spans": [("n+1", "n+1", "l")]}
    decisive: ClassVar[str] = "spans"
    place_axes: ClassVar = (1, 2)

    def __init__(
        self, *, spans: Float[Tensor, "batch from to label"], lengths: Int[Tensor, " batch"]
    ):
        super().__init__(potentials={"spans": spans}, lengths=lengths)

    def _inside(self, potentials: Parts, reduce: Reduce) -> Float[Tensor, " batch"]:
        spans = potentials["spans"]
        words = spans.shape[1] - 1
        if words == 0:
            return 0 * spans.flatten(1).sum(1)  # differentiable
        _, *best_label = by_width(reduce(spans, 3))
        chart = Chart(best_label[0])
        chart.append(best_label[0])
        for number, label in enumerate(best_label[1:], start=1):
            chart.append(label + reduce(splits(chart, chart, words - number), 2))
        total = chart.starts[:, 0].gather(1, (self.lengths[:, None] - 1).clamp(min=0))
        return total.squeeze(1).where(self.lengths > 0, 0)

    def local(self, *, transitions: bool) -> Local:
        """Each place is a span that can be there, its alternatives are labels."""
        spans = self.potentials["spans"]
        return Local(
            unary=spans.flatten(1, 2),
            places=(self._possible() & allowed(spans).any(3)).flatten(1),
            invariance=self._invariance,
        )

    def places(
        self, decisive: Float[Tensor, "batch from to label"]
    ) -> Float[Tensor, "batch place alternative"]:
        absent = (1 - decisive.sum(3)).where(self._possible(), 0)
        return torch.cat([absent[..., None], decisive], 3).flatten(1, 2)

    def indicator(self, spans: Int[Tensor, "batch from to"]) -> Parts:
        """The parts of trees.

        A tree that is known in part has some of its spans: `constrain` then leaves all trees that
        have them. The binary trees of a tree with more branches are those that have its spans.

        Args:
            spans: the label of words[i:j]; negative where there is no span, or none known.
        """
        potential = self.potentials["spans"]
        known = (spans >= 0) & self._possible()
        label = spans.where(known, 0)[..., None]
        parts = torch.zeros_like(potential).scatter_(3, label, known[..., None].to(self.dtype))
        return {"spans": parts}

    def _excluded(self, observed: Tensor) -> Bool[Tensor, "batch from to label"]:
        """Other labels of observed spans, and spans that cross them.

        A span that none of a binary tree's spans crosses is one of them. So what is left are the
        trees that have all observed spans; if those are a whole tree's, only this tree.
        """
        there = observed.ne(0).any(3).where(self._possible(), False)
        mirrored = there.flip(1, 2).mT
        crossing = _reached_from_the_left(there) | _reached_from_the_left(mirrored).flip(1, 2).mT
        return super()._excluded(observed) | crossing[..., None]

    def _covered(self, decisive: Tensor) -> Float[Tensor, " batch"]:
        return (super()._covered(decisive) + (self.lengths > 0)) / 2  # a binary tree has 2n−1 spans

    def _invariance(
        self,
        difference: Float[Tensor, "batch place alternative"],
        weights: Float[Tensor, "batch place alternative"],
    ) -> Float[Tensor, "batch place alternative"]:
        """A constant for each span that all trees have, one for all the others together.

        The spans of one word and of the whole sentence are in every tree; of the others each tree
        has n−2, whichever.
        """
        start, end = self._positions(self.potentials["spans"])
        everywhere = (end - start == 1) | ((start == 0) & (end == self.lengths[:, None, None]))
        weighted, shared = weights * difference, ~everywhere.flatten(1)[..., None]
        total = (weights * shared).sum((1, 2), keepdim=True).clamp(min=1)
        mean = (weighted * shared).sum((1, 2), keepdim=True) / total
        return mean.where(shared, weighted.sum(2, keepdim=True)).expand_as(difference)

    def _possible(self) -> Bool[Tensor, "batch from to"]:
        """Which spans the sentences have."""
        return ~self._no_parts("spans", self.potentials["spans"]).squeeze(3)

    def _no_parts(self, name: str, potential: Tensor) -> Bool[Tensor, "batch from to 1"]:
        start, end = self._positions(potential)
        return ((start >= end) | (end > self.lengths[:, None, None]))[..., None]

    def _positions(self, spans: Tensor) -> tuple[Int[Tensor, "1 from 1"], Int[Tensor, "1 1 to"]]:
        position = torch.arange(spans.shape[1], device=self.lengths.device)
        return position[None, :, None], position[None, None]


def _reached_from_the_left(spans: Bool[Tensor, "batch from to"]) -> Bool[Tensor, "batch from to"]:
    """For which [i, j] there is a span from before i to within, not its ends."""
    begun_before = (spans.cumsum(1) - spans.long()).triu(1)
    return begun_before.cumsum(2) - begun_before > 0

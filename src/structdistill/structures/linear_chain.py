"""First-order chains of tags."""

from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from structdistill.structures.independent import one_hot_tags
from structdistill.structures.inside import Inside, Reduce
from structdistill.structures.local import Local
from structdistill.structures.potentials import Parts, inside


class LinearChain(Inside):
    """Tag sequences in which neighbouring tags depend on each other.

    p(y) ∝ exp( start[y_0] + Σ_i emissions[i, y_i] + Σ_i transitions[y_i, y_{i+1}] + end[y_{n-1}] )

    Parts: emissions[b, i, t] is word i tagged t; transitions[s, t] a tag s directly before a tag t
        anywhere, or transitions[b, i, s, t] at words i and i+1; start[t] and end[t] a sentence
        that begins or ends with t. Without start and end all tags begin and end alike.
    Cost: O(n t²) time, n sequential steps, O(n t²) memory while differentiating.
    Count: t^n structures; for n = 0 one, the empty one, with score 0.
    Reference: Lafferty et al. (2001), section 3. Our start and end are potentials of their own,
        not tags.
    """

    axes: ClassVar = {
        "emissions": [("n", "t")],
        "transitions": [("t", "t"), ("n-1", "t", "t")],
        "start": [("t",)],
        "end": [("t",)],
    }
    decisive: ClassVar[str] = "emissions"

    def __init__(
        self,
        *,
        emissions: Float[Tensor, "batch word tag"],
        transitions: Float[Tensor, "*position tag tag"],
        start: Float[Tensor, "*start tag"] | None = None,
        end: Float[Tensor, "*end tag"] | None = None,
        lengths: Int[Tensor, " batch"],
    ):
        tags = emissions.shape[-1]
        potentials = {
            "emissions": emissions,
            "transitions": transitions,
            "start": emissions.new_zeros(tags) if start is None else start,
            "end": emissions.new_zeros(tags) if end is None else end,
        }
        super().__init__(potentials=potentials, lengths=lengths)

    def _inside(self, potentials: Parts, reduce: Reduce) -> Float[Tensor, " batch"]:
        # unbind, because indexing in a loop would make the backward pass quadratic in length
        emissions = potentials["emissions"].unbind(1)
        if not emissions:
            return potentials["emissions"].sum((1, 2))  # 0, and differentiable
        transitions = potentials["transitions"]
        steps = transitions.unbind(1) if transitions.dim() == 4 else [transitions] * len(emissions)
        value = potentials["start"] + emissions[0]
        for i, emission in enumerate(emissions[1:], start=1):
            longer = reduce(value.unsqueeze(2) + steps[i - 1], 1) + emission
            value = torch.where((i < self.lengths)[:, None], longer, value)
        total = reduce(value + potentials["end"], 1)
        return total.where(self.lengths > 0, 0)

    def local(self, *, transitions: bool) -> Local:
        emissions, pairs = self.potentials["emissions"], self.batched()["transitions"]
        words = inside("n", emissions.shape[1], self.lengths)
        if not transitions:
            return Local(unary=emissions, places=words)
        first, last = self._boundaries()
        unary = emissions + first * self.batched()["start"][:, None]
        unary = unary + last * self.batched()["end"][:, None]
        if pairs.dim() == 4:  # one matrix a word, that of the first word unused
            pairs = torch.cat([pairs.new_zeros(len(self), 1, *pairs.shape[2:]), pairs], 1)
        else:
            pairs = pairs[:, None]
        return Local(unary=unary, places=words, pairs=pairs, paired=words & ~first.squeeze(2))

    def places(self, decisive: Float[Tensor, "batch word tag"]) -> Float[Tensor, "batch word tag"]:
        return decisive

    def pair_marginals(self) -> Float[Tensor, "batch pair tag tag"]:
        """p(y_i = s, y_{i+1} = t) at every position: batch × length × tags² numbers."""
        transitions = self.batched()["transitions"]
        if transitions.dim() == 3:
            pairs = max(0, self.potentials["emissions"].shape[1] - 1)
            transitions = transitions[:, None].expand(-1, pairs, -1, -1)
        return self._like({**self.potentials, "transitions": transitions}).marginals()[
            "transitions"
        ]

    def indicator(self, tags: Int[Tensor, "batch word"]) -> Parts:
        """The parts of tag sequences; a negative tag is unknown and has no part."""
        return self.product(one_hot_tags(tags, self.potentials["emissions"], self.lengths))

    def product(self, words: Float[Tensor, "batch word tag"]) -> Parts:
        """The expected parts when each word has these tag probabilities, independently."""
        first, last = self._boundaries()
        shared = self.batched()["transitions"].dim() == 3
        before, after = words[:, :-1], words[:, 1:]
        pairs = before.mT @ after if shared else before[..., None] * after[..., None, :]
        return {
            "emissions": words,
            "transitions": pairs,
            "start": (words * first).sum(1),
            "end": (words * last).sum(1),
        }

    def _boundaries(self) -> tuple[Bool[Tensor, "batch word 1"], Bool[Tensor, "batch word 1"]]:
        """Indicators of each sentence's first and last word."""
        position = torch.arange(self.potentials["emissions"].shape[1], device=self.lengths.device)
        first = (position == 0) & (self.lengths[:, None] > 0)
        last = position == self.lengths[:, None] - 1
        return first[..., None], last[..., None]

"""Independent tags."""

from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

from structdistill.structures.inside import Inside, Reduce
from structdistill.structures.local import Local
from structdistill.structures.potentials import Parts, inside


class Independent(Inside):
    """Tag sequences whose tags do not depend on each other.

    p(y) ∝ exp Σ_i emissions[i, y_i]

    Parts: emissions[b, i, t] is word i tagged t.
    Cost: O(n t) time and memory, no sequential steps.
    Count: t^n structures.
    Reference: a softmax a word; "MaxEnt" in Wang et al. (2021).
    """

    axes: ClassVar = {"emissions": [("n", "t")]}
    decisive: ClassVar[str] = "emissions"

    def __init__(
        self, *, emissions: Float[Tensor, "batch word tag"], lengths: Int[Tensor, " batch"]
    ):
        super().__init__(potentials={"emissions": emissions}, lengths=lengths)

    def _inside(self, potentials: Parts, reduce: Reduce) -> Float[Tensor, " batch"]:
        emissions = potentials["emissions"]
        words = inside("n", emissions.shape[1], self.lengths)
        return reduce(emissions, 2).masked_fill(~words, 0).sum(1)

    def local(self, *, transitions: bool) -> Local:
        emissions = self.potentials["emissions"]
        return Local(unary=emissions, places=inside("n", emissions.shape[1], self.lengths))

    def places(self, decisive: Float[Tensor, "batch word tag"]) -> Float[Tensor, "batch word tag"]:
        return decisive

    def indicator(self, tags: Int[Tensor, "batch word"]) -> Parts:
        """The parts of tag sequences; a negative tag is unknown and has no part."""
        emissions = self.potentials["emissions"]
        return {"emissions": one_hot_tags(tags, emissions, self.lengths)}


def one_hot_tags(
    tags: Int[Tensor, "batch word"],
    emissions: Float[Tensor, "batch word tag"],
    lengths: Int[Tensor, " batch"],
) -> Float[Tensor, "batch word tag"]:
    """Indicators of tags, shaped like emissions; zeros where a tag is negative or padding."""
    known = (tags >= 0) & inside("n", tags.shape[1], lengths)
    one_hot = torch.zeros_like(emissions.detach())
    return one_hot.scatter_(2, tags.clamp(min=0)[..., None], known[..., None].to(one_hot.dtype))

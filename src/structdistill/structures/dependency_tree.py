"""What trees of dependencies have in common, whether or not their arcs may cross."""

from abc import ABC
from typing import ClassVar, Self

from jaxtyping import Bool, Float, Int
from torch import Tensor

from structdistill.structures.arcs import by_dependent, chosen_arcs, head_choices, possible_arcs
from structdistill.structures.base import Structure
from structdistill.structures.inside import log_sum_exp
from structdistill.structures.local import Local
from structdistill.structures.potentials import Parts


class DependencyTree(Structure, ABC):
    """Trees in which each word has one head, another word or the root, and descends from the root.

    Args:
        arcs: potentials `[head, dependent]` or `[head, dependent, relation]`; words are counted
            from 1, node 0 is the root.
        single_root: whether one arc leaves the root, or any number from one on.
        lengths: words of each sentence.
    """

    axes: ClassVar = {"arcs": [("n+1", "n+1"), ("n+1", "n+1", "r")]}
    decisive: ClassVar[str] = "arcs"
    place_axes: ClassVar = (2,)
    switches: ClassVar = ("single_root",)

    def __init__(
        self,
        *,
        arcs: Float[Tensor, "batch node node *relation"],
        single_root: bool = True,
        lengths: Int[Tensor, " batch"],
    ):
        self.single_root = single_root
        super().__init__(potentials={"arcs": arcs}, lengths=lengths)

    def local(self, *, transitions: bool) -> Local:
        return head_choices(self.potentials["arcs"], self.lengths, single_root=self.single_root)

    def places(
        self, decisive: Float[Tensor, "batch node node *relation"]
    ) -> Float[Tensor, "batch node alternative"]:
        return by_dependent(decisive)

    def indicator(
        self, heads: Int[Tensor, "batch word"], relations: Int[Tensor, "batch word"] | None = None
    ) -> Parts:
        """The parts of trees: of each word its arc, of a word with an unknown head nothing.

        Where only the relation is unknown, the arcs of all relations: not a tree, but what
        `constrain` takes for any of them.

        Args:
            heads: of each word, in the count from 1; 0 is the root, negative unknown.
            relations: of each word, negative unknown; None if all are, or if arcs have none.

        Raises:
            ValueError: relations are given for arcs that have none.
        """
        return {"arcs": chosen_arcs(self.potentials["arcs"], self.lengths, heads, relations)}

    @property
    def is_labelled(self) -> bool:
        """Whether arcs have relations."""
        return "r" in self._axes["arcs"]

    def unlabelled(self) -> Self:
        """The distribution of the trees alone, whatever the relations."""
        if not self.is_labelled:
            return self
        return self._like({"arcs": log_sum_exp(self.potentials["arcs"], 3)})

    def _no_parts(self, name: str, potential: Tensor) -> Bool[Tensor, "batch ..."]:
        return ~possible_arcs(potential, self.lengths)

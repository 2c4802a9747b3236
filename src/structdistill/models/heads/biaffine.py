"""Arcs between words, each with a relation."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from structdistill.models.heads.base import Head
from structdistill.structures import NonProjectiveTree, ProjectiveTree, Structure
from structdistill.structures.dependency_tree import DependencyTree


class BiaffineHead(Head):
    """Scores each arc by its head and dependent, and each relation that it may have.

    arcs[h, d, r] = s(h, d) + s_r(h, d), where each s is biaffine in two vectors: what word h is as
    a head, and what word d is as a dependent. The root, node 0, has a vector that is learned.

    Args:
        width: size of a word's vector.
        labels_count: relations there are.
        structure: `non_projective_tree` or `projective_tree`.
        arc_width: size of the vectors that score arcs.
        relation_width: size of the vectors that score relations.
        dropout: share of those vectors that is dropped in training.
        single_root: whether one word only may depend on the root.

    Raises:
        RecipeError: it is another structure.

    Reference: Dozat & Manning (2017), which normalises arcs, and relations given an arc, apart;
        here one potential has both, so that a labelled tree is one structure.
    """

    structures: ClassVar[Mapping[str, type[DependencyTree]]] = {
        "non_projective_tree": NonProjectiveTree,
        "projective_tree": ProjectiveTree,
    }
    scored: ClassVar[str] = "arcs"

    def __init__(
        self,
        *,
        width: int,
        labels_count: int,
        structure: str = "non_projective_tree",
        arc_width: int = 256,
        relation_width: int = 100,
        dropout: float = 0.33,
        single_root: bool = True,
    ):
        super().__init__(structure)
        self.family = self.structures[structure]
        self.single_root = single_root
        self.root = nn.Parameter(torch.randn(width) / width**0.5)
        self.arcs = _Biaffine(width, arc_width, outputs=1, dropout=dropout)
        self.relations = _Biaffine(width, relation_width, outputs=labels_count, dropout=dropout)

    def forward(
        self, words: Float[Tensor, "batch word width"], lengths: Int[Tensor, " batch"]
    ) -> Structure:
        with torch.autocast(words.device.type, enabled=False):
            words = words.to(self.root.dtype)
            root = self.root.expand(len(words), 1, -1)
            nodes = torch.cat([root, words], 1)
            arcs = self.arcs(nodes) + self.relations(nodes)
        return self.family(arcs=arcs, single_root=self.single_root, lengths=lengths)


class _Biaffine(nn.Module):
    """s_r(h, d) = ⟨[h, 1], U_r [d, 1]⟩ for all pairs of nodes, each first seen in either role."""

    def __init__(self, width: int, inner: int, *, outputs: int, dropout: float):
        super().__init__()
        self.as_head, self.as_dependent = (
            nn.Sequential(nn.Linear(width, inner), nn.LeakyReLU(0.1), nn.Dropout(dropout))
            for _ in range(2)
        )
        self.weights = nn.Parameter(torch.randn(outputs, inner + 1, inner + 1) / inner)

    def forward(
        self, nodes: Float[Tensor, "batch node width"]
    ) -> Float[Tensor, "batch node node output"]:
        heads, dependents = _and_one(self.as_head(nodes)), _and_one(self.as_dependent(nodes))
        # Two matrix products: no tensor has pairs of nodes and the vectors' axis.
        turned = torch.einsum("bhi,rij->bhrj", heads, self.weights)
        return torch.einsum("bhrj,bdj->bhdr", turned, dependents)


def _and_one(vectors: Float[Tensor, "batch node width"]) -> Tensor:
    return nn.functional.pad(vectors, (0, 1), value=1.0)

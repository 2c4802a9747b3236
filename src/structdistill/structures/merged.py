"""Distributions whose labels have been merged, and are no structure's any more."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from structdistill.structures.base import Structure
from structdistill.structures.distribution import Distribution
from structdistill.structures.empirical import Empirical
from structdistill.structures.label_maps import (
    LabelMap,
    LabelMaps,
    log_sum_merged,
    push_list,
    push_parts,
    push_potentials,
    words_inside,
)
from structdistill.structures.local import Local, nonnegative
from structdistill.structures.potentials import Parts


def renamed(distribution: Distribution, maps: LabelMaps) -> Distribution:
    """The push-forward of a distribution: that of its structures with their labels renamed.

    A structure, where there is one of this distribution: no labels are merged, or tags are
    independent, or labels are relations or constituents. Else `Merged`.

    Args:
        distribution: a structure or a list of structures, over the old labels.
        maps: of its family, and of those that it will be compared with.

    Raises:
        TypeError: the distribution is neither.
    """
    if isinstance(distribution, Empirical):
        return push_list(distribution, maps[distribution.family.decisive])
    if not isinstance(distribution, Structure):
        raise TypeError(
            f"labels of {type(distribution).__name__} cannot be renamed: rename those "
            "of the distributions that it is made of"
        )
    labels = maps[distribution.decisive]
    if labels.injective or list(distribution.potentials) == [distribution.decisive]:
        return push_potentials(distribution, labels)
    return Merged(distribution, maps)


class Merged(Distribution):
    """The distribution of a structure's members after labels have been merged.

    p(z) = Σ_{y: m(y) = z} p_structure(y)

    Where neighbouring labels depend on each other, the merged ones depend on all others: p has no
    potentials. Its expected parts are exact, and with them cross-entropies and marginals.

    Parts: those of any family that the structure can be converted to, with the new labels.
    Cost: of the structure, and that of summing parts.
    Reference: the lumping of a Markov chain (Kemeny & Snell 1960, section 6.3), which is one again
        in exceptional cases only.

    Args:
        structure: over the old labels.
        maps: of its labels, by decisive potential: of its own family, and of each family that it
            will be compared with.
    """

    def __init__(self, structure: Structure, maps: LabelMaps):
        self.structure, self.maps = structure, dict(maps)
        self.lengths = structure.lengths

    def expected_parts(self, like: Structure) -> Parts:
        """E_p[parts(z)], the parts being those of another structure, over the new labels.

        Raises:
            TypeError: no conversion to its family is known.
        """
        return self._expected(like)[1]

    def argmax(self) -> Parts:
        """What the most probable structure of the old labels becomes."""
        return push_parts(self.structure.argmax(), self._labels, of=self.structure)

    def best(self, k: int) -> Empirical:
        """What the k most probable structures of the old labels become, which may be fewer."""
        return push_list(self.structure.best(k), self._labels)

    def local(self, *, transitions: bool) -> Local:
        """The local distributions of the old labels, summed over labels that become one."""
        if self.structure.decisive != "emissions":
            raise ValueError(
                "merged labels of segments have no potentials to compare: choose an objective that "
                "compares distributions (structural, posterior, top_k)"
            )
        fine, labels = self.structure.local(transitions=transitions), self._labels
        unary = log_sum_merged(fine.unary, labels, 2)
        if fine.pairs is None:
            return Local(unary=unary, places=fine.places)
        before = log_sum_merged(fine.pairs, labels, 2)
        pairs = log_sum_merged(fine.unary[:, :, None] + before, labels, 3) - unary[:, :, None]
        return Local(unary=unary, places=fine.places, pairs=pairs, paired=fine.paired)

    def entropy(self) -> Float[Tensor, " batch"]:
        raise ValueError(
            "the entropy of merged labels that depend on each other is not known: compare by "
            "cross_entropy, or by kl, which bounds it"
        )

    def kl(self, other: Structure) -> Float[Tensor, " batch"]:
        """An upper bound of KL(p ‖ q) in nats, by a constant that does not depend on q.

        H(m(y)) = H(y) − H(y | m(y)) ≥ H(y) − Σ_i H(y_i | m(y)_i), where i runs over places: exact
        where places are independent, and the last term is 0 where no labels are merged.
        """
        fine, parts = self._expected(other)
        was, labels = fine[other.decisive], self.maps[other.decisive]
        forgotten = _entropy(was) - _entropy(parts[other.decisive])
        if other.decisive == "segments":
            inside = words_inside(fine, labels, of=labels.pulled_back(other))
            forgotten = forgotten + _entropy(inside)
        cross_entropy = other.log_partition() - other.score(parts)
        entropy = (self.structure.entropy() - nonnegative(forgotten)).clamp(min=0)
        return nonnegative(cross_entropy - entropy)

    def temper(self, temperature: float) -> "Merged":
        """The merged labels of the tempered structure: what divides are the old potentials."""
        return Merged(self.structure.temper(temperature), self.maps)

    def detach(self) -> "Merged":
        return Merged(self.structure.detach(), self.maps)

    def to(self, device: torch.device | str) -> "Merged":
        return Merged(self.structure.to(device), self.maps)

    def relabel(self, order: Int[Tensor, " label"]) -> "Merged":
        """As everywhere; it then compares with its own family only."""
        place = {old: new for new, old in enumerate(order.tolist())}
        index = tuple(place[label] for label in self._labels.index)
        return Merged(self.structure, {self.structure.decisive: LabelMap(index, len(order))})

    def __getitem__(self, index: int | slice | Sequence[int] | Tensor) -> "Merged":
        return Merged(self.structure[index], self.maps)

    @property
    def _labels(self) -> LabelMap:
        return self.maps[self.structure.decisive]

    def _expected(self, like: Structure) -> tuple[Parts, Parts]:
        """Expected parts of another family, over the old labels and over the new ones."""
        from structdistill.structures.convert import expected_parts  # which knows this class, too

        if like.decisive not in self.maps:
            raise TypeError(
                f"no map of the labels of {type(like).__name__} is known; known are those of "
                f"{', '.join(self.maps)}"
            )
        labels = self.maps[like.decisive]
        before = labels.pulled_back(like)
        fine = expected_parts(self.structure, like=before)
        return fine, push_parts(fine, labels, of=before)


def _entropy(probabilities: Float[Tensor, "batch ..."]) -> Float[Tensor, " batch"]:
    """Σ −p log p of each sentence."""
    value: Tensor = torch.special.entr(probabilities.clamp(min=0)).flatten(1).sum(1)
    return value

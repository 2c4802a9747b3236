"""Local distributions: what the paper calls sub-structures, and how two sets of them compare."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from structdistill.structures.potentials import allowed


@dataclass(frozen=True, kw_only=True)
class Local:
    """For each place of a sentence, potentials over the alternatives there.

    The alternatives of a place are (j, k) with potential unary[place, k] + pairs[place, j, k]
    where it is paired (a tag k after a tag j), else just k with unary[place, k]. Comparisons use
    closed forms, so that pairs shared over places are never expanded.

    Args:
        unary: potentials of the alternatives k.
        places: which places are real.
        pairs: potentials of pairs (j, k), one matrix for all places or one a place.
        paired: at which places pairs count.
    """

    unary: Float[Tensor, "batch place alternative"]
    places: Bool[Tensor, "batch place"]
    pairs: Float[Tensor, "batch #place before alternative"] | None = None
    paired: Bool[Tensor, "batch place"] | None = None

    def squared_error(self, other: "Local", *, centred: bool) -> Float[Tensor, " batch"]:
        """Mean squared difference of the potentials: mean over alternatives, then over places.

        With Δ_g(j, k) = Δunary[g, k] + Δpairs[j, k], the mean over (j, k) of Δ_g² follows from
        sums over j of Δpairs and Δpairs². Alternatives forbidden on either side do not count.

        Args:
            other: the same places and alternatives, other potentials.
            centred: subtract each place's mean difference first; a constant added to all
                alternatives of a place does not change a distribution.
        """
        self._check_comparable(other)
        counted = (allowed(self.unary) & allowed(other.unary)).to(self.unary.dtype)
        unary = (self.unary - other.unary) * counted
        number, linear, square = torch.ones_like(unary), 0 * unary, 0 * unary
        if self.pairs is not None and other.pairs is not None and self.paired is not None:
            pair_counted = (allowed(self.pairs) & allowed(other.pairs)).to(unary.dtype)
            pairs = (self.pairs - other.pairs) * pair_counted
            paired = self.paired[..., None]
            number = torch.where(paired, pair_counted.sum(-2), number)
            linear = torch.where(paired, pairs.sum(-2), linear)
            square = torch.where(paired, pairs.square().sum(-2), square)
        total = (counted * number).sum(-1).clamp(min=1)
        if centred:
            mean = (counted * (unary * number + linear)).sum(-1) / total
            unary = unary - mean[..., None]
        squares = counted * (unary.square() * number + 2 * unary * linear + square)
        return self._mean_over_places(squares.sum(-1) / total)

    def kl(self, other: "Local") -> Float[Tensor, " batch"]:
        """Mean over places of KL(self ‖ other) between the softmaxes over alternatives.

        p(j, k) = p(k) p(j | k), and p(j | k) is the softmax of pairs[:, k] at every place.
        """
        self._check_comparable(other)
        log_p, log_q = self._log_marginal(), other._log_marginal()
        divergence = log_p - log_q
        if self.pairs is not None and other.pairs is not None and self.paired is not None:
            log_before = self.pairs.log_softmax(-2)
            before = log_before.exp() * (log_before - other.pairs.log_softmax(-2))
            divergence = divergence + self.paired[..., None] * before.sum(-2)
        return self._mean_over_places((log_p.exp() * divergence).sum(-1))

    def _log_marginal(self) -> Float[Tensor, "batch place alternative"]:
        """log p(k) at each place."""
        unary = self.unary
        if self.pairs is not None and self.paired is not None:
            unary = unary + self.paired[..., None] * self.pairs.logsumexp(-2)
        return unary.log_softmax(-1)

    def _mean_over_places(self, values: Float[Tensor, "batch place"]) -> Float[Tensor, " batch"]:
        return values.where(self.places, 0).sum(1) / self.places.sum(1).clamp(min=1)

    def _check_comparable(self, other: "Local") -> None:
        if self.unary.shape != other.unary.shape:
            raise ValueError(
                f"cannot compare places with alternatives {tuple(self.unary.shape)} and "
                f"{tuple(other.unary.shape)}: student and teacher need the same words and labels"
            )
        if (self.pairs is None) != (other.pairs is None):
            raise ValueError(
                "only one of student and teacher has transitions: compare them without "
                "(transitions=False), or by an objective that converts (structural, posterior)"
            )

"""Local distributions: what the paper calls sub-structures, and how two sets of them compare."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from structdistill.structures.potentials import allowed

Invariance = Callable[
    [Float[Tensor, "batch place alternative"], Float[Tensor, "batch place alternative"]],
    Float[Tensor, "batch place alternative"],
]
"""From a difference of potentials, the part of it that changes no distribution: its projection by
least squares, under weights that sum to 1 at each real place and to 0 elsewhere."""


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
        invariance: what can be added to potentials without changing the structure's distribution;
            if None, a constant to all alternatives of a place.
    """

    unary: Float[Tensor, "batch place alternative"]
    places: Bool[Tensor, "batch place"]
    pairs: Float[Tensor, "batch #place before alternative"] | None = None
    paired: Bool[Tensor, "batch place"] | None = None
    invariance: Invariance | None = None

    def squared_error(self, other: "Local", *, centred: bool) -> Float[Tensor, " batch"]:
        """Mean squared difference of the potentials: mean over alternatives, then over places.

        Δ_g(j, k) = Δunary[g, k] + Δpairs[j, k], where Δpairs is its mean over j and a spread around
        it that all places share: Σ_j Δ_g² = number · (Δunary + mean)² + spread, without
        cancellation. Alternatives forbidden on either side do not count.

        Args:
            other: the same places and alternatives, other potentials.
            centred: subtract first what of the difference changes no distribution: each place's
                mean, or what the structure's `invariance` says.
        """
        self._check_comparable(other)
        counted = (allowed(self.unary) & allowed(other.unary)).to(self.unary.dtype)
        difference = (self.unary - other.unary) * counted
        number, spread = counted, torch.zeros_like(counted)
        if self.pairs is not None and other.pairs is not None and self.paired is not None:
            pair_counted = (allowed(self.pairs) & allowed(other.pairs)).to(counted.dtype)
            pairs = (self.pairs - other.pairs) * pair_counted
            pair_number = pair_counted.sum(-2)
            mean = pairs.sum(-2) / pair_number.clamp(min=1)
            pair_spread = ((pairs - mean[..., None, :]) * pair_counted).square().sum(-2)
            paired = self.paired[..., None]
            difference = difference + counted * mean.where(paired, 0)
            number = torch.where(paired, counted * pair_number, number)
            spread = counted * pair_spread.where(paired, 0)
        total = number.sum(-1, keepdim=True).clamp(min=1)
        if centred and self.invariance is not None:
            weights = number / total * self.places[..., None]
            difference = difference - self.invariance(difference, weights)
        elif centred:
            difference = difference - (number * difference).sum(-1, keepdim=True) / total
        squares = (number * difference.square() + spread) / total
        return self._mean_over_places(squares.sum(-1))

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


def nonnegative(values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """0 where rounding left a little less than that, with the gradient as it was."""
    if not values.requires_grad:
        return values.clamp(min=0)
    return values - values.detach().clamp(max=0)

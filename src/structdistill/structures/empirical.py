"""Lists of structures."""

from collections.abc import Iterator, Mapping, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from structdistill.structures.base import Structure
from structdistill.structures.distribution import Distribution, check_temperature
from structdistill.structures.local import Local, nonnegative
from structdistill.structures.potentials import Parts, reordered


class Empirical(Distribution):
    """A weighted list of structures for each sentence.

    p(y) = Σ_i w_i [y = y_i], w = softmax(scores)

    What is left of a distribution that was sampled or asked for its k best, and all that is known
    of annotators who are no model. It has no potentials, and so cannot be trained or compared by
    them.

    Parts: those of a family. Structures of other families compare where they can be converted.
    Cost: O(k) times the parts; to compare with another family, k conversions.
    Count: at most k structures, which must be distinct.
    Reference: Kim & Rush (2016), section 3.2, where it stands for a teacher's whole distribution.

    Args:
        family: any structure of these sentences in which all of the list are possible.
        parts: their indicators in the parts of the family, shapes `(k, batch, ...)`.
        scores: logarithms of the weights but for a constant; -inf behind the end of a list.

    Raises:
        ValueError: shapes that do not fit together.
    """

    def __init__(
        self, *, family: Structure, parts: Mapping[str, Tensor], scores: Float[Tensor, "k batch"]
    ):
        shapes = {name: (len(scores), *like.shape) for name, like in family.batched().items()}
        found = {name: tuple(part.shape) for name, part in parts.items()}
        if found != shapes or scores.shape[1:] != (len(family),):
            raise ValueError(
                f"a list of {type(family).__name__} needs scores (k, {len(family)}) and parts of "
                f"shapes {shapes}; got {tuple(scores.shape)} and {found}"
            )
        self.family, self.parts = family, dict(parts)
        self.scores = scores.to(family.dtype)
        self.lengths = family.lengths

    def weights(self) -> Float[Tensor, "k batch"]:
        """The probability of each structure of the list, 0 behind its end."""
        return self.scores.softmax(0)

    def members(self) -> Iterator[Structure]:
        """Distributions that are certain of the first structure of each list, the second, …"""
        for observed in self.parts[self.family.decisive]:
            yield self.family.constrain(observed)

    def mean(self, values: Float[Tensor, "k batch ..."]) -> Float[Tensor, "batch ..."]:
        """The expectation of what has a value for each structure of the list."""
        weights = self.weights()
        return (weights.view(*weights.shape, *[1] * (values.dim() - 2)) * values).sum(0)

    def argmax(self) -> Parts:
        row = self.scores.argmax(0)
        sentence = torch.arange(len(self), device=row.device)
        return {name: part[row, sentence] for name, part in self.parts.items()}

    def best(self, k: int) -> "Empirical":
        scores, rows = self.scores.topk(min(k, len(self.scores)), dim=0)
        sentence = torch.arange(len(self), device=rows.device)
        parts = {name: part[rows, sentence] for name, part in self.parts.items()}
        return Empirical(family=self.family, parts=parts, scores=scores)

    def pooled(self) -> "Empirical":
        """The same list where structures are repeated: the first of them counts for all."""
        count, finite = len(self.scores), self.scores.isfinite()
        flat = [part.flatten(2) for part in self.parts.values()]
        alike = torch.stack([(each[:, None] == each[None]).all(-1) for each in flat]).all(0)
        alike = alike & finite
        rank = torch.arange(count, device=finite.device)[:, None]
        first = finite & (alike.long().argmax(1) == rank)
        sums = self.scores.expand(count, -1, -1).where(alike, -torch.inf).logsumexp(1)
        return self._like(scores=sums.where(first, -torch.inf))

    def uniform(self) -> "Empirical":
        """The same structures, all of a list with the same probability."""
        return self._like(scores=self.scores.where(self.scores.isinf(), 0))

    def local(self, *, transitions: bool) -> Local:
        raise ValueError(
            "a list of structures has no potentials to compare: choose an objective that compares "
            "distributions (structural, posterior, top_k)"
        )

    def entropy(self) -> Float[Tensor, " batch"]:
        value: Tensor = torch.special.entr(self.weights()).sum(0)
        return value

    def kl(self, other: Structure) -> Float[Tensor, " batch"]:
        """KL(p ‖ q) in nats, with p = self and q = other: never negative.

        Raises:
            TypeError: `other` says less than the list, so that other structures are equal.
        """
        from structdistill.structures.convert import comparable  # which knows this class, too

        if comparable(self.family, like=other) is not self.family:
            raise TypeError(
                "no KL from a list of trees with relations to trees without is known: compare by "
                "cross_entropy, or list trees without relations"
            )
        return nonnegative(self.cross_entropy(other) - self.entropy())

    def temper(self, temperature: float) -> "Empirical":
        check_temperature(temperature)
        return self._like(scores=self.scores / temperature)

    def detach(self) -> "Empirical":
        parts = {name: part.detach() for name, part in self.parts.items()}
        return self._like(family=self.family.detach(), parts=parts, scores=self.scores.detach())

    def to(self, device: torch.device | str) -> "Empirical":
        parts = {name: part.to(device) for name, part in self.parts.items()}
        return self._like(family=self.family.to(device), parts=parts, scores=self.scores.to(device))

    def relabel(self, order: Int[Tensor, " label"]) -> "Empirical":
        parts = reordered(self.parts, self.family._axes, order)
        return self._like(family=self.family.relabel(order), parts=parts)

    def __getitem__(self, index: int | slice | Sequence[int] | Tensor) -> "Empirical":
        if isinstance(index, int):
            index = [index]
        parts = {name: part[:, index] for name, part in self.parts.items()}
        return self._like(family=self.family[index], parts=parts, scores=self.scores[:, index])

    def _like(
        self,
        *,
        family: Structure | None = None,
        parts: Parts | None = None,
        scores: Tensor | None = None,
    ) -> "Empirical":
        """The same list but for what is given."""
        return Empirical(
            family=self.family if family is None else family,
            parts=self.parts if parts is None else parts,
            scores=self.scores if scores is None else scores,
        )

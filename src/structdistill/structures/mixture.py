"""Weighted averages of distributions."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from structdistill.structures.base import Structure
from structdistill.structures.distribution import Distribution
from structdistill.structures.empirical import Empirical
from structdistill.structures.local import Local
from structdistill.structures.potentials import Parts


class Mixture(Distribution):
    """A weighted average of distributions over the same structures.

    p(y) = Σ_k w_k p_k(y)

    An average of probabilities, not of potentials, whose scales would decide who is heard. Its
    expected parts, and with them cross-entropies and marginals, are the averages of those of its
    members, exactly; the members may be of any families that can be compared with.

    Parts: those of any family that all members can be converted to.
    Cost: that of all members.
    Reference: the linear opinion pool (Stone 1961).

    Args:
        members: distributions of the same sentences, one or more.
        weights: of the members, positive; they need not sum to 1.

    Raises:
        ValueError: no members, another number of weights, or one that is not positive.
    """

    def __init__(self, members: Sequence[Distribution], weights: Sequence[float]):
        if not members or len(members) != len(weights) or not all(w > 0 for w in weights):
            raise ValueError(
                f"a mixture needs members with a positive weight each; got {len(members)} members "
                f"and the weights {list(weights)}"
            )
        self.members = tuple(members)
        self.weights = tuple(weight / sum(weights) for weight in weights)
        self.lengths = self.members[0].lengths

    def expected_parts(self, like: Structure) -> Parts:
        """E_p[parts(y)], the parts being those of another structure.

        Raises:
            TypeError: no conversion to its family is known from that of a member.
        """
        from structdistill.structures.convert import expected_parts  # which knows this class, too

        found = [expected_parts(member, like=like) for member in self.members]
        return {
            name: torch.stack([w * p[name] for w, p in zip(self.weights, found, strict=True)]).sum(
                0
            )
            for name in found[0]
        }

    def argmax(self) -> Parts:
        """Of the members' most probable structures that with the largest sum of weights."""
        return self.best(1).argmax()

    def best(self, k: int) -> Empirical:
        """The k best of each member, up to k times their number: the mixture of the members' lists.

        A structure has the sum of its probabilities in these lists, times the members' weights.

        Raises:
            ValueError: the members are of different families.
        """
        lists = [member.best(k) for member in self.members]
        first = lists[0].family
        if any(set(each.parts) != set(lists[0].parts) for each in lists) or not all(
            each.parts[name].shape[1:] == part.shape[1:]
            for each in lists
            for name, part in lists[0].parts.items()
        ):
            kinds = ", ".join(type(each.family).__name__ for each in lists)
            raise ValueError(
                f"the k best of distributions of different families ({kinds}) make no list: choose "
                "an objective that averages expectations (structural, posterior), or teachers of "
                "one structure"
            )
        scores = [w * each.weights() for w, each in zip(self.weights, lists, strict=True)]
        return Empirical(
            family=_indifferent(first),
            parts={
                name: torch.cat([each.parts[name] for each in lists]) for name in lists[0].parts
            },
            scores=torch.cat(scores).log(),
        ).pooled()

    def local(self, *, transitions: bool) -> Local:
        """The averages of the members' local distributions, of single alternatives only."""
        found = [member.local(transitions=transitions) for member in self.members]
        if any(each.pairs is not None or each.invariance is not None for each in found):
            raise ValueError(
                "several teachers have no potentials in common to compare: choose an objective "
                "that compares distributions (structural, posterior, top_k), or token"
            )
        logs = [each.unary.log_softmax(-1) for each in found]
        weights = logs[0].new_tensor(self.weights).log()
        unary = torch.stack(logs) + weights.view(-1, *[1] * logs[0].dim())
        return Local(unary=unary.logsumexp(0), places=found[0].places)

    def entropy(self) -> Float[Tensor, " batch"]:
        raise ValueError(
            "the entropy of a mixture of distributions is not known: compare by cross_entropy, or "
            "by kl, which bounds it"
        )

    def kl(self, other: Structure) -> Float[Tensor, " batch"]:
        """Σ_k w_k KL(p_k ‖ q), an upper bound of KL(p ‖ q) in nats.

        Too large by the members' disagreement, Σ_k w_k KL(p_k ‖ p) ≤ H(w), which does not depend
        on q: the gradient is that of KL(p ‖ q).
        """
        values = [w * p.kl(other) for w, p in zip(self.weights, self.members, strict=True)]
        return torch.stack(values).sum(0)

    def temper(self, temperature: float) -> "Mixture":
        """The average of the tempered members."""
        return self._map(lambda member: member.temper(temperature))

    def detach(self) -> "Mixture":
        return self._map(lambda member: member.detach())

    def to(self, device: torch.device | str) -> "Mixture":
        return self._map(lambda member: member.to(device))

    def relabel(self, order: Int[Tensor, " label"]) -> "Mixture":
        return self._map(lambda member: member.relabel(order))

    def __getitem__(self, index: int | slice | Sequence[int] | Tensor) -> "Mixture":
        return self._map(lambda member: member[index])

    def _map(self, change: Callable[[Distribution], Distribution]) -> "Mixture":
        return Mixture([change(member) for member in self.members], self.weights)


def _indifferent(structure: Structure) -> Structure:
    """A structure of the same sentences in which everything is possible."""
    return structure._with({n: torch.zeros_like(p) for n, p in structure.potentials.items()})

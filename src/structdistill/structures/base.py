"""What every structure can do, written once over a few abstract operations."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, reduce
from typing import TYPE_CHECKING, ClassVar, Self

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

from structdistill.structures.autograd import value_and_gradient
from structdistill.structures.distribution import Distribution, check_temperature
from structdistill.structures.local import nonnegative
from structdistill.structures.potentials import (
    FORBIDDEN,
    Parts,
    allowed,
    bound_axes,
    bounded,
    check_lengths,
    inner,
    padding,
    reordered,
    word_offset,
)

if TYPE_CHECKING:
    from structdistill.structures.empirical import Empirical
    from structdistill.structures.k_best import Ranked


class Structure(Distribution):
    """A batch of distributions over structures, one a sentence.

    p(y) ∝ exp ⟨potentials, parts(y)⟩

    Potentials are validated and brought to one dtype (at least float32) at construction. What lies
    beyond a sentence's length counts as zero, whatever it is.

    Args:
        potentials: by name, with axes as declared in `axes`. They are never changed, and not copied
            either, before something needs it.
        lengths: words of each sentence.

    Raises:
        ValueError: shapes that do not fit together or lengths outside the tensors.
    """

    axes: ClassVar[Mapping[str, Sequence[tuple[str, ...]]]]
    """The axes that each potential may have, without the batch axis: `n` runs over words (`n-1`,
    `n+1` likewise), other letters over labels and widths."""

    decisive: ClassVar[str]
    """The potential whose parts alone determine the structure; its first axis runs over words."""

    place_axes: ClassVar[Sequence[int]] = (1,)
    """The axes of the decisive potential whose positions are places; its other axes hold the
    alternatives of a place, of which a structure has at most one."""

    switches: ClassVar[Sequence[str]] = ()
    """What the constructor takes beside potentials and lengths: truth values, kept as attributes
    of the same names."""

    def __init__(self, *, potentials: Mapping[str, Tensor], lengths: Int[Tensor, " batch"]):
        given = {name: potentials[name] for name in self.axes}
        shapes = tuple(tensor.shape for tensor in given.values())
        self._axes = bound_axes(type(self), shapes, len(lengths))
        dtypes = {torch.float32, *(tensor.dtype for tensor in given.values())}
        if len(dtypes) > 1:  # every call to PyTorch takes as long as checking them all
            dtype = reduce(torch.promote_types, dtypes)
            given = {name: tensor.to(dtype) for name, tensor in given.items()}
        decisive = given[self.decisive]
        self.lengths = lengths.to(decisive.device, copy=True)
        words = decisive.shape[1] - (word_offset(self._axes[self.decisive][1]) or 0)
        check_lengths(lengths, words=words, of=f"{type(self).__name__}, by its {self.decisive},")
        if not torch.is_grad_enabled():
            given = {name: tensor.detach() for name, tensor in given.items()}
        self._given: Parts = given

    @cached_property
    def potentials(self) -> Parts:
        """By name: copies with zeros beyond the sentences, and nothing below FORBIDDEN."""
        # Once for all, also if who asks first wants no gradients.
        with torch.inference_mode(False), torch.enable_grad():
            return self._bounded(self._given)

    # What a structure answers itself

    @abstractmethod
    def _log_partition(self, potentials: Parts) -> Float[Tensor, " batch"]:
        """log Z under potentials that all have a batch axis; differentiable."""

    @abstractmethod
    def sample(self, count: int, *, generator: torch.Generator | None = None) -> Parts:
        """Indicators of `count` exact samples of each sentence, shapes `(count, batch, ...)`."""

    @abstractmethod
    def places(
        self, decisive: Float[Tensor, "batch ..."]
    ) -> Float[Tensor, "batch place alternative"]:
        """Decisive parts, arranged as the mutually exclusive alternatives at each place."""

    # What follows

    def log_partition(self) -> Float[Tensor, " batch"]:
        """log Z = log Σ_y exp ⟨potentials, parts(y)⟩."""
        return self._surprisal()

    def marginals(self) -> Parts:
        """Expected parts, E_p[parts(y)] = ∂ log Z / ∂ potentials.

        They have the shapes of the potentials and a batch axis: for a potential that is shared
        over positions the expected count in each sentence. Differentiable like any PyTorch code.
        """
        return self._expectations()[1]

    def top_k(self, k: int) -> "Ranked":
        """The k best structures, distinct, best first, shapes `(k, batch, ...)`."""
        from structdistill.structures.k_best import k_best  # which is written over this class

        return k_best(self, k)

    def best(self, k: int) -> "Empirical":
        from structdistill.structures.empirical import Empirical  # a list of these

        parts, scores = self.top_k(k)
        return Empirical(family=self, parts=parts, scores=scores)

    def score(self, parts: Parts) -> Float[Tensor, "*count batch"]:
        """⟨potentials, parts⟩; parts may have further axes before the batch axis."""
        return inner(self.potentials, parts, self._axes)

    def log_prob(self, parts: Parts) -> Float[Tensor, "*count batch"]:
        """log p(y) = score(y) − log Z."""
        return -self._surprisal(parts)

    def entropy(self) -> Float[Tensor, " batch"]:
        """H(p) = log Z − ⟨potentials, marginals⟩, in nats: never negative."""
        log_partition, marginals = self._expectations()
        return nonnegative(log_partition - self.score(marginals))

    def kl(self, other: "Structure") -> Float[Tensor, " batch"]:
        """KL(p ‖ q) in nats, with p = self and q = other: never negative, 0 at equality.

        What self says beyond what other is about, as relations of trees, is summed over.
        """
        from structdistill.structures.convert import comparable  # which knows every structure

        p = comparable(self, like=other)
        if p.has_parts_of(other):
            return p._divergence(other)
        return nonnegative(p.cross_entropy(other) - p.entropy())

    def temper(self, temperature: float) -> Self:
        """p(y)^(1/T), renormalised: all potentials divided by T; what is forbidden stays so."""
        check_temperature(temperature)
        if temperature == 1:
            return self
        tempered = {
            name: torch.where(allowed(potential), potential / temperature, FORBIDDEN)
            for name, potential in self.potentials.items()
        }
        return self._like(tempered)

    def constrain(self, observed: Tensor) -> Self:
        """p(y | y agrees with what was observed), unnormalised: its log Z is smaller.

        Args:
            observed: like the decisive potential. Where a place has a non-zero entry, its zero
                entries become forbidden; a place of zeros is unobserved.
        """
        excluded = self._excluded(observed)
        decisive = self.potentials[self.decisive].masked_fill(excluded, FORBIDDEN)
        return self._like({**self.potentials, self.decisive: decisive})

    def are_whole(self, parts: Parts) -> Bool[Tensor, " batch"]:
        """Which sentences' parts are as many as a structure has, and not some that are known."""
        decisive, alternatives = parts[self.decisive], self._alternatives(parts[self.decisive])
        counts = decisive.sum(alternatives)
        single = (counts == decisive.amax(alternatives)) & (counts == counts.sign())
        all_covered = self._covered(decisive) == self.lengths
        return single.flatten(1).all(1) & all_covered & (parts.keys() == self.axes.keys())

    def detach(self) -> Self:
        return self._map(torch.Tensor.detach)

    def to(self, device: torch.device | str) -> Self:
        return self._map(lambda tensor: tensor.to(device))

    def relabel(self, order: Int[Tensor, " label"]) -> Self:
        return self._with(reordered(self.potentials, self._axes, order))

    def batched(self) -> Parts:
        """The potentials, all with a batch axis (expanded without copying)."""
        return {
            name: tensor if self._axes[name][0] == "b" else tensor.expand(len(self), *tensor.shape)
            for name, tensor in self.potentials.items()
        }

    def has_parts_of(self, other: Distribution) -> bool:
        """Whether one family shares its potentials over the same positions: the parts are alike.

        With the same switches and widths, too: otherwise one has structures that the other does
        not know.
        """
        if not isinstance(other, type(self)):
            return False
        return (
            self.switched() == other.switched()
            and self._axes.of_parts == other._axes.of_parts
            and self._widths() == other._widths()
        )

    def switched(self) -> dict[str, bool]:
        """The switches, as the constructor takes them."""
        return {name: getattr(self, name) for name in self.switches}

    @property
    def dtype(self) -> torch.dtype:
        """float32 or float64."""
        return self._given[self.decisive].dtype

    def __getitem__(self, index: int | slice | Sequence[int] | Tensor) -> Self:
        if isinstance(index, int):
            index = [index]
        given = {n: x[index] if self._axes[n][0] == "b" else x for n, x in self._given.items()}
        return self._of(given, self.lengths[index])

    def _like(self, potentials: Parts, *, lengths: Tensor | None = None) -> Self:
        """A structure of the same kind."""
        family: Callable[..., Self] = type(self)  # each takes its potentials by their names
        lengths = self.lengths if lengths is None else lengths
        return family(**potentials, **self.switched(), lengths=lengths)

    def _widths(self) -> set[int]:
        """How many widths a part may have, for structures that have such an axis."""
        return {self._given[name].shape[dim] for name, dim in self._axes.widths}

    def _no_parts(self, name: str, potential: Tensor) -> Bool[Tensor, "batch ..."] | None:
        """Where a potential stands for no part and is set to zero; None if nowhere."""
        return padding(potential.shape, self._axes[name], self.lengths)

    def _with(self, potentials: Parts) -> Self:
        """A structure of the same kind, of potentials that are as valid and as padded as these."""
        other = self._of(potentials, self.lengths)
        other.potentials = potentials
        return other

    def _map(self, change: Callable[[Tensor], Tensor]) -> Self:
        """The same structure, of the same numbers in other tensors."""
        given = {name: change(tensor) for name, tensor in self._given.items()}
        return self._of(given, change(self.lengths))

    def _of(self, given: Parts, lengths: Tensor) -> Self:
        """The same with other tensors, which are not looked at."""
        other = object.__new__(type(self))  # without what was worked out from those before
        vars(other).update(self.switched(), _axes=self._axes, _given=given, lengths=lengths.clone())
        return other

    def _bounded(self, given: Parts) -> Parts:
        """Copies of potentials as they are given: `potentials`."""
        return bounded(given, {name: self._no_parts(name, given[name]) for name in given})

    def _excluded(self, observed: Tensor) -> Bool[Tensor, "batch ..."]:
        """The decisive parts of no structure that agrees with what was observed."""
        return observed.ne(0).any(self._alternatives(observed), keepdim=True) & observed.eq(0)

    def _alternatives(self, decisive: Tensor) -> list[int]:
        """The axes of the decisive parts that are not those of places."""
        return [dim for dim in range(1, decisive.dim()) if dim not in self.place_axes]

    def _covered(self, decisive: Tensor) -> Shaped[Tensor, " batch"]:
        """Of how many words decisive parts say all that there is to be said."""
        return decisive.flatten(1).sum(1)

    def _surprisal(self, parts: Parts | None = None) -> Float[Tensor, "*count batch"]:
        """log Z, less what parts score if there are any: −log p of the structure that they make."""
        log_partition = self._log_partition(self.batched())
        return log_partition if parts is None else log_partition - self.score(parts)

    def _divergence(self, other: "Structure") -> Float[Tensor, " batch"]:
        """KL(self ‖ other), of the same parts."""
        log_partition, marginals = self._expectations()
        # Of the difference, which is small where they are alike, as scores are not.
        theirs = other.batched()
        difference = {name: ours - theirs[name] for name, ours in self.batched().items()}
        excess = log_partition - other.log_partition()
        return nonnegative(inner(difference, marginals, self._axes) - excess)

    def _expectations(self) -> tuple[Float[Tensor, " batch"], Parts]:
        """log Z and the expected parts from one evaluation."""
        value, expected = value_and_gradient(
            self._log_partition, self.batched(), differentiable=self._is_differentiable()
        )
        return value, {name: nonnegative(part) for name, part in expected.items()}

    def _is_differentiable(self) -> bool:
        """Whether somebody may ask for the gradient of what is computed now."""
        return torch.is_grad_enabled() and any(x.requires_grad for x in self._given.values())

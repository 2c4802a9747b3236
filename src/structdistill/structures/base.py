"""What every structure can do, written once over a few abstract operations."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, NamedTuple, Self

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from structdistill.structures.local import Local, nonnegative
from structdistill.structures.potentials import (
    FORBIDDEN,
    LABELS,
    Parts,
    allowed,
    bind,
    word_offset,
    zero_padding,
)


class Ranked(NamedTuple):
    """Structures in falling order of their scores; where there are fewer than k, -inf scores."""

    parts: Parts
    scores: Float[Tensor, "k batch"]


class Structure(ABC):
    """A batch of distributions over structures, one a sentence.

    p(y) ∝ exp ⟨potentials, parts(y)⟩

    Potentials are validated and brought to one dtype (at least float32) at construction, what lies
    beyond a sentence's length is set to zero, and the caller's tensors are never changed.

    Args:
        potentials: by name, with axes as declared in `axes`.
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
        self._axes = bind(type(self).__name__, potentials, self.axes, len(lengths))
        dtype = torch.float32
        for tensor in potentials.values():
            dtype = torch.promote_types(dtype, tensor.dtype)
        decisive = potentials[self.decisive]
        self.lengths = lengths.to(decisive.device, copy=True)
        words = decisive.shape[1] - (word_offset(self._axes[self.decisive][1]) or 0)
        if len(lengths) and not 0 <= int(lengths.min()) <= int(lengths.max()) <= words:
            raise ValueError(
                f"lengths of {type(self).__name__} must lie between 0 and {words}, the words that "
                f"{self.decisive} has room for; got {lengths.tolist()}"
            )
        self.potentials: Parts = {
            name: zero_padding(potentials[name].to(dtype).clamp(min=FORBIDDEN), axes, self.lengths)
            for name, axes in self._axes.items()
        }

    # What a structure answers itself

    @abstractmethod
    def _log_partition(self, potentials: Parts) -> Float[Tensor, " batch"]:
        """log Z under potentials that all have a batch axis; differentiable."""

    @abstractmethod
    def argmax(self) -> Parts:
        """The indicator of the most probable structure of each sentence."""

    @abstractmethod
    def sample(self, count: int, *, generator: torch.Generator | None = None) -> Parts:
        """Indicators of `count` exact samples of each sentence, shapes `(count, batch, ...)`."""

    @abstractmethod
    def local(self, *, transitions: bool) -> Local:
        """The potentials as local distributions, each over the alternatives at one place.

        Args:
            transitions: whether an alternative includes what precedes it, for structures that
                have potentials for that.
        """

    @abstractmethod
    def places(
        self, decisive: Float[Tensor, "batch ..."]
    ) -> Float[Tensor, "batch place alternative"]:
        """Decisive parts, arranged as the mutually exclusive alternatives at each place."""

    # What follows

    def log_partition(self) -> Float[Tensor, " batch"]:
        """log Z = log Σ_y exp ⟨potentials, parts(y)⟩."""
        return self._log_partition(self.batched())

    def marginals(self) -> Parts:
        """Expected parts, E_p[parts(y)] = ∂ log Z / ∂ potentials.

        They have the shapes of the potentials and a batch axis: for a potential that is shared
        over positions the expected count in each sentence. Differentiable like any PyTorch code.
        """
        expected = self._gradient(self._log_partition)
        return {name: nonnegative(part) for name, part in expected.items()}

    def top_k(self, k: int) -> Ranked:
        """The k best structures, distinct, best first, shapes `(k, batch, ...)`."""
        from structdistill.structures.k_best import k_best  # which is written over this class

        return k_best(self, k)

    def score(self, parts: Parts) -> Float[Tensor, "*count batch"]:
        """⟨potentials, parts⟩; parts may have further axes before the batch axis."""
        products = [
            (potential * parts[name]).flatten(1 - potential.dim()).sum(-1)
            for name, potential in self.batched().items()
        ]
        return torch.stack(products).sum(0)

    def log_prob(self, parts: Parts) -> Float[Tensor, "*count batch"]:
        """log p(y) = score(y) − log Z."""
        return self.score(parts) - self.log_partition()

    def entropy(self) -> Float[Tensor, " batch"]:
        """H(p) = log Z − ⟨potentials, marginals⟩, in nats: never negative."""
        return nonnegative(self.log_partition() - self.score(self.marginals()))

    def cross_entropy(self, other: "Structure") -> Float[Tensor, " batch"]:
        """−E_p[log q(y)] in nats, with p = self and q = other.

        The two may factorise differently, where `convert` knows how.
        """
        from structdistill.structures.convert import expected_parts  # which knows every structure

        return other.log_partition() - other.score(expected_parts(self, like=other))

    def kl(self, other: "Structure") -> Float[Tensor, " batch"]:
        """KL(p ‖ q) in nats, with p = self and q = other: never negative, 0 at equality.

        What self says beyond what other is about, as relations of trees, is summed over.
        """
        from structdistill.structures.convert import comparable  # which knows every structure

        p = comparable(self, like=other)
        if p.has_parts_of(other):
            marginals = p.marginals()
            value = (p.score(marginals) - other.score(marginals)) - (
                p.log_partition() - other.log_partition()
            )
        else:
            value = p.cross_entropy(other) - p.entropy()
        return nonnegative(value)

    def temper(self, temperature: float) -> Self:
        """p(y)^(1/T), renormalised: all potentials divided by T; what is forbidden stays so."""
        if temperature <= 0:
            raise ValueError(f"temperature must be positive; got {temperature}")
        return self._like(
            {
                name: torch.where(allowed(potential), potential / temperature, FORBIDDEN)
                for name, potential in self.potentials.items()
            }
        )

    def constrain(self, observed: Tensor) -> Self:
        """p(y | y agrees with what was observed), unnormalised: its log Z is smaller.

        Args:
            observed: like the decisive potential. Where a place has a non-zero entry, its zero
                entries become forbidden; a place of zeros is unobserved.
        """
        excluded = self._excluded(observed)
        decisive = self.potentials[self.decisive].masked_fill(excluded, FORBIDDEN)
        return self._like({**self.potentials, self.decisive: decisive})

    def detach(self) -> Self:
        """The same distributions, through which no gradient flows."""
        return self._with({name: tensor.detach() for name, tensor in self.potentials.items()})

    def to(self, device: torch.device | str) -> Self:
        """The same distributions on another device."""
        potentials = {name: tensor.to(device) for name, tensor in self.potentials.items()}
        return self._with(potentials, lengths=self.lengths.to(device))

    def relabel(self, order: Int[Tensor, " label"]) -> Self:
        """The same distributions over reordered labels: the new label i is the old `order[i]`."""
        potentials = dict(self.potentials)
        for name, axes in self._axes.items():
            for dim, axis in enumerate(axes):
                if axis in LABELS:
                    potentials[name] = potentials[name].index_select(dim, order)
        return self._with(potentials)

    def batched(self) -> Parts:
        """The potentials, all with a batch axis (expanded without copying)."""
        return {
            name: tensor if self._axes[name][0] == "b" else tensor.expand(len(self), *tensor.shape)
            for name, tensor in self.potentials.items()
        }

    def has_parts_of(self, other: "Structure") -> bool:
        """Whether one family shares its potentials over the same positions: the parts are alike.

        With the same switches, too: otherwise one has structures that the other does not know.
        """
        ours, theirs = self.batched(), other.batched()
        return (
            type(self) is type(other)
            and self.switched() == other.switched()
            and all(ours[n].dim() == theirs[n].dim() for n in ours)
        )

    def switched(self) -> dict[str, bool]:
        """The switches, as the constructor takes them."""
        return {name: getattr(self, name) for name in self.switches}

    @property
    def dtype(self) -> torch.dtype:
        """float32 or float64."""
        return self.potentials[self.decisive].dtype

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int | slice | Sequence[int] | Tensor) -> Self:
        """Some of the sentences; the batch axis stays, also for a single one."""
        if isinstance(index, int):
            index = [index]
        return self._with(
            {
                name: tensor[index] if self._axes[name][0] == "b" else tensor
                for name, tensor in self.potentials.items()
            },
            lengths=self.lengths[index],
        )

    def _like(self, potentials: Parts, *, lengths: Tensor | None = None) -> Self:
        """A structure of the same kind."""
        lengths = self.lengths if lengths is None else lengths
        family: Callable[..., Self] = type(self)  # each takes its potentials by their names
        return family(**potentials, **self.switched(), lengths=lengths)

    def _with(self, potentials: Parts, *, lengths: Tensor | None = None) -> Self:
        """A structure of the same kind, of potentials that are as valid and as padded as these."""
        other = copy.copy(self)
        other.potentials = potentials
        other.lengths = (self.lengths if lengths is None else lengths).clone()
        return other

    def _excluded(self, observed: Tensor) -> Bool[Tensor, "batch ..."]:
        """The decisive parts of no structure that agrees with what was observed."""
        alternatives = [dim for dim in range(1, observed.dim()) if dim not in self.place_axes]
        return observed.ne(0).any(alternatives, keepdim=True) & observed.eq(0)

    def _gradient(self, value: Callable[[Parts], Tensor]) -> Parts:
        """∂ value / ∂ potentials of each sentence."""
        differentiable = torch.is_grad_enabled() and any(
            tensor.requires_grad for tensor in self.potentials.values()
        )
        with torch.inference_mode(False), torch.enable_grad():
            at = {
                name: tensor if differentiable and tensor.requires_grad else _leaf(tensor)
                for name, tensor in self.batched().items()
            }
            gradients = torch.autograd.grad(
                value(at).sum(),
                list(at.values()),
                create_graph=differentiable,
                allow_unused=True,
                materialize_grads=True,
            )
        return dict(zip(at, gradients, strict=True))


def _leaf(tensor: Tensor) -> Tensor:
    """Shares the numbers where PyTorch can record gradients of it."""
    return (tensor.clone() if tensor.is_inference() else tensor.detach()).requires_grad_()

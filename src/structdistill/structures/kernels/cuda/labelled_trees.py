"""What kernels of trees share: labels are summed over before the recursion, and told apart after.

The potentials of a tree's parts are a table `[b, i, j, label]` over pairs of positions. The
recursion of a family sees the log-sum-exp of each pair's labels, and gives its probability.
"""

from dataclasses import dataclass
from typing import Any

import torch
import triton.language as tl
from jaxtyping import Float, Int
from torch import Tensor

from structdistill.structures.kernels.cuda.arithmetic import BEST, COVARIANCES, EXPECTATIONS
from structdistill.structures.kernels.cuda.compiling import columns, rows

Table = Float[Tensor, "sentence position position *label"]
Pairs = Float[Tensor, "sentence position position"]
Lengths = Int[Tensor, " batch"]
Switches = tuple[bool, ...]


@dataclass(frozen=True)
class Recursion:
    """What a family's kernels do beside its recursion over pairs of positions.

    Args:
        kernel: the recursion in Triton, of `scores[b, i, j]` and mean values likewise, lengths, the
            switches, log Z and the charts, which begin with probabilities and are zeros.
        charts: how many it needs.
        upward: whether only pairs i < j are parts; what charts hold of others is no probability.
    """

    kernel: Any
    charts: int
    upward: bool

    def expectations(
        self, potentials: tuple[Table], lengths: Lengths, switches: Switches
    ) -> tuple[Float[Tensor, " batch"], tuple[Table]]:
        """log Z and the expected parts of each sentence."""
        (table,) = potentials
        scores, shares = _summed(_labelled(table))
        log_z, pairs = self._run(EXPECTATIONS, scores, scores, lengths, switches, table.dtype)
        return log_z, ((shares * pairs[:, 0, ..., None]).view(table.shape),)

    def covariances(
        self, potentials: tuple[Table], values: tuple[Table], lengths: Lengths, switches: Switches
    ) -> tuple[Table]:
        """Cov(parts, ⟨values, parts⟩): the derivative of the expected parts in a direction."""
        (table,), value = potentials, _labelled(values[0])
        scores, shares = _summed(_labelled(table))
        mean = (shares * value).sum(3)
        directions = mean.double()
        _, pairs = self._run(COVARIANCES, scores, directions, lengths, switches, table.dtype)
        probability, change = pairs[..., None].unbind(1)
        parts = shares * (change + probability * (value - mean[..., None]))
        return (parts.view(table.shape),)

    def best(self, potentials: tuple[Table], lengths: Lengths, switches: Switches) -> tuple[Table]:
        """The indicator of the best tree of each sentence."""
        (table,) = potentials
        scores, label = _labelled(table).detach().max(3, keepdim=True)
        scores = scores.squeeze(3).double()
        _, pairs = self._run(BEST, scores, scores, lengths, switches, table.dtype)
        parts = torch.zeros_like(_labelled(table)).scatter_(3, label, pairs[:, 0, ..., None])
        return (parts.view(table.shape),)

    def _run(
        self,
        mode: tl.constexpr,
        scores: Pairs,
        directions: Pairs,
        lengths: Lengths,
        switches: Switches,
        dtype: torch.dtype,
    ) -> tuple[Float[Tensor, " batch"], Float[Tensor, "sentence plane position position"]]:
        """log Z, and the probabilities of pairs with their derivatives, in this precision."""
        sentences, size, _ = scores.shape
        log_z = scores.new_zeros(sentences)
        planes = 1 if mode == EXPECTATIONS else 2
        charts = scores.new_zeros((sentences, self.charts, planes, size, size))
        with torch.cuda.device_of(scores):
            self.kernel[(sentences,)](
                scores.contiguous(),
                directions.contiguous(),
                lengths,
                *switches,
                log_z,
                charts,
                size,
                MODE=mode.value,
                EXACT=dtype == torch.float64,
                COLUMNS=columns(size),
                ROWS=rows(2 * size, columns(size)),
                num_stages=1,  # a width loads what the widths before it store
            )
        pairs = charts[:, 0].to(dtype)
        return log_z.to(dtype), pairs.triu() if self.upward else pairs


def _labelled(table: Table) -> Float[Tensor, "sentence position position label"]:
    """A table without labels as that of a single label."""
    return table.detach() if table.dim() == 4 else table.detach().unsqueeze(3)


def _summed(
    table: Float[Tensor, "sentence position position label"],
) -> tuple[Pairs, Float[Tensor, "sentence position position label"]]:
    """The log-sum-exp of each pair's labels in float64, and their softmax."""
    largest = table.amax(3, keepdim=True)
    weights = (table - largest).exp()
    summed = weights.sum(3, keepdim=True)
    # Large scores keep their digits, as only what is added to them is rounded to their precision.
    return (largest.double() + summed.log()).squeeze(3), weights / summed

"""Values of all spans of a sentence, kept so that whole widths combine at once."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad


class Chart:
    """Values of spans, one width after another.

    They are kept twice, at the spans' first and at their last position. So the ways to split all
    spans of one width are two slices of the chart: no index is computed, and the memory for the
    gradient is that of the splits themselves.

    Args:
        positions: of the sentence; a chart begins without any width.
    """

    def __init__(self, positions: Float[Tensor, "*batch position"]):
        self.starts: Float[Tensor, "*batch position width"] = positions[..., None][..., :0]
        self.ends: Float[Tensor, "*batch position width"] = self.starts

    def append(self, values: Float[Tensor, "*batch span"]) -> None:
        """The spans of the next width, from the leftmost to the rightmost."""
        missing = self.starts.shape[-2] - values.shape[-1]
        at_start, at_end = pad(values, (0, missing)), pad(values, (missing, 0))
        self.starts = torch.cat([self.starts, at_start[..., None]], -1)
        self.ends = torch.cat([self.ends, at_end[..., None]], -1)


def splits(left: Chart, right: Chart, spans: int) -> Float[Tensor, "*batch span split"]:
    """The sums of all splits of each span: the left part widens as the right part narrows.

    Args:
        left: values of left parts.
        right: values of right parts, of as many widths.
        spans: how many there are of the width in question.
    """
    return left.starts[..., :spans, :] + right.ends[..., -spans:, :].flip(-1)


def by_width(table: Float[Tensor, "batch position position"]) -> list[Float[Tensor, "batch span"]]:
    """The entries [i, i + w] of a table, for each width w = 0, 1, …"""
    size = table.shape[1]
    start = torch.arange(size, device=table.device)
    end = (start + start[:, None]).clamp(max=size - 1)  # [width, start]
    rows = table.flatten(1)[:, start * size + end]
    return [row[:, : size - width] for width, row in enumerate(rows.unbind(1))]

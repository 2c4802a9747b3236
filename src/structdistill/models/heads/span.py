"""Constituents: spans of words, labelled."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import pad

from structdistill.data.constituency.vocabulary import SpanLabels
from structdistill.models.heads.base import Head
from structdistill.structures import FORBIDDEN, ConstituencyTree, Structure


class SpanHead(Head):
    """Scores each span by the gaps where it starts and ends, single words by themselves.

    A gap is known by the words on both sides. Its vector as a start and its vector as an end are
    computed once and added for each span; a layer norm, a rectifier and one matrix make scores of
    that. So a batch costs b·n²/2 vectors of `hidden` numbers. With an end that is minus the start
    it would be the difference of fenceposts of Stern et al. (2017); the layers are those of Kitaev
    and Klein (2018).

    What indices mean on wide spans and on single words, see `SpanLabels`; what they cannot mean is
    forbidden.

    Args:
        width: size of a word's vector.
        wide_count: labels of spans of several words, the auxiliary one included.
        single_count: labels of single words.
        structure: `constituency_tree`.
        hidden: size of a span's vector.
        dropout: share of a span's vector that is dropped in training.

    Raises:
        RecipeError: it is another structure.
    """

    structures: ClassVar[Mapping[str, type[Structure]]] = {"constituency_tree": ConstituencyTree}
    scored: ClassVar[str] = "constituents"

    def __init__(
        self,
        *,
        width: int,
        wide_count: int,
        single_count: int,
        structure: str = "constituency_tree",
        hidden: int = 200,
        dropout: float = 0.1,
    ):
        super().__init__(structure)
        self.size = max(wide_count, 1 + single_count)
        self.starts = nn.Linear(2 * width, hidden)
        self.ends = nn.Linear(2 * width, hidden, bias=False)
        self.wide = nn.Sequential(
            nn.LayerNorm(hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, wide_count)
        )
        self.single = nn.Linear(width, single_count)

    @classmethod
    def sizes(cls, labels: Sequence[str]) -> dict[str, int]:
        wide, single = SpanLabels.divide(labels)
        return {"wide_count": len(wide), "single_count": len(single)}

    def forward(
        self, words: Float[Tensor, "batch word width"], lengths: Int[Tensor, " batch"]
    ) -> Structure:
        with torch.autocast(words.device.type, enabled=False):
            spans = self._spans(words.to(self.single.weight.dtype))
        # The whole sentence is a constituent, whatever its label.
        spans[torch.arange(len(spans), device=spans.device), 0, lengths, 0] = FORBIDDEN
        return ConstituencyTree(spans=spans, lengths=lengths)

    def _spans(
        self, words: Float[Tensor, "batch word width"]
    ) -> Float[Tensor, "batch from to label"]:
        gaps = torch.cat([pad(words, (0, 0, 1, 0)), pad(words, (0, 0, 0, 1))], 2)
        start, end, _ = _places(words.shape[1], words.device)
        wide = self.wide(self.starts(gaps)[:, start] + self.ends(gaps)[:, end])
        spans: Tensor = _Table.apply(wide, self.single(words), self.size)
        return spans


class _Table(torch.autograd.Function):
    """The scores of wide spans and of words in one table, all else in it forbidden.

    A function of its own, because each step of making the table would copy it, forth and back: it
    is the largest tensor that there is.
    """

    @staticmethod
    def forward(ctx: Any, wide: Tensor, single: Tensor, size: int) -> Tensor:
        batch, words, labels = single.shape
        ctx.shapes = words, wide.shape[2], labels
        table = wide.new_full((batch, words + 1, words + 1, size), FORBIDDEN)
        start, end, word = _places(words, wide.device)
        table[:, start, end, : wide.shape[2]] = wide
        table[:, word, word + 1, 1 : 1 + labels] = single
        return table

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        words, wide, single = ctx.shapes
        start, end, word = _places(words, gradient.device)
        return (
            gradient[:, start, end, :wide],
            gradient[:, word, word + 1, 1 : 1 + single],
            None,
        )


def _places(words: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Where wide spans start and end, row by row, and the positions of words."""
    start, end = torch.triu_indices(words + 1, words + 1, 2, device=device)
    return start, end, torch.arange(words, device=device)

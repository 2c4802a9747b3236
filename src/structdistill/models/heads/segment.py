"""Segments of words, labelled."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import pad

from structdistill.data.segments import SegmentLabels
from structdistill.errors import RecipeError
from structdistill.models.heads.base import Head
from structdistill.structures import FORBIDDEN, SemiMarkov, Structure


class SegmentHead(Head):
    """Scores each segment by its words, by its first and last one together, and by its length.

    segments[i, k, t] = first_t(i) + Σ_{i ≤ j ≤ i+k} inside_t(j) + last_t(i+k)
                        + ⟨as_first_t(i), as_last_t(i+k)⟩ / √rank + lengths[k, t]

    first, inside and last are linear in a word's vector. The sum is a difference of cumulative
    sums, so all but the product is a number for the start and one for the end: the costs are
    b·n²·t for the products of all pairs of words and b·n·k·t for the result, whatever `width`.
    Label 0 is outside, whose segments are one word long. Labels are as `SegmentLabels` has them.

    Args:
        width: size of a word's vector.
        labels_count: outside and the types of segments.
        structure: `semi_markov`.
        longest: words of the longest segment there can be.
        rank: size of the vectors of first and last words.

    Raises:
        RecipeError: it is another structure, or a size is not positive.

    Reference: Sarawagi and Cohen (2004), section 2.2, whose features of a segment are its words,
        its boundaries and its length; the product has the form of Dozat and Manning (2017).
    """

    structures: ClassVar[Mapping[str, type[Structure]]] = {"semi_markov": SemiMarkov}
    scored: ClassVar[str] = "segments"

    def __init__(
        self,
        *,
        width: int,
        labels_count: int,
        structure: str = "semi_markov",
        longest: int = 8,
        rank: int = 16,
    ):
        super().__init__(structure)
        for name, size in (("longest", longest), ("rank", rank)):
            if size < 1:
                raise RecipeError(f"{name} must be at least 1; got {size}")
        self.rank = rank
        self.words = nn.Linear(width, 3 * labels_count)
        self.pairs = nn.Linear(width, 2 * labels_count * rank)
        self.lengths = nn.Parameter(torch.zeros(longest, labels_count))
        self.transitions = nn.Parameter(0.02 * torch.randn(labels_count, labels_count))

    @classmethod
    def sizes(cls, labels: Sequence[str]) -> dict[str, int]:
        return {"labels_count": 1 + len(SegmentLabels.types_of(labels))}

    def forward(
        self, words: Float[Tensor, "batch word width"], lengths: Int[Tensor, " batch"]
    ) -> Structure:
        with torch.autocast(words.device.type, enabled=False):
            segments = self._segments(words.to(self.lengths.dtype))
        segments[:, :, 1:, 0] = FORBIDDEN
        return SemiMarkov(segments=segments, transitions=self.transitions, lengths=lengths)

    def _segments(
        self, words: Float[Tensor, "batch word width"]
    ) -> Float[Tensor, "batch word length label"]:
        count, longest = words.shape[1], len(self.lengths)
        first, inside, last = self.words(words).chunk(3, 2)
        upto = pad(inside.cumsum(1), (0, 0, 1, 0))
        starting, ending = first - upto[:, :-1], last + upto[:, 1:]
        as_first, as_last = (
            half.unflatten(2, (-1, self.rank)) for half in self.pairs(words).chunk(2, 2)
        )
        pairs = torch.einsum("bitr,bjtr->bijt", as_first, as_last).flatten(1, 2) / self.rank**0.5
        # Where a segment would reach beyond the padded words, any number will do.
        start = torch.arange(count, device=words.device)[:, None]
        end = (start + torch.arange(longest, device=words.device)).clamp(max=count - 1)
        reaching = ending.index_select(1, end.flatten()) + pairs.index_select(
            1, (start * count + end).flatten()
        )
        reaching = reaching.unflatten(1, (count, longest))
        segments: Tensor = starting[:, :, None] + reaching + self.lengths
        return segments

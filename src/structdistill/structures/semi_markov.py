"""Segmentations: chains of labelled segments."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor
from torch.nn.functional import pad

from structdistill.structures.inside import Inside, Reduce
from structdistill.structures.local import Local, nonnegative
from structdistill.structures.potentials import FORBIDDEN, Parts, inside

_RIDGE = 1e-12
"""Added to the diagonal of a singular system, whose entries are of order 1."""


class SemiMarkov(Inside):
    """Segmentations of sentences into labelled segments of limited width.

    p(y) ∝ exp( Σ_m segments[i_m, k_m, t_m] + Σ_m transitions[t_m, t_{m+1}] )

    Parts: segments[b, i, k, t] is a segment that starts at word i, is k+1 words wide and has label
        t; transitions[s, t] a segment of label s directly before one of label t anywhere, or
        transitions[b, i, s, t] between words i and i+1. Each word lies in exactly one segment; a
        segment that would reach beyond the sentence is forbidden.
    Cost: O(n (k t + t²)) time for k widths, n sequential steps, as much memory while
        differentiating.
    Count: c(n) = t Σ_{1 ≤ w ≤ k} c(n − w) structures, with c(0) = 1.
    Reference: Sarawagi and Cohen (2004), section 2. Our widths count from k = 0, one word.
    """

    axes: ClassVar = {
        "segments": [("n", "k", "t")],
        "transitions": [("t", "t"), ("n-1", "t", "t")],
    }
    decisive: ClassVar[str] = "segments"

    def __init__(
        self,
        *,
        segments: Float[Tensor, "batch word width label"],
        transitions: Float[Tensor, "*position label label"],
        lengths: Int[Tensor, " batch"],
    ):
        super().__init__(
            potentials={"segments": segments, "transitions": transitions}, lengths=lengths
        )

    def _bounded(self, given: Parts) -> Parts:
        potentials = super()._bounded(given)
        segments = potentials["segments"]
        starts = inside("n", segments.shape[1], self.lengths)[..., None]
        beyond = (starts & ~self._fitting(segments))[..., None]
        return {**potentials, "segments": segments.masked_fill(beyond, FORBIDDEN)}

    def _inside(self, potentials: Parts, reduce: Reduce) -> Float[Tensor, " batch"]:
        segments, transitions = potentials["segments"], potentials["transitions"]
        _, words, widths, _ = segments.shape
        if not words:
            return segments.sum((1, 2, 3))  # 0, and differentiable
        steps = transitions.unbind(1) if transitions.dim() == 4 else [transitions] * (words - 1)
        # For the labels of a segment: all that can precede it, by its first word, nearest first.
        before = torch.zeros_like(segments[:, 0, :1])
        value = total = before[:, 0]
        for i, ending in enumerate(by_last_word(segments).unbind(1)):
            if i > 0:
                following = reduce(value.unsqueeze(2) + steps[i - 1], 1)
                before = torch.cat([following.unsqueeze(1), before], 1)[:, :widths]
            value = reduce(before + ending[:, : before.shape[1]], 1)
            total = torch.where((i < self.lengths)[:, None], value, total)
        return reduce(total, 1).where(self.lengths > 0, 0)

    def local(self, *, transitions: bool) -> Local:
        """Each place is a word, its alternatives (width, label) of the segment that starts there.

        Nothing changes when f(j) − f(i) is added to all segments words[i:j], for any f: along a
        segmentation it sums to f(n) − f(0).
        """
        segments = self.potentials["segments"]
        _, words, widths, labels = segments.shape
        unary, places = segments.flatten(2), inside("n", words, self.lengths)
        invariance = partial(_between_boundaries, widths=widths)
        if not transitions:
            return Local(unary=unary, places=places, invariance=invariance)
        pairs = self.batched()["transitions"]
        if pairs.dim() == 4:  # one matrix a word, that of the first word unused
            pairs = torch.cat([pairs.new_zeros(len(self), 1, labels, labels), pairs], 1)[:, :words]
        else:
            pairs = pairs[:, None]
        paired = places & (torch.arange(words, device=places.device) > 0)
        pairs = pairs.repeat(1, 1, 1, widths)
        return Local(unary=unary, places=places, pairs=pairs, paired=paired, invariance=invariance)

    def places(
        self, decisive: Float[Tensor, "batch word width label"]
    ) -> Float[Tensor, "batch word alternative"]:
        """The segments that can start at a word, and last that none does."""
        starting = decisive.flatten(2)
        words = inside("n", decisive.shape[1], self.lengths).to(decisive.dtype)
        none = nonnegative(words - starting.sum(2))
        return torch.cat([starting, none[..., None]], 2)

    def pair_marginals(self) -> Float[Tensor, "batch pair label label"]:
        """p(a segment s ends with word i and one of label t follows) at every position."""
        transitions = self.batched()["transitions"]
        if transitions.dim() == 3:
            pairs = max(0, self.potentials["segments"].shape[1] - 1)
            transitions = transitions[:, None].expand(-1, pairs, -1, -1)
        return self._like({**self.potentials, "transitions": transitions}).marginals()[
            "transitions"
        ]

    def indicator(self, segments: Sequence[Sequence[tuple[int, int, int]]]) -> Parts:
        """The parts of segmentations, for each sentence (start, end, label) of words[start:end].

        Words in no segment are unknown and have no part.

        Raises:
            ValueError: a segment that is none of the structure's, or overlaps another.
        """
        _, _, widths, labels = self.potentials["segments"].shape
        shared = self.batched()["transitions"].dim() == 3
        where: dict[str, list[tuple[int, ...]]] = {"segments": [], "transitions": []}
        for row, (found, length) in enumerate(zip(segments, self.lengths.tolist(), strict=True)):
            before, last = 0, -1  # where the segment before ends, and its label
            for start, end, label in sorted(found):
                fits = before <= start < end <= min(length, start + widths)
                if not (fits and 0 <= label < labels):
                    raise ValueError(
                        f"segments (start, end, label) of sentence {row} must lie in its {length} "
                        f"words without overlap, be at most {widths} wide and have one of {labels} "
                        f"labels; got ({start}, {end}, {label}). Allow wider segments, or leave it "
                        "out: words in no segment are unknown"
                    )
                where["segments"].append((row, start, end - start - 1, label))
                if last >= 0 and start == before:
                    position = () if shared else (start - 1,)
                    where["transitions"].append((row, *position, last, label))
                before, last = end, label
        return {
            name: _counts(where[name], like=potential) for name, potential in self.batched().items()
        }

    def _excluded(
        self, observed: Shaped[Tensor, "batch word width label"]
    ) -> Bool[Tensor, "batch word width label"]:
        """Other segments from words where observed ones start, and segments that cover these."""
        starts = pad(observed.ne(0).any((2, 3)).long().cumsum(1), (1, 0))
        words, widths = observed.shape[1:3]
        start, end = _boundaries(words, widths, observed.device)
        covering = starts[:, end.clamp(max=words)] > starts[:, start + 1]
        return super()._excluded(observed) | covering[..., None]

    def _covered(self, decisive: Tensor) -> Shaped[Tensor, " batch"]:
        width = torch.arange(1, decisive.shape[2] + 1, device=decisive.device)
        return (decisive.sum((1, 3)) * width).sum(1)

    def _fitting(self, segments: Tensor) -> Bool[Tensor, "batch word width"]:
        """Which segments lie inside their sentence."""
        _, words, widths, _ = segments.shape
        _, end = _boundaries(words, widths, self.lengths.device)
        return end <= self.lengths[:, None, None]


def _counts(where: Sequence[tuple[int, ...]], *, like: Float[Tensor, "..."]) -> Tensor:
    """How often each index occurs."""
    counts = torch.zeros_like(like.detach())
    index = torch.tensor(where, dtype=torch.long, device=like.device).view(-1, like.dim())
    one = counts.new_ones(())
    return counts.index_put_(index.unbind(1), one, accumulate=True)


def by_last_word(
    segments: Shaped[Tensor, "batch word width label"],
) -> Shaped[Tensor, "batch word width label"]:
    """The same segments by where they end: result[b, j, k] is segments[b, j − k, k], or zeros."""
    batch, words, widths, labels = segments.shape
    # With rows of words + widths numbers, read as rows one shorter, row k moves k to the right.
    row = words + widths
    padded = pad(segments.transpose(1, 2), (0, 0, 0, widths)).reshape(batch, widths * row, labels)
    skewed = padded[:, : widths * (row - 1)].view(batch, widths, row - 1, labels)
    return skewed[:, :, :words].transpose(1, 2)


def _boundaries(
    words: int, widths: int, device: torch.device
) -> tuple[Int[Tensor, "word 1"], Int[Tensor, "word width"]]:
    """Where each segment starts and ends, words[start:end]."""
    start = torch.arange(words, device=device)[:, None]
    return start, start + 1 + torch.arange(widths, device=device)


def _between_boundaries(
    difference: Float[Tensor, "batch word alternative"],
    weights: Float[Tensor, "batch word alternative"],
    *,
    widths: int,
) -> Float[Tensor, "batch word alternative"]:
    """The nearest f(j) − f(i) to what is given for the segments words[i:j], by least squares.

    f solves the normal equations, whose matrix is the Laplacian of the graph in which segments
    link the boundaries 0 … n. It is singular: f is known up to a constant for each component.
    """
    words = difference.shape[1]
    weight = weights.double().unflatten(2, (widths, -1))
    pull = (weight * difference.double().unflatten(2, (widths, -1))).sum(3)
    start, end = _boundaries(words, widths, difference.device)

    def links(values: Float[Tensor, "batch word width"]) -> Float[Tensor, "batch start end"]:
        matrix = values.new_zeros(len(values), words, words + widths + 1)
        matrix = matrix.scatter(2, end.expand(len(values), -1, -1), values)
        return pad(matrix[..., : words + 1], (0, 0, 0, 1))

    link, pulls = links(weight.sum(3)), links(pull)
    laplacian = torch.diag_embed(link.sum(1) + link.sum(2) + _RIDGE) - link - link.mT
    f: Tensor = torch.linalg.solve(laplacian, pulls.sum(1) - pulls.sum(2))
    nearest = (pad(f, (0, widths))[:, end] - f[:, start]).to(difference.dtype)
    return nearest.repeat_interleave(weight.shape[3], 2)

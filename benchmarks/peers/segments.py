"""Segmentations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from peers.row import BATCH, Call, Row, draw, draw_lengths
from torch import Tensor

from structdistill.structures import SemiMarkov


@dataclass(frozen=True)
class Segments:
    """A batch of random segmentations."""

    words: int
    widths: int
    labels: int

    def rows(self, peers: Mapping[str, object]) -> Iterator[Row]:
        """What is timed of segmentations."""
        generator = torch.Generator().manual_seed(1)
        shapes = (BATCH, self.words, self.widths, self.labels), (self.labels, self.labels)
        lengths = draw_lengths(self.words, generator)
        student = [draw(shape, generator).requires_grad_() for shape in shapes]
        teacher = [draw(shape, generator) for shape in shapes]
        fixed = [tensor.detach() for tensor in student]

        # Log Z is compared where all are as long: with the shortest torch-struct limits all.
        longest = torch.full_like(lengths, self.words)

        def ours(tensors: list[Tensor], lengths: Tensor = lengths) -> SemiMarkov:
            segments, transitions = tensors
            return SemiMarkov(segments=segments, transitions=transitions, lengths=lengths)

        calls: dict[str, dict[str, Call]] = {
            "log Z + gradient": {
                "structdistill": lambda: ours(student).log_partition().sum().backward()
            },
            "best segmentation": {"structdistill": lambda: ours(fixed).argmax()},
            "KL + gradient": {
                "structdistill": lambda: ours(teacher).kl(ours(student)).sum().backward()
            },
        }
        log_z = {"structdistill": lambda: ours(fixed, longest).log_partition()}
        if "torch-struct" in peers:
            library = peers["torch-struct"]

            def torch_struct(tensors: list[Tensor], lengths: Tensor = lengths) -> object:
                segments, transitions = tensors
                # Of pairs of labels, [after, before], by the width from 0 on; one label precedes
                # the first word, and what reaches behind the last word counts no width.
                pairs = segments[..., None] + transitions.T
                alone = segments[:, :1, ..., None].expand(*pairs[:, :1].shape).clone()
                alone[..., 1:] = -1e9
                pairs = torch.cat([alone, pairs[:, 1:]], 1)
                none = pairs.new_full((*pairs.shape[:2], 1, *pairs.shape[3:]), -1e9)
                return library.SemiMarkovCRF(torch.cat([none, pairs], 2), lengths + 1)

            calls["log Z + gradient"]["torch-struct"] = lambda: (
                torch_struct(student).partition.sum().backward()
            )
            calls["best segmentation"]["torch-struct"] = lambda: torch_struct(fixed).argmax
            log_z["torch-struct"] = lambda: torch_struct(fixed, longest).partition
        size = f"{self.words} words, {self.widths} widths, {self.labels} labels"
        for work, libraries in calls.items():
            yield Row(f"segments: {work}", size, libraries, log_z)

"""Trees whose arcs may cross."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from peers.row import BATCH, Call, Row, draw, draw_lengths
from torch import Tensor

from structdistill.structures import NonProjectiveTree


@dataclass(frozen=True)
class NonProjectiveTrees:
    """A batch of random trees without relations, with one arc from the root."""

    words: int

    def rows(self, peers: Mapping[str, object]) -> Iterator[Row]:
        """What is timed of trees."""
        generator = torch.Generator().manual_seed(1)
        lengths = draw_lengths(self.words, generator)
        fixed = draw((BATCH, self.words + 1, self.words + 1), generator)
        arcs = fixed.clone().requires_grad_()

        def ours(some: Tensor) -> NonProjectiveTree:
            return NonProjectiveTree(arcs=some, lengths=lengths)

        log_z: dict[str, Call] = {"structdistill": lambda: ours(arcs).log_partition()}
        best: dict[str, Call] = {"structdistill": lambda: ours(fixed).argmax()}
        if "supar" in peers:
            family = peers["supar"].structs.MatrixTree  # of scores [dependent, head]
            log_z["supar"] = lambda: family(arcs.mT, lengths).log_partition
            if fixed.device.type == "cpu":  # elsewhere its search mixes up devices and fails
                best["supar"] = lambda: family(fixed.mT, lengths).argmax
        if "torch-struct" in peers:  # whose best tree is None
            crf = peers["torch-struct"].NonProjectiveDependencyCRF
            log_z["torch-struct"] = lambda: (
                # words only, the root's arcs on the diagonal
                crf(
                    arcs[:, 1:, 1:].diagonal_scatter(arcs[:, 0, 1:], 0, 1, 2),
                    lengths,
                    multiroot=False,
                ).partition
            )
        gradient: dict[str, Call] = {
            name: lambda value=value: value().sum().backward() for name, value in log_z.items()
        }
        for work, calls in (("log Z + gradient", gradient), ("best tree", best)):
            yield Row(f"non-projective tree: {work}", f"{self.words} words", calls, log_z)

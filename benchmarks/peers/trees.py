"""Projective and constituency trees."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from peers.row import BATCH, Call, Row, draw, draw_lengths
from torch import Tensor

from structdistill.structures import ConstituencyTree, ProjectiveTree, Structure

Model = Callable[[Tensor], object]


@dataclass(frozen=True)
class Trees:
    """A batch of random tables over pairs of positions, without labels or with.

    SuPar's and torch-struct's trees have no labels; where ours have, only we are timed.
    """

    words: int
    projective: bool
    labels: int = 1

    def rows(self, peers: Mapping[str, object]) -> Iterator[Row]:
        """What is timed of trees."""
        generator = torch.Generator().manual_seed(1)
        size = self.words + 1
        shape = (BATCH, size, size, self.labels)
        lengths = draw_lengths(self.words, generator)
        student, teacher = draw(shape, generator), draw(shape, generator)
        if self.projective and self.labels == 1:
            student, teacher = student.squeeze(3), teacher.squeeze(3)
        fixed = student.clone()
        student.requires_grad_()
        models = self._models(peers, lengths)
        ours = models["structdistill"]
        calls: dict[str, dict[str, Call]] = {
            "log Z + gradient": {
                name: lambda model=model: _log_z(model(student)).sum().backward()
                for name, model in models.items()
            },
            "best tree": {
                # torch-struct writes into leaves that need no gradient
                name: lambda model=model, table=student if name == "torch-struct" else fixed: _best(
                    model(table)
                )
                for name, model in models.items()
            },
            "KL + gradient": {
                "structdistill": lambda: ours(teacher).kl(ours(student)).sum().backward()
            },
        }
        log_z = {name: lambda model=model: _log_z(model(student)) for name, model in models.items()}
        if "supar" in models:
            supar = models["supar"]
            calls["KL + gradient"]["supar"] = lambda: (
                supar(teacher).kl(supar(student)).sum().backward()
            )
        kind = "projective tree" if self.projective else "constituency tree"
        size = f"{self.words} words" + (f", {self.labels} labels" if self.labels > 1 else "")
        for work, libraries in calls.items():
            yield Row(f"{kind}: {work}", size, libraries, log_z)

    def _models(self, peers: Mapping[str, object], lengths: Tensor) -> dict[str, Model]:
        """From our potentials, distributions by each library."""
        models: dict[str, Model] = {}
        if self.projective:
            models["structdistill"] = lambda arcs: ProjectiveTree(arcs=arcs, lengths=lengths)
        else:
            models["structdistill"] = lambda spans: ConstituencyTree(spans=spans, lengths=lengths)
        if self.labels > 1:
            return models
        if "supar" in peers:
            structs = peers["supar"].structs
            if self.projective:
                # [dependent, head], one arc from the root by default
                models["supar"] = lambda arcs: structs.DependencyCRF(arcs.mT, lengths)
            else:
                models["supar"] = lambda spans: structs.ConstituencyCRF(spans.squeeze(3), lengths)
        if "torch-struct" in peers:
            library = peers["torch-struct"]
            if self.projective:
                # words only, [head, dependent], the root's arcs on the diagonal
                models["torch-struct"] = lambda arcs: library.DependencyCRF(
                    arcs[:, 1:, 1:].diagonal_scatter(arcs[:, 0, 1:], 0, 1, 2),
                    lengths,
                    multiroot=False,
                )
            else:
                # spans by their first and last word
                models["torch-struct"] = lambda spans: library.TreeCRF(spans[:, :-1, 1:], lengths)
        return models


def _log_z(distribution: object) -> Tensor:
    if isinstance(distribution, Structure):
        return distribution.log_partition()
    # a property, of SuPar and of torch-struct
    name = "log_partition" if hasattr(distribution, "log_partition") else "partition"
    return getattr(distribution, name)


def _best(distribution: object) -> object:
    return distribution.argmax() if isinstance(distribution, Structure) else distribution.argmax

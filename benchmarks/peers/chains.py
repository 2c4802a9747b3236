"""Chains of tags."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from peers.row import BATCH, Call, Row, draw, draw_integers, draw_lengths
from published import PublishedPosterior
from torch import Tensor

from structdistill.objectives.posterior import Posterior
from structdistill.structures import LinearChain
from structdistill.structures.kernels.linear_chain import divergences


@dataclass(frozen=True)
class Chains:
    """A batch of random chains, as a student and a teacher."""

    words: int
    tags: int

    def rows(self, peers: Mapping[str, object]) -> Iterator[Row]:
        """What is timed of chains."""
        generator = torch.Generator().manual_seed(1)

        shapes = (
            (BATCH, self.words, self.tags),
            (self.tags, self.tags),
            (self.tags,),
            (self.tags,),
        )
        lengths = draw_lengths(self.words, generator)
        mask = torch.arange(self.words) < lengths[:, None]
        student = [draw(shape, generator).requires_grad_() for shape in shapes]
        teacher = [draw(shape, generator) for shape in shapes]
        gold = draw_integers(0, self.tags, (BATCH, self.words), generator)

        def ours(tensors: list[Tensor]) -> LinearChain:
            emissions, transitions, start, end = tensors
            return LinearChain(
                emissions=emissions, transitions=transitions, start=start, end=end, lengths=lengths
            )

        fixed = [tensor.detach() for tensor in student]
        calls: dict[str, dict[str, Call]] = {
            "log Z + gradient": {
                "structdistill": lambda: ours(student).log_partition().sum().backward()
            },
            "marginals": {"structdistill": lambda: ours(fixed).marginals()},
            "best path": {"structdistill": lambda: ours(fixed).argmax()},
            "KL + gradient": {
                "structdistill": lambda: ours(teacher).kl(ours(student)).sum().backward()
            },
            "posterior distillation + gradient": {
                "structdistill": lambda: Posterior()(ours(student), ours(teacher)).sum().backward(),
                "published loop": lambda: (
                    PublishedPosterior()(ours(student), ours(teacher)).sum().backward()
                ),
            },
        }
        if "pytorch-crf" in peers:
            crf = peers["pytorch-crf"].CRF(self.tags, batch_first=True)
            emissions = student[0]
            calls["log Z + gradient"]["pytorch-crf"] = lambda: crf(
                emissions, gold, mask=mask
            ).backward()
            calls["best path"]["pytorch-crf"] = lambda: crf.decode(emissions, mask=mask)
        if "supar" in peers:
            family = peers["supar"].structs.LinearChainCRF

            def supar(tensors: list[Tensor]) -> object:
                emissions, transitions, start, end = tensors
                framed = torch.zeros(self.tags + 1, self.tags + 1)
                framed[:-1, :-1], framed[-1, :-1], framed[:-1, -1] = transitions, start, end
                return family(emissions, trans=framed, lens=lengths)

            calls["log Z + gradient"]["supar"] = lambda: (
                supar(student).log_partition.sum().backward()
            )
            # It makes what it is given require gradients: so it gets other tensors than we do.
            own_fixed = [tensor.clone() for tensor in fixed]
            own_teacher = [tensor.clone() for tensor in teacher]
            calls["marginals"]["supar"] = lambda: supar(own_fixed).marginals
            calls["best path"]["supar"] = lambda: supar(own_fixed).argmax
            calls["KL + gradient"]["supar"] = lambda: (
                supar(own_teacher).kl(supar(student)).sum().backward()
            )
        on_cpu = student[0].device.type == "cpu"
        if "torch-struct" in peers and not (on_cpu and self.tags >= 40):  # there it takes seconds
            library = peers["torch-struct"]

            def torch_struct(tensors: list[Tensor]) -> object:
                emissions, transitions, start, end = tensors
                # Its potentials are those of pairs, [after, before].
                pairs = emissions[:, 1:, :, None] + transitions.T
                first = torch.nn.functional.pad(
                    (emissions[:, :1] + start)[:, :, None], (0, 0, 0, 0, 0, self.words - 2)
                )
                last = (torch.arange(self.words - 1) == lengths[:, None] - 2)[..., None, None]
                return library.LinearChainCRF(pairs + first + last * end[:, None], lengths)

            calls["log Z + gradient"]["torch-struct"] = lambda: (
                torch_struct(student).partition.sum().backward()
            )
            calls["marginals"]["torch-struct"] = lambda: torch_struct(fixed).marginals
            calls["best path"]["torch-struct"] = lambda: torch_struct(fixed).argmax
        log_z = {
            name: call
            for name, call in {
                "structdistill": lambda: ours(fixed).log_partition(),
                "supar": lambda: supar([tensor.clone() for tensor in fixed]).log_partition,
                "torch-struct": lambda: torch_struct(fixed).partition,
            }.items()
            if name in calls["marginals"]
        }
        if on_cpu:
            calls |= _floors(ours(student))
        for work, libraries in calls.items():
            yield Row(f"chain: {work}", f"{self.words} words, {self.tags} tags", libraries, log_z)


def _floors(student: LinearChain) -> dict[str, dict[str, Call]]:
    """What no call can do without: the structure, its kernel, and PyTorch for an empty function.

    On processors, where these are most of a call.
    """
    problem = student.detach()._problem
    assert problem is not None
    potentials = tuple(student._given.values())
    ready = [tensor.detach().clone() for tensor in potentials]
    given = {**student._given, "lengths": student.lengths}
    lengths = student.lengths.numpy()
    return {
        "log Z + gradient, the structure made and read": {
            "structdistill": lambda: LinearChain(**given)._problem
        },
        "log Z + gradient, the kernel alone": {
            "structdistill": lambda: problem.kernel.expectations(problem.given, problem.lengths, ())
        },
        "KL + gradient, the kernel alone": {
            "structdistill": lambda: divergences(problem.given, problem.given, lengths, ())
        },
        "log Z + gradient, an empty function": {
            "structdistill": lambda: _Nothing.apply(ready, *potentials).sum().backward()
        },
    }


class _Nothing(torch.autograd.Function):
    """A function whose value and gradient are there already."""

    @staticmethod
    def forward(ctx: Any, gradients: list[Tensor], *tensors: Tensor) -> Tensor:
        ctx.gradients = gradients
        return tensors[0].new_zeros(len(tensors[0]))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        return None, *ctx.gradients

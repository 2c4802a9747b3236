"""Times structures against other libraries, in one run on this machine.

    python benchmarks/structures.py --peers FOLDER

FOLDER is where the other libraries are installed (`pip install --target FOLDER --no-deps
pytorch-crf==0.7.2 supar==1.1.4 torch-struct==0.5`, and what they import). One that is missing is
said in the result. Each time is a median over several turns, from PyTorch tensors to PyTorch
tensors, `backward()` included; the ratio is that of the fastest peer's time to ours.
"""

import argparse
import importlib
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from torch import Tensor

from structdistill.objectives.posterior import Posterior
from structdistill.structures import LinearChain, NonProjectiveTree

RESULTS = Path(__file__).parent / "results" / "structures.json"
THREADS, BATCH, TURNS, SECONDS = 2, 32, 3, 0.5
PEERS = {"pytorch-crf": "torchcrf", "supar": "supar", "torch-struct": "torch_struct"}
Call = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One piece of work, as each library does it."""

    work: str
    size: str
    calls: Mapping[str, Call]


@dataclass(frozen=True)
class Chains:
    """A batch of random chains, as a student and a teacher."""

    words: int
    tags: int

    def rows(self, peers: Mapping[str, object]) -> Iterator[Row]:
        """What is timed of chains."""
        generator = torch.Generator().manual_seed(1)

        def draw(*shape: int) -> Tensor:
            return torch.randn(shape, generator=generator)

        shapes = (
            (BATCH, self.words, self.tags),
            (self.tags, self.tags),
            (self.tags,),
            (self.tags,),
        )
        lengths = torch.randint(self.words // 3, self.words + 1, (BATCH,), generator=generator)
        lengths[0] = self.words
        mask = torch.arange(self.words) < lengths[:, None]
        student = [draw(*shape).requires_grad_() for shape in shapes]
        teacher = [draw(*shape) for shape in shapes]
        gold = torch.randint(self.tags, (BATCH, self.words), generator=generator)

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
            "posterior + gradient": {
                "structdistill": lambda: (
                    Posterior()(ours(student), ours(teacher), None).sum().backward()
                ),
                "loop": lambda: _posterior_by_a_loop(student, teacher, mask).backward(),
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
            calls["marginals"]["supar"] = lambda: supar(fixed).marginals
            calls["best path"]["supar"] = lambda: supar(fixed).argmax
            calls["KL + gradient"]["supar"] = lambda: (
                supar(teacher).kl(supar(student)).sum().backward()
            )
        if "torch-struct" in peers and self.tags < 40:  # there it takes seconds
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
        for work, libraries in calls.items():
            yield Row(f"chain: {work}", f"{self.words} words, {self.tags} tags", libraries)


@dataclass(frozen=True)
class NonProjectiveTrees:
    """A batch of random trees whose arcs may cross, with one arc from the root."""

    words: int

    def rows(self, peers: Mapping[str, object]) -> Iterator[Row]:
        """What is timed of trees."""
        generator = torch.Generator().manual_seed(1)
        arcs = torch.randn(BATCH, self.words + 1, self.words + 1, generator=generator)
        lengths = torch.randint(self.words // 3, self.words + 1, (BATCH,), generator=generator)
        lengths[0] = self.words
        fixed, arcs = arcs, arcs.clone().requires_grad_()

        def ours(some: Tensor) -> NonProjectiveTree:
            return NonProjectiveTree(arcs=some, lengths=lengths)

        calls: dict[str, dict[str, Call]] = {
            "log Z + gradient": {
                "structdistill": lambda: ours(arcs).log_partition().sum().backward()
            },
            "best tree": {"structdistill": lambda: ours(fixed).argmax()},
        }
        if "supar" in peers:
            family = peers["supar"].structs.MatrixTree  # of scores [dependent, head]
            calls["log Z + gradient"]["supar"] = lambda: (
                family(arcs.mT, lengths).log_partition.sum().backward()
            )
            calls["best tree"]["supar"] = lambda: family(fixed.mT, lengths).argmax
        if "torch-struct" in peers:  # whose best tree is None
            crf = peers["torch-struct"].NonProjectiveDependencyCRF
            words = torch.arange(self.words)

            def torch_struct() -> object:
                # Arcs from the root are on the diagonal.
                inner = arcs[:, 1:, 1:].clone()
                inner[:, words, words] = arcs[:, 0, 1:]
                return crf(inner, lengths, multiroot=False)

            calls["log Z + gradient"]["torch-struct"] = lambda: (
                torch_struct().partition.sum().backward()
            )
        for work, libraries in calls.items():
            yield Row(f"non-projective tree: {work}", f"{self.words} words", libraries)


def _posterior_by_a_loop(student: list[Tensor], teacher: list[Tensor], mask: Tensor) -> Tensor:
    """KL of the tag marginals, as in published code: forward and backward loops, then autograd."""
    with torch.no_grad():
        theirs = _log_marginals_by_a_loop(teacher, mask)
    ours = _log_marginals_by_a_loop(student, mask)
    return ((theirs.exp() * (theirs - ours)).sum(2) * mask).sum()


def _log_marginals_by_a_loop(tensors: list[Tensor], mask: Tensor) -> Tensor:
    emissions, transitions, start, end = tensors
    words = emissions.shape[1]
    forward = [start + emissions[:, 0]]
    for i in range(1, words):
        longer = (forward[-1][:, :, None] + transitions).logsumexp(1) + emissions[:, i]
        forward.append(torch.where(mask[:, i, None], longer, forward[-1]))
    backward = [end.expand_as(forward[0])]
    for i in range(words - 1, 0, -1):
        following = (emissions[:, i] + backward[-1])[:, None]
        longer = (transitions + following).logsumexp(2)
        backward.append(torch.where(mask[:, i, None], longer, backward[-1]))
    return (torch.stack(forward, 1) + torch.stack(backward[::-1], 1)).log_softmax(2)


CASES = (Chains(50, 9), Chains(50, 22), Chains(128, 45), NonProjectiveTrees(30))


def main() -> None:
    """Times every row of every case and writes the result."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers", type=Path, help="where the other libraries are installed")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    if arguments.peers:
        sys.path.append(str(arguments.peers))
    peers, missing = _peers()
    rows = []
    for case in CASES:
        for row in case.rows(peers):
            medians = {name: round(1000 * t, 4) for name, t in _medians(row.calls).items()}
            others = [t for name, t in medians.items() if name != "structdistill"]
            ratio = round(min(others) / medians["structdistill"], 1) if others else None
            rows.append(
                {"work": row.work, "size": row.size, "milliseconds": medians, "ratio": ratio}
            )
            print(f"{row.work:26} {row.size:20} {ratio} times  {medians}", flush=True)
    result = {
        "command": "python benchmarks/structures.py --peers FOLDER",
        "machine": {"processor": _processor(), "threads": THREADS, "system": platform.system()},
        "batch": BATCH,
        "versions": _versions(),
        "missing": missing,
        "rows": rows,
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _peers() -> tuple[dict[str, object], dict[str, str]]:
    """The other libraries by name, and why others are missing."""
    found, missing = {}, {}
    for name, module in PEERS.items():
        try:
            found[name] = importlib.import_module(module)
        except ImportError as error:
            missing[name] = str(error)
    if "supar" in found:
        importlib.import_module("supar.structs")
    return found, missing


def _medians(calls: Mapping[str, Call]) -> dict[str, float]:
    """Median seconds of each; they take turns, each with some calls in a row.

    The first calls of a turn do not count: the threads of the library before are still waiting
    for work then, and keep the processor busy.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(TURNS):
        for name, call in calls.items():
            begin = time.perf_counter()
            while time.perf_counter() < begin + SECONDS / 4:
                call()
            counted = 0
            while time.perf_counter() < begin + SECONDS or counted < 3:
                before = time.perf_counter()
                call()
                times[name].append(time.perf_counter() - before)
                counted += 1
    return {name: statistics.median(found) for name, found in times.items()}


def _processor() -> str:
    lines = Path("/proc/cpuinfo")
    if lines.exists():
        for line in lines.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(": ")[2]
    return platform.processor()


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("torch", "numpy", "numba", *PEERS):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    main()

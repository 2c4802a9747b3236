"""How long the first use of each family's kernels takes: compiled for the first time, or kept.

    python benchmarks/startup.py

A fresh process with an empty cache computes log Z with its gradient, the gradient of the entropy
and the best structure of each family, one family after another. Then each family has a process of
its own that finds them in that cache: the compiler's import counts, PyTorch's does not. A last
process compiles all again and tells how many functions that are, what of it is LLVM's, and what
numba takes for the smallest function there is: as many of those are a floor.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from environment import COMPUTING, processor

from structdistill.environment import versions
from structdistill.structures import (
    ConstituencyTree,
    LinearChain,
    NonProjectiveTree,
    ProjectiveTree,
    SemiMarkov,
    Structure,
)

RESULTS = Path(__file__).parent / "results" / "startup.json"
LENGTHS = torch.tensor([3, 2])


def scores(*shape: int) -> torch.Tensor:
    """Random potentials of a batch of two."""
    return torch.randn(shape, requires_grad=True)


FAMILIES: dict[str, Callable[[], Structure]] = {
    "LinearChain": lambda: LinearChain(
        emissions=scores(2, 3, 4), transitions=scores(4, 4), lengths=LENGTHS
    ),
    "SemiMarkov": lambda: SemiMarkov(
        segments=scores(2, 3, 2, 4), transitions=scores(4, 4), lengths=LENGTHS
    ),
    "ProjectiveTree": lambda: ProjectiveTree(arcs=scores(2, 4, 4, 3), lengths=LENGTHS),
    "NonProjectiveTree": lambda: NonProjectiveTree(arcs=scores(2, 4, 4, 3), lengths=LENGTHS),
    "ConstituencyTree": lambda: ConstituencyTree(spans=scores(2, 4, 4, 3), lengths=LENGTHS),
}


def main() -> None:
    """Measures, and writes the result."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--use", nargs="+", choices=FAMILIES, help="measure in this process")
    parser.add_argument("--profile", action="store_true", help="all, by who takes the time")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.profile:
        print(json.dumps(_profile()))
        return
    if arguments.use:
        print(json.dumps({name: _first_use(FAMILIES[name]) for name in arguments.use}))
        return
    with tempfile.TemporaryDirectory() as cache:
        compiled = _in_a_process(cache, "--use", *FAMILIES)
        kept = {name: _in_a_process(cache, "--use", name)[name] for name in FAMILIES}
    with tempfile.TemporaryDirectory() as cache:
        profile = _in_a_process(cache, "--profile")
    figures = compiled.values()
    total = {key: round(sum(f[key] for f in figures), 2) for key in ("seconds", "cpu_seconds")}
    result = {
        "command": "python benchmarks/startup.py",
        "machine": {"processor": processor(), "threads": 1},
        "versions": versions(COMPUTING),
        "compiled": compiled,
        "compiled_in_all": total,
        "profile": profile,
        "kept": kept,
    }
    print(json.dumps(result, indent=1))
    arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _in_a_process(cache: str, *options: str) -> dict[str, Any]:
    """What a new process measures, with kernels kept in this folder."""
    done = subprocess.run(
        [sys.executable, __file__, *options],
        env={**os.environ, "NUMBA_CACHE_DIR": cache},
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _profile() -> dict[str, float]:
    """What compiling all families consists of, in seconds of processor time but for LLVM's."""
    from numba import njit
    from numba.core import event

    with event.install_recorder("numba:compile") as compiled:
        llvm = event.TimingListener()
        with event.install_listener("numba:llvm_lock", llvm):
            seconds = sum(_first_use(make)["cpu_seconds"] for make in FAMILIES.values())
    began = time.process_time()
    njit(lambda number: number)(1)
    smallest = time.process_time() - began
    functions = sum(each.is_start for _, each in compiled.buffer)
    return {
        "seconds": round(seconds, 2),
        "llvm_seconds": round(llvm.duration, 2),
        "functions": functions,
        "smallest_function_seconds": round(smallest, 3),
        "as_many_of_the_smallest": round(smallest * functions, 2),
    }


def _first_use(make: Callable[[], Structure]) -> dict[str, float]:
    """Wall clock and processor time until every kernel of a family has answered."""
    began, worked = time.perf_counter(), time.process_time()
    make().log_partition().sum().backward()
    make().entropy().sum().backward()
    make().argmax()
    return {
        "seconds": round(time.perf_counter() - began, 2),
        "cpu_seconds": round(time.process_time() - worked, 2),
    }


if __name__ == "__main__":
    main()

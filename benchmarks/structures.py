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
from collections.abc import Mapping
from pathlib import Path

import torch
from environment import COMPUTING, processor
from peers.chains import Chains
from peers.non_projective_trees import NonProjectiveTrees
from peers.row import BATCH, Call
from peers.segments import Segments
from peers.trees import Trees

from structdistill.environment import versions

RESULTS = Path(__file__).parent / "results" / "structures.json"
THREADS, TURNS, SECONDS = 2, 3, 0.5
PEERS = {"pytorch-crf": "torchcrf", "supar": "supar", "torch-struct": "torch_struct"}
CASES = (
    Chains(50, 9),
    Chains(50, 22),
    Chains(128, 45),
    Segments(30, 4, 5),
    Segments(50, 8, 9),
    Trees(30, projective=True),
    Trees(30, projective=True, labels=50),
    Trees(30, projective=False),
    Trees(60, projective=False),
    Trees(30, projective=False, labels=60),
    NonProjectiveTrees(30),
)


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
            row.check()
            medians = {name: round(1000 * t, 4) for name, t in _medians(row.calls).items()}
            others = [t for name, t in medians.items() if name != "structdistill"]
            ratio = round(min(others) / medians["structdistill"], 1) if others else None
            rows.append(
                {"work": row.work, "size": row.size, "milliseconds": medians, "ratio": ratio}
            )
            print(f"{row.work:36} {row.size:30} {ratio} times  {medians}", flush=True)
    result = {
        "command": "python benchmarks/structures.py --peers FOLDER",
        "machine": {"processor": processor(), "threads": THREADS, "system": platform.system()},
        "batch": BATCH,
        "versions": versions([*COMPUTING, *PEERS]),
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


if __name__ == "__main__":
    main()

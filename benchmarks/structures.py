"""Times structures against other libraries, in one run on this machine.

    python benchmarks/structures.py --peers FOLDER [--device cuda]

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
from memory import peak
from peers.chains import Chains
from peers.non_projective_trees import NonProjectiveTrees
from peers.row import BATCH, Call
from peers.segments import Segments
from peers.trees import Trees

from structdistill.environment import versions

RESULTS = Path(__file__).parent / "results" / "structures.json"
THREADS, TURNS, SECONDS, LONG = 2, 12, 0.2, 1.0
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
    parser.add_argument("--device", default="cpu", help="where the structures are: cpu or cuda")
    parser.add_argument("--turns", type=int, default=TURNS, help="that each library takes")
    parser.add_argument("--out", type=Path, help="by default in benchmarks/results, by device")
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    on_cuda = torch.device(arguments.device).type == "cuda"
    if on_cuda:  # for processors it is the default anyway, and said again it slows every call down
        torch.set_default_device(arguments.device)
    if arguments.peers:
        sys.path.append(str(arguments.peers))
    peers, missing = _peers()
    rows = []
    for case in CASES:
        for row in case.rows(peers):
            row.check()
            medians = {
                name: round(1000 * t, 4) for name, t in _medians(row.calls, arguments.turns).items()
            }
            others = [t for name, t in medians.items() if name != "structdistill"]
            ratio = round(min(others) / medians["structdistill"], 1) if others else None
            used = {name: round(peak(call)[1], 1) for name, call in row.calls.items()}
            figures = {"milliseconds": medians, "ratio": ratio, "peak_mebibytes": used}
            rows.append({"work": row.work, "size": row.size, **figures})
            print(f"{row.work:36} {row.size:30} {ratio} times  {medians}", flush=True)
    machine = {"processor": processor(), "threads": THREADS, "system": platform.system()}
    command, out = "python benchmarks/structures.py --peers FOLDER", RESULTS
    if arguments.turns != TURNS:
        command = f"{command} --turns {arguments.turns}"
    if on_cuda:
        machine["device"] = torch.cuda.get_device_name(arguments.device)
        command, out = f"{command} --device cuda", RESULTS.with_stem("structures_cuda")
    result = {
        "command": command,
        "machine": machine,
        "batch": BATCH,
        "turns": arguments.turns,
        "versions": versions([*COMPUTING, *(["triton"] if on_cuda else []), *PEERS]),
        "missing": missing,
        "rows": rows,
    }
    out = arguments.out or out
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


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


def _medians(calls: Mapping[str, Call], turns: int) -> dict[str, float]:
    """Median seconds of each; they take turns, each with some calls in a row.

    The first calls of a turn do not count: the threads of the library before are still waiting
    for work then, and keep the processor busy. What takes so long that this does not matter is
    called once.
    """
    times = {name: [_seconds(call)] for name, call in calls.items()}
    quick = [name for name, (first,) in times.items() if first < LONG or name == "structdistill"]
    for name in quick:
        times[name].clear()
    for _ in range(turns):
        for name in quick:
            call = calls[name]
            begin = time.perf_counter()
            while time.perf_counter() < begin + SECONDS / 4:
                call()
            _wait()
            counted = 0
            while time.perf_counter() < begin + SECONDS or counted < 3:
                times[name].append(_seconds(call))
                counted += 1
    return {name: statistics.median(found) for name, found in times.items()}


def _seconds(call: Call) -> float:
    """What a call takes."""
    before = time.perf_counter()
    call()
    _wait()
    return time.perf_counter() - before


def _wait() -> None:
    """Until the device has done what it was told to."""
    if torch.get_default_device().type == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()

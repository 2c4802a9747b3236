"""How time and memory of a chain's log Z with its gradient grow with words, tags and sentences.

    python benchmarks/growth.py

Time should be linear in words and sentences and quadratic in tags, memory some times that of the
potentials: batch × words × tags² numbers, which automatic differentiation of a dynamic programme
keeps, are there only if a caller asks for pair marginals.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import torch
from environment import COMPUTING, processor
from memory import peak

from structdistill.environment import versions
from structdistill.structures import LinearChain

RESULTS = Path(__file__).parent / "results" / "growth.json"
THREADS, SECONDS = 2, 2.0
WORDS, TAGS, BATCHES = (64, 128, 256, 512), (32, 64, 128, 256, 512), (8, 16, 32, 64, 128)
SIZES = [
    *((words, 32, 32) for words in WORDS),
    *((64, tags, 32) for tags in TAGS[1:]),
    *((64, 32, batch) for batch in BATCHES if batch != 32),
    (512, 512, 32),
]


def main() -> None:
    """Measures all sizes and writes the result."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    rows = []
    for words, tags, batch in SIZES:
        rows.append({"words": words, "tags": tags, "batch": batch, **_measured(words, tags, batch)})
        print(rows[-1], flush=True)
    result = {
        "command": "python benchmarks/growth.py",
        "machine": {"processor": processor(), "threads": THREADS},
        "versions": versions(COMPUTING),
        "rows": rows,
    }
    arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _measured(words: int, tags: int, batch: int) -> dict[str, float]:
    emissions = torch.randn(batch, words, tags, requires_grad=True)
    transitions = torch.randn(tags, tags, requires_grad=True)
    lengths = torch.full((batch,), words)

    def work() -> None:
        chain = LinearChain(emissions=emissions, transitions=transitions, lengths=lengths)
        chain.log_partition().sum().backward()
        emissions.grad = transitions.grad = None

    work()  # compiles the first time
    _, megabytes = peak(work)
    times: list[float] = []
    begin = time.perf_counter()
    while len(times) < 3 or time.perf_counter() < begin + SECONDS:
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    seconds = statistics.median(times)
    return {
        "milliseconds": round(1000 * seconds, 3),
        "nanoseconds_a_word_and_pair_of_tags": round(1e9 * seconds / (batch * words * tags**2), 4),
        "peak_mebibytes": round(megabytes, 1),
        "potentials_mebibytes": round(emissions.nbytes / 2**20, 1),
    }


if __name__ == "__main__":
    main()

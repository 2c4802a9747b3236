"""What a training is worth on a machine whose processors something else wants too.

    python benchmarks/sharing.py

The smallest and the largest student of CoNLL-2000 are trained without a teacher for a few seconds,
each time in a process of its own with as many threads as processors: with the machine to itself,
and beside a process that keeps one processor busy, in another session, as another user's would be.
What differs is how long OpenMP's threads wait for one another before they sleep: as long as they do
with PyTorch alone, or with the program `structdistill`. A figure is the median of the turns.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from environment import COMPUTING, processor
from epoch import STUDENTS, training_steps

from structdistill.cli.program import WAITING
from structdistill.corpus import Corpus
from structdistill.environment import versions
from structdistill.objectives import parse
from structdistill.recipe import Recipe

RESULTS = Path(__file__).parent / "results" / "sharing.json"
TURNS, SECONDS, WARM = 3, 4.0, 2
TRAINED = ("convolutional", "transformer")
BUSY = "while True: pass"


def main() -> None:
    """Measures all and writes the result."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--train", choices=TRAINED, help="train in this process: words a second")
    arguments = parser.parse_args()
    if arguments.train:
        print(json.dumps(_words_a_second(arguments.train)))
        return
    result = {
        "command": "python benchmarks/sharing.py",
        "machine": {"processor": processor(), "threads": os.cpu_count()},
        "versions": versions(COMPUTING),
        "students": {student: _student(student) for student in TRAINED},
    }
    print(json.dumps(result, indent=1))
    arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _student(student: str) -> dict[str, dict[str, float]]:
    """Words a second, alone and beside a busy process, by how threads wait."""
    waiting = {"PyTorch": {}, "structdistill": WAITING}
    found: dict[str, dict[str, list[float]]] = {
        name: {"alone": [], "shared": []} for name in waiting
    }
    for _ in range(TURNS):
        for name, variables in waiting.items():
            found[name]["alone"].append(_in_a_process(student, variables))
            with _busy():
                found[name]["shared"].append(_in_a_process(student, variables))
    return {
        name: {key: round(statistics.median(rates)) for key, rates in by.items()}
        for name, by in found.items()
    }


def _in_a_process(student: str, variables: dict[str, str]) -> float:
    """Words a second of a new process with those variables in its environment."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(("OMP", "GOMP"))}
    done = subprocess.run(
        [sys.executable, __file__, "--train", student],
        env={**own, **variables},
        stdout=subprocess.PIPE,
        check=True,
    )
    return float(done.stdout)


@contextmanager
def _busy() -> Iterator[None]:
    """Keeps one processor busy; within a session, Linux would let a nice process wait."""
    with subprocess.Popen([sys.executable, "-c", BUSY], start_new_session=True) as busy:
        try:
            yield
        finally:
            busy.kill()


def _words_a_second(student: str) -> float:
    """Trains for `SECONDS` after the first steps."""
    name, settings = STUDENTS[student]
    recipe = Recipe.read(name, settings=settings)
    steps = training_steps(recipe, Corpus.read(recipe.data), parse("nll"))
    list(islice(steps, WARM))
    words, began = 0, time.perf_counter()
    for step in steps:
        words += step.words
        if time.perf_counter() - began > SECONDS:
            break
    return words / (time.perf_counter() - began)


if __name__ == "__main__":
    main()

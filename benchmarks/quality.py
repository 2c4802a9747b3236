"""What each objective is worth: a grid of student × objective × text × seed, resumable run by run.

    python benchmarks/quality.py benchmarks/conll2000.toml --jobs 2

A grid names a teacher's recipe, the students' recipes, and the variants: an objective and whatever
else differs. Each run is one process on one thread; its figures go to
`benchmarks/results/quality/GRID/STUDENT/VARIANT/SEED.json`, and a run whose file is there is not
repeated. `benchmarks/tables.py` makes the tables of them.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "quality"


@dataclass(frozen=True)
class Job:
    """One run of the grid."""

    command: tuple[str, ...]
    run: Path
    result: Path

    def __call__(self) -> None:
        """Trains, and keeps the figures with what they were made by."""
        resume = ("--resume",) if self.run.exists() else ()
        one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
        command = [*self.command, "--out", str(self.run.relative_to(ROOT)), *resume]
        print(" ".join(command[2:]), flush=True)
        log = self.run.with_name(f"{self.run.name}.log")
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as stream:
            subprocess.run(
                command, cwd=ROOT, env=one_thread, stderr=stream, stdout=stream, check=True
            )
        figures = {
            "command": " ".join(self.command[2:]),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores; one thread a run",
            **json.loads((self.run / "environment.json").read_text()),
            **json.loads((self.run / "metrics.json").read_text()),
        }
        self.result.parent.mkdir(parents=True, exist_ok=True)
        self.result.write_text(json.dumps(figures, indent=1) + "\n")
        print(f"{self.result.relative_to(RESULTS)}: {figures['test']['score']:.2f}", flush=True)


def jobs(grid: dict[str, Any], name: str) -> Iterator[Job]:
    """The teacher, then all students by seed, so that a stopped grid is complete for some seeds."""
    runs = ROOT / "runs" / name
    program = (sys.executable, "-m", "structdistill")
    teacher = runs / "teacher"
    yield Job((*program, "train", grid["teacher"]), teacher, RESULTS / name / "teacher/1.json")
    for seed in grid["seeds"]:
        for student, about in grid["students"].items():
            for variant in about.get("variants", grid["variants"]):
                settings = {**grid["variants"][variant], "training.seed": seed}
                changes = [f"--set={key}={json.dumps(value)}" for key, value in settings.items()]
                taught = settings.get("objective") != "nll"
                verb = (
                    ("distill", "--teacher", str(teacher.relative_to(ROOT)))
                    if taught
                    else ("train",)
                )
                yield Job(
                    (*program, verb[0], about["recipe"], *verb[1:], *changes),
                    runs / student / variant / str(seed),
                    RESULTS / name / student / variant / f"{seed}.json",
                )


def main() -> None:
    """Runs what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("grid", type=Path, help="a TOML file such as benchmarks/conll2000.toml")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    arguments = parser.parse_args()
    grid = tomllib.loads(arguments.grid.read_text())
    teacher, *students = jobs(grid, arguments.grid.stem)
    if not teacher.result.exists():
        teacher()
    with ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(Job.__call__, (job for job in students if not job.result.exists())))


if __name__ == "__main__":
    main()

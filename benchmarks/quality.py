"""What each objective is worth: a grid of student × objective × text × seed, resumable run by run.

    python benchmarks/quality.py benchmarks/conll2000.toml --jobs 2

A grid names a teacher's recipe, the students' recipes, and the variants: an objective and whatever
else differs. Further `teachers` have names, by which a variant says who it is `taught_by`. Each run
is one process on one thread; its figures go to
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
PROGRAM = (sys.executable, "-m", "structdistill")


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


def teachers(grid: dict[str, Any], name: str) -> Iterator[Job]:
    """The teacher, and others that variants name as `taught_by`."""
    for teacher, recipe in {"teacher": grid["teacher"], **grid.get("teachers", {})}.items():
        yield Job(
            (*PROGRAM, "train", recipe), _runs(name) / teacher, RESULTS / name / teacher / "1.json"
        )


def students(grid: dict[str, Any], name: str) -> Iterator[Job]:
    """All students by seed, so that a stopped grid is complete for some seeds."""
    for seed in grid["seeds"]:
        for student, about in grid["students"].items():
            for variant in about.get("variants", grid["variants"]):
                settings = {**about.get("settings", {}), **grid["variants"][variant]}
                teacher = _runs(name) / settings.pop("taught_by", "teacher")
                settings["training.seed"] = seed
                changes = [f"--set={key}={json.dumps(value)}" for key, value in settings.items()]
                taught = settings.get("objective") != "nll"
                verb = (
                    ("distill", "--teacher", str(teacher.relative_to(ROOT)))
                    if taught
                    else ("train",)
                )
                yield Job(
                    (*PROGRAM, verb[0], about["recipe"], *verb[1:], *changes),
                    _runs(name) / student / variant / str(seed),
                    RESULTS / name / student / variant / f"{seed}.json",
                )


def _runs(name: str) -> Path:
    return ROOT / "runs" / name


def main() -> None:
    """Runs what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("grid", type=Path, help="a TOML file such as benchmarks/conll2000.toml")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    arguments = parser.parse_args()
    grid = tomllib.loads(arguments.grid.read_text())
    for stage in (teachers, students):  # the one must be there before the other begins
        missing = [job for job in stage(grid, arguments.grid.stem) if not job.result.exists()]
        with ThreadPoolExecutor(arguments.jobs) as pool:
            list(pool.map(Job.__call__, missing))


if __name__ == "__main__":
    main()

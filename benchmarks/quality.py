"""What each objective is worth: a grid of student × objective × text × seed, resumable run by run.

    python benchmarks/quality.py benchmarks/conll2000.toml --jobs 2

A grid names a teacher's recipe, the students' recipes, and the variants: an objective and whatever
else differs. Further `teachers` have names, by which a variant says who it is `taught_by`, one or
several; a teacher may have `settings`, or be a folder of `folds`. With `teachers_of`, another
grid's teachers are used. Each run is one process on one thread; its figures go to
`benchmarks/results/quality/GRID/STUDENT/VARIANT/SEED.json`, what each test sentence contributed to
them to `SEED.counts.json`, and a run whose file is there is not repeated. `benchmarks/tables.py`
makes the tables of them.

    python benchmarks/quality.py benchmarks/conll2000.toml --reevaluate

evaluates finished runs whose results lack counts, calibration or data out of the domain, from
their folders in `runs`; nothing is trained.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any

from environment import device

from structdistill.recipe import Recipe

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "quality"
PROGRAM = (sys.executable, "-m", "structdistill")
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    # glibc gives large tensors back to the system and gets them again, page by page: of a parser's
    # training a tenth of the time.
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(2**34),
}


@dataclass(frozen=True)
class Job:
    """One run of the grid; or as many as there are folds, whose figures nobody needs."""

    command: tuple[str, ...]
    run: Path
    result: Path
    folds: int = 0

    @property
    def recipe(self) -> Recipe:
        """What it is run with, but for its settings."""
        return Recipe.read(self.command[len(PROGRAM) + 1])

    def __call__(self) -> None:
        """Trains, and keeps the figures with what they were made by."""
        resume = ("--resume",) if self.run.exists() else ()
        self._run([*self.command, "--out", str(self.run.relative_to(ROOT)), *resume])
        if self.folds:
            return
        self._keep(
            {
                "command": " ".join(self.command[2:]),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores; one thread a run",
                "device": device(),
                **json.loads((self.run / "environment.json").read_text()),
            }
        )

    def reevaluate(self) -> None:
        """Adds to the figures what an earlier version did not measure."""
        ood = self.recipe.data.ood
        changes = [f"--set=data.ood={ood}"] if ood else []
        run = str(self.run.relative_to(ROOT))
        self._run([*PROGRAM, "evaluate", run, "--keep", *changes])
        self._keep(json.loads(self.result.read_text()))

    @property
    def name(self) -> str:
        """STUDENT/VARIANT/SEED."""
        return "/".join(self.result.with_suffix("").parts[-3:])

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.run.with_name(f"{self.run.name}.log")

    @property
    def is_done(self) -> bool:
        """Whether there are figures."""
        return self.result.exists()

    @property
    def is_trained(self) -> bool:
        """Whether there is a model, or all of the folds."""
        numbers = range(1, self.folds + 1)
        runs = [self.run / str(n) for n in numbers] if self.folds else [self.run]
        return all((run / "metrics.json").exists() for run in runs)

    @property
    def is_complete(self) -> bool:
        """Whether there are all figures that would be there today."""
        figures = json.loads(self.result.read_text())
        return (
            "calibration" in figures["test"]
            and ("ood" in figures or self.recipe.data.ood is None)
            and self._counts.exists()
        )

    @property
    def _counts(self) -> Path:
        return self.result.with_suffix(".counts.json")

    def _run(self, command: list[str]) -> None:
        print(" ".join(command[2:]), flush=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as stream:
            environment = os.environ | ENVIRONMENT
            subprocess.run(
                command, cwd=ROOT, env=environment, stderr=stream, stdout=stream, check=True
            )

    def _keep(self, about: dict[str, Any]) -> None:
        """Writes the run's figures, and what it was made by, among the results."""
        figures = about | json.loads((self.run / "metrics.json").read_text())
        size = (self.run / "model" / "model.safetensors").stat().st_size
        self.result.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.run / "counts.json", self._counts)
        self.result.write_text(json.dumps(figures | {"bytes": size}, indent=1) + "\n")
        print(f"{self.result.relative_to(RESULTS)}: {figures['test']['score']:.2f}", flush=True)


def teachers(grid: dict[str, Any], name: str) -> Iterator[Job]:
    """The teacher, and others that variants name as `taught_by`."""
    home = grid.get("teachers_of", name)
    for teacher, about in {"teacher": grid["teacher"], **grid.get("teachers", {})}.items():
        about = {"recipe": about} if isinstance(about, str) else about
        options = _changes(about.get("settings", {}))
        if "folds" in about:
            options += ["--folds", str(about["folds"])]
        yield Job(
            (*PROGRAM, "train", about["recipe"], *options),
            _runs(home) / teacher,
            RESULTS / home / teacher / "1.json",
            folds=about.get("folds", 0),
        )


def students(grid: dict[str, Any], name: str) -> Iterator[Job]:
    """All students by seed, so that a stopped grid is complete for some seeds."""
    for seed in grid["seeds"]:
        for student, about in grid["students"].items():
            for variant in about.get("variants", grid["variants"]):
                settings = {**about.get("settings", {}), **grid["variants"][variant]}
                taught_by = settings.pop("taught_by", "teacher")
                settings["training.seed"] = seed
                if settings.get("objective") == "nll":
                    verb, options = "train", list[str]()
                else:
                    verb, home = "distill", _runs(grid.get("teachers_of", name))
                    names = [taught_by] if isinstance(taught_by, str) else taught_by
                    paths = [str((home / each).relative_to(ROOT)) for each in names]
                    options = [option for path in paths for option in ("--teacher", path)]
                yield Job(
                    (*PROGRAM, verb, about["recipe"], *options, *_changes(settings)),
                    _runs(name) / student / variant / str(seed),
                    RESULTS / name / student / variant / f"{seed}.json",
                )


def _changes(settings: dict[str, Any]) -> list[str]:
    return [f"--set={key}={_toml(value)}" for key, value in settings.items()]


def _toml(value: Any) -> str:
    """As a recipe writes it: but for tables like JSON."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_toml(each)}' for key, each in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)


def _runs(name: str) -> Path:
    return ROOT / "runs" / name


def _failed(work: Callable[[Job], None], job: Job) -> str:
    """Works, and says which job that was if it has failed: the others go on."""
    try:
        work(job)
    except subprocess.CalledProcessError as error:
        print(
            f"{job.name} ended with {error.returncode}: see {job.log.relative_to(ROOT)}", flush=True
        )
        return job.name
    return ""


def main() -> None:
    """Runs what is not there yet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("grid", type=Path, help="a TOML file such as benchmarks/conll2000.toml")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    parser.add_argument(
        "--only",
        default="*",
        metavar="PATTERN",
        help="of the students' runs those alike: STUDENT/VARIANT/SEED, with * for any",
    )
    parser.add_argument(
        "--reevaluate", action="store_true", help="complete the figures of finished runs instead"
    )
    arguments = parser.parse_args()
    grid = tomllib.loads(arguments.grid.read_text())
    name = arguments.grid.stem
    chosen = [job for job in students(grid, name) if fnmatch(job.name, arguments.only)]
    if arguments.reevaluate:
        work = Job.reevaluate
        finished = [job for job in (*teachers(grid, name), *chosen) if job.is_done]
        stages = [[job for job in finished if not job.is_complete]]
    else:
        work = Job.__call__
        chosen = [job for job in chosen if not job.is_done]
        asked = {argument for job in chosen for argument in job.command}
        needed = [job for job in teachers(grid, name) if str(job.run.relative_to(ROOT)) in asked]
        # Figures alone teach no student: a teacher whose model is not here is trained again, first.
        stages = [[job for job in needed if not job.is_trained], chosen]
    for jobs in stages:
        with ThreadPoolExecutor(arguments.jobs) as pool:
            failed = [name for name in pool.map(partial(_failed, work), jobs) if name]
        if failed:
            sys.exit(f"failed, the others are done: {', '.join(failed)}")


if __name__ == "__main__":
    main()

"""Systems side by side: each with its seeds, beside its teacher and its undistilled twin."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePosixPath
from statistics import mean, stdev

from structdistill.errors import RunError
from structdistill.report.result import Result
from structdistill.significance import p_value


@dataclass(frozen=True)
class System:
    """Runs that differ in nothing but their seed.

    Args:
        student: what was trained, for a person.
        variant: how; may be empty.
        runs: one or several.
    """

    student: str
    variant: str
    runs: Sequence[Result]

    def scores(self, split: str = "test") -> list[float]:
        """The main figure of each run, in percent; none if one lacks this kind of data."""
        found = [run.metrics[split]["score"] for run in self.runs if split in run.metrics]
        return found if len(found) == len(self.runs) else []

    def agreement(self) -> float | None:
        """The mean percentage of words annotated as the teacher does."""
        return _mean(run.metrics["test"].get("agreement") for run in self.runs)

    def calibration_error(self) -> float | None:
        """The mean expected calibration error, in percent."""
        found = [run.metrics["test"].get("calibration") for run in self.runs]
        return _mean(each and each["error"] for each in found)

    def seconds(self) -> float | None:
        """Of the fastest epoch: whatever else a machine does makes it slower, never faster."""
        found = [epoch["seconds"] for run in self.runs for epoch in run.metrics.get("epochs", ())]
        return min(found, default=None)

    def words_per_second(self) -> float:
        """Of the fastest run."""
        return max(float(run.metrics["test"]["words_per_second"]) for run in self.runs)

    def p_value(self, other: "System") -> float | None:
        """Of their difference (`significance.p_value`); None where there is nothing to compare.

        Raises:
            RunError: they were evaluated on different sentences.
        """
        ours, theirs = ({r.seed: r.counts for r in s.runs} for s in (self, other))
        if not ours.keys() & theirs.keys() or not all((*ours.values(), *theirs.values())):
            return None
        try:
            return p_value(ours, theirs)
        except ValueError as error:
            names = " and ".join("/".join(s.runs[0].place) for s in (self, other))
            raise RunError(f"{names} cannot be compared: {error} (evaluate --keep)") from error


@dataclass(frozen=True)
class Row:
    """A system beside others.

    Args:
        system: what the row is about.
        gap_closed: (its mean score − its twin's) / (its teacher's − its twin's), in percent.
        p: how probable so large a difference from its twin is, were they equally good.
    """

    system: System
    gap_closed: float | None = None
    p: float | None = None


@dataclass(frozen=True)
class Comparison:
    """All systems that were evaluated on the same data.

    Args:
        test: the data.
        score: the name of the main figure.
        rows: teachers first, then students, each from the worst variant to the best.
    """

    test: str
    score: str
    rows: Sequence[Row]


def compare(results: Iterable[Result]) -> list[Comparison]:
    """Puts runs side by side that were evaluated on the same data.

    Raises:
        RunError: two that belong together were evaluated on different sentences.
    """
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        key = (result.test, result.metrics["test"]["score_name"])
        groups.setdefault(key, []).append(result)
    return [Comparison(*key, rows=_rows(_systems(group))) for key, group in groups.items()]


def spread(scores: Sequence[float]) -> str:
    """Mean ± standard deviation over seeds, where there are several."""
    return f"{mean(scores):.2f}" + (f" ± {stdev(scores):.2f}" if len(scores) > 1 else "")


def _rows(systems: Sequence[System]) -> list[Row]:
    rows, teachers = [], []
    for system in systems:
        teacher, twin = _teacher(system, systems), _twin(system, systems)
        teachers += [] if teacher is None else [teacher]
        if twin is None:
            rows.append(Row(system))
            continue
        closed = None
        if teacher is not None and mean(teacher.scores()) != mean(twin.scores()):
            gained, gap = (mean(s.scores()) - mean(twin.scores()) for s in (system, teacher))
            closed = 100 * gained / gap
        rows.append(Row(system, closed, system.p_value(twin)))
    return sorted(
        rows,
        key=lambda row: (
            not any(row.system is teacher for teacher in teachers),
            row.system.student,
            mean(row.system.scores()),
        ),
    )


def _teacher(system: System, systems: Iterable[System]) -> System | None:
    """The system at the place of a system's teacher, by the longest common end of their paths.

    So runs may have been moved together.
    """
    wanted = system.runs[0].teacher
    if wanted is None:
        return None
    common = [(_common_end(wanted, r.place), s) for s in systems for r in s.runs if s is not system]
    length, found = max(common, key=lambda pair: pair[0], default=(0, None))
    return found if length else None


def _twin(system: System, systems: Iterable[System]) -> System | None:
    """The same student without a teacher; of several, the one whose settings are the nearest."""
    ours = system.runs[0]
    if ours.teacher is None:
        return None
    twins = [s for s in systems if s.runs[0].student == ours.student and not s.runs[0].teacher]

    def distance(other: System) -> int:
        theirs = other.runs[0].settings
        return sum(theirs.get(key) != value for key, value in ours.settings.items())

    return min(twins, key=distance, default=None)


def _systems(results: Sequence[Result]) -> list[System]:
    by_system: dict[str, list[Result]] = {}
    for result in results:
        by_system.setdefault(result.system, []).append(result)
    folders = [PurePosixPath(*result.place) for result in results]
    root = PurePosixPath(os.path.commonpath([folder.parent for folder in folders]))
    names = {key: _name(runs, root) for key, runs in by_system.items()}
    systems = []
    for key, runs in by_system.items():
        name = names[key]
        if list(names.values()).count(name) > 1:  # other settings, beside each other
            name = str(PurePosixPath(*runs[0].place).relative_to(root))
        student, _, variant = name.replace("_", " ").partition("/")
        ordered = sorted(runs, key=lambda run: run.seed)
        systems.append(System(student, variant or runs[0].objective, ordered))
    return systems


def _name(runs: Sequence[Result], root: PurePosixPath) -> str:
    """What is common to the paths of some runs, without their seeds."""
    paths = [PurePosixPath(*run.place).relative_to(root) for run in runs]
    if all(
        p.name == str(run.seed) and len(p.parts) > 1 for p, run in zip(paths, runs, strict=True)
    ):
        paths = [path.parent for path in paths]
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*map(str, paths), strict=False))
    return "".join(first for first, *_ in same).rstrip("/_-. ") or str(paths[0])


def _common_end(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """How many parts at the end of two paths are the same."""
    length = 0
    for a, b in zip(reversed(ours), reversed(theirs), strict=False):
        if a != b:
            break
        length += 1
    return length


def _mean(values: Iterable[float | None]) -> float | None:
    """None if one of them is: a mean over some seeds would stand beside one over all."""
    found = list(values)
    known = [value for value in found if value is not None]
    return mean(known) if len(known) == len(found) else None

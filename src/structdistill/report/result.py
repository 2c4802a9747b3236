"""What one run has to say in a comparison."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from structdistill.errors import RunError
from structdistill.run import Run, settings_of
from structdistill.tasks.base import Counts
from structdistill.trials import is_trial

# Where a student and its undistilled twin may differ.
_DISTILLATION = {"teacher", "objective", "data.unlabelled", "data.unlabelled_limit"}
# What makes no other system: another seed, further data to evaluate on.
_REPETITION = {"training.seed", "data.ood"}


@dataclass(frozen=True)
class Result:
    """One run's figures, and how it stands to other runs.

    Args:
        place: where it is, a folder a part.
        system: the same for all runs that differ in nothing but their seed.
        student: the same for a student and its undistilled twin.
        seed: that it was trained with.
        test: the data that it was evaluated on.
        metrics: as in a run's `metrics.json`.
        counts: what each sentence of the test data contributed to the score; empty if unknown.
        teacher: the place of its teacher, of several the first; None if it had none.
        objective: what it minimised.
        size: of its weights on disk, in bytes; None if unknown.
        settings: of its recipe, but for those of distillation: the twin is the nearest.
    """

    place: tuple[str, ...]
    system: str
    student: str
    seed: int
    test: str
    metrics: Mapping[str, Any]
    counts: Sequence[Counts] = ()
    teacher: tuple[str, ...] | None = None
    objective: str = ""
    size: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> "Result":
        """Of a finished run.

        Raises:
            RunError: it is none, is not finished, or had no test data.
        """
        run = Run.open(folder)
        recipe, metrics = run.recipe(), run.metrics()
        if "test" not in metrics:
            raise RunError(
                f"the run in {folder} has no figures of test data: finish it (--resume), or add "
                "them: structdistill evaluate RUN --keep --set data.test=FILE"
            )
        told = {
            k: v for k, v in settings_of(recipe.model_dump(mode="json")) if k not in _REPETITION
        }
        teachers = [Path(name).resolve().parts for name in recipe.teachers()]
        return cls(
            place=folder.resolve().parts,
            system=json.dumps(told),
            student=json.dumps([recipe.task, recipe.model.model_dump(mode="json")]),
            seed=recipe.training.seed,
            test=recipe.data.test or "test",
            metrics=metrics,
            counts=run.counts().get("test", ()),
            teacher=teachers[0] if teachers else None,
            objective=recipe.objective,
            size=run.size_bytes(),
            settings={key: value for key, value in told.items() if key not in _DISTILLATION},
        )


def find_runs(folders: Iterable[Path]) -> tuple[list[Result], list[str]]:
    """All finished runs in some folders, at any depth, without the trials of searches.

    Args:
        folders: of runs, or with such folders in them.

    Returns:
        their results; why others have none, and what some of them lack.

    Raises:
        RunError: a folder is missing, or no run is finished.
    """
    found, notes = [], []
    for folder in folders:
        if not folder.is_dir():
            raise RunError(f"there is no folder {folder}; check the path")
        for recipe in sorted(folder.rglob("recipe.toml")):
            if is_trial(recipe.parent):  # the best is the run of the search; test data see no other
                continue
            try:
                found.append(Result.read(recipe.parent))
            except RunError as error:
                notes.append(f"left out: {error}")
    once = list({result.place: result for result in found}.values())
    if not once:
        raise RunError(
            "\n".join(notes)
            or "there is no run in these folders: name those that train and distill wrote"
        )
    lacking = [result for result in once if not result.counts]
    if lacking:
        others = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        notes.append(
            f"{Path(*lacking[0].place)}{others}: made by an earlier version, which did not count "
            "what p and ECE are made of; add them: structdistill evaluate RUN --keep"
        )
    return once, notes

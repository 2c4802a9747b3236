"""A run folder: the recipe, the weights, what was measured; all that a model leaves behind."""

import json
import os
import platform
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from structdistill import __version__
from structdistill.errors import RunError, StructdistillError
from structdistill.files import recover_folder, replaced_folder, write_text, writing
from structdistill.models.model import Model
from structdistill.recipe import Recipe
from structdistill.tasks.base import Counts

_PACKAGES = ("torch", "transformers", "accelerate", "numpy")


class Run:
    """A folder that holds one training run.

        recipe.toml       resolved: every setting that was in force
        environment.json  versions of what it ran on
        model/            the best weights by dev score, with labels and tokenizer
        checkpoint/       the complete state of training
        cache/            what the model, as a teacher, thinks of its students' sentences
        metrics.json      what was measured at the end
        counts.json       what each sentence contributed to the scores, for tests of significance
        tensorboard/      curves
        search.json       of a search: what it tried
        trials/           of a search: the run of each trial
        overwritten/      the run that was here, until nothing can refuse the new one any more

    Args:
        folder: as made by `create`.
    """

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)

    @classmethod
    def create(
        cls, folder: Path | str, recipe: Recipe, *, resume: bool = False, overwrite: bool = False
    ) -> Self:
        """A folder for a new run, or one to go on with.

        Args:
            folder: where.
            recipe: kept in it.
            resume: the folder may exist and hold the same recipe; its checkpoint is used.
            overwrite: the folder may exist; what an earlier run left in it is forgotten.

        Raises:
            RunError: the folder exists and neither is wanted, holds another recipe or something
                else, or cannot be written.
        """
        with cls.begun(folder, recipe, resume=resume, overwrite=overwrite) as run:
            return run

    @classmethod
    @contextmanager
    def begun(
        cls, folder: Path | str, recipe: Recipe, *, resume: bool, overwrite: bool
    ) -> Iterator[Self]:
        """As `create`, around all that may still refuse the run.

        If the block raises one of our errors, the folder is as it was: what was to be overwritten
        is there again. Only a cache that a new run has begun to write stays, with its recipe.
        """
        cls.check_free(folder, recipe, resume=resume, overwrite=overwrite)
        run = cls(folder)
        new = not (resume and run._recipe_file.exists())
        try:
            if new:
                run._begin(recipe)
            yield run
        except StructdistillError:
            if run._overwritten.exists():
                run._put_back()
            elif new and not (run.folder / "cache").exists():  # dear; --resume goes on with it
                run._remove_all()
            raise
        _remove(run._overwritten)

    @classmethod
    def check_free(
        cls, folder: Path | str, recipe: Recipe, *, resume: bool, overwrite: bool
    ) -> None:
        """Refuses what `create` would refuse, before any work is done; changes nothing.

        Raises:
            RunError: the folder exists and may be neither resumed nor overwritten, or it cannot be
                written.
        """
        if resume and overwrite:
            raise RunError("either go on with the run (--resume) or replace it (--overwrite)")
        run = cls(folder)
        place = next(p for p in (run.folder, *run.folder.absolute().parents) if p.exists())
        if not place.is_dir():
            raise RunError(f"{run.folder} cannot be written: {place} is no folder; choose another")
        if not os.access(place, os.W_OK | os.X_OK):
            raise RunError(f"{run.folder} cannot be written: no permission in {place}")
        if place != run.folder or not any(place.iterdir()):
            return
        if not run._recipe_file.exists():
            raise RunError(f"{run.folder} holds something else than a run; choose another folder")
        if not (resume or overwrite):
            raise RunError(
                f"{run.folder} exists already. Choose another folder, go on with the run in it "
                "(--resume), or replace it (--overwrite)"
            )
        if resume:
            run._check_same(recipe)

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """A finished run, or one that has saved a model at least.

        Raises:
            RunError: the folder is missing or is none of ours.
        """
        run = cls(folder)
        recover_folder(run.model_folder)
        if not run.folder.is_dir():
            raise RunError(f"there is no run folder {run.folder}; check the path")
        if not run._recipe_file.exists():
            raise RunError(
                f"{run.folder} is no run folder: it has no recipe.toml. Name a folder that "
                "`structdistill train` or `structdistill distill` wrote"
            )
        if not run.model_folder.is_dir():
            raise RunError(
                f"the run in {run.folder} has saved no model yet: finish it with --resume"
            )
        return run

    @property
    def model_folder(self) -> Path:
        """Where the best weights are."""
        return self.folder / "model"

    def size_bytes(self) -> int:
        """How large the best weights are on disk."""
        return (self.model_folder / "model.safetensors").stat().st_size

    def recipe(self, *, settings: Sequence[str] = ()) -> Recipe:
        """What it was run with, or that with some settings changed (see `Recipe.read`)."""
        return Recipe.read(self._recipe_file, settings=settings)

    def model(self) -> Model:
        """The best model.

        Raises:
            RunError: the model's files are incomplete or damaged.
        """
        return Model.from_pretrained(self.model_folder)

    def metrics(self) -> dict[str, Any]:
        """What was measured at the end; empty if there was nothing to measure."""
        path = self.folder / "metrics.json"
        found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        return found

    def counts(self) -> dict[str, list[Counts]]:
        """What each sentence of test and further data contributed to the score, by their names.

        Empty if nobody counted.
        """
        path = self.folder / "counts.json"
        return read_counts(path) if path.exists() else {}

    def write(self, name: str, content: Mapping[str, Any]) -> None:
        """Keeps some JSON beside the model."""
        with writing(self.folder / name):
            write_text(self.folder / name, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def write_counts(self, counts: Mapping[str, Sequence[Counts]]) -> None:
        """Keeps the counts beside the metrics, a line for each kind of data."""
        path = self.folder / "counts.json"
        lines = []
        for name, rows in counts.items():
            columns = {each: [getattr(row, each) for row in rows] for each in Counts._fields}
            lines.append(f"{json.dumps(name)}:{json.dumps(columns, separators=(',', ':'))}")
        with writing(path):
            write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")

    def take_over(self, other: "Run", recipe: Recipe) -> None:
        """Becomes another run, whose figures are still to be measured: resumed, this one does so.

        Args:
            other: a run that has been trained.
            recipe: that it was trained with.

        Raises:
            RunError: this folder cannot be written.
        """
        with writing(self.folder):
            for name in ("metrics.json", "counts.json"):
                (self.folder / name).unlink(missing_ok=True)
            for name in ("model", "checkpoint", "tensorboard"):
                with replaced_folder(self.folder / name) as new:
                    shutil.copytree(other.folder / name, new, dirs_exist_ok=True)
            write_text(self._recipe_file, recipe.toml())

    @property
    def _recipe_file(self) -> Path:
        return self.folder / "recipe.toml"

    def _check_same(self, recipe: Recipe) -> None:
        before, now = (dict(settings_of(r.model_dump())) for r in (self.recipe(), recipe))
        changed = [
            f"{key} was {before.get(key)!r}, is {now.get(key)!r}"
            for key in sorted(before.keys() | now.keys())
            if before.get(key) != now.get(key)
        ]
        if changed:
            raise RunError(
                f"the run in {self.folder} was started with another recipe: {'; '.join(changed)}. "
                "Go on with the same one, or start anew (--overwrite)"
            )

    def _begin(self, recipe: Recipe) -> None:
        try:
            self._set_aside()
            self.folder.mkdir(parents=True, exist_ok=True)
            write_text(self._recipe_file, recipe.toml())
            ours = {"structdistill": __version__, "python": platform.python_version()}
            self.write("environment.json", ours | {name: version(name) for name in _PACKAGES})
        except OSError as error:
            raise RunError(f"{self.folder} cannot be written: {error.strerror}") from error

    @property
    def _overwritten(self) -> Path:
        return self.folder / "overwritten"

    def _written(self) -> list[Path]:
        """What a run writes beside its recipe, as far as it is there, and nothing else."""
        folders = ("model", "checkpoint", "tensorboard", "cache")
        names = [f"{name}{state}" for name in folders for state in ("", ".new", ".old")]
        names += ["environment.json", "metrics.json", "counts.json", "cache.lock"]
        if (self.folder / "search.json").exists():  # else trials are somebody else's
            names += ["trials", "search.json"]
        return [place for name in names if (place := self.folder / name).exists()]

    def _set_aside(self) -> None:
        """Makes room for another run. A recipe stays, by which the folder is known as ours."""
        _remove(self._overwritten)
        if self._recipe_file.exists():
            self._overwritten.mkdir()
            shutil.copy(self._recipe_file, self._overwritten)
            for place in self._written():
                os.replace(place, self._overwritten / place.name)

    def _put_back(self) -> None:
        """Undoes `_set_aside`."""
        for place in self._written():
            _remove(place)
        for place in self._overwritten.iterdir():
            os.replace(place, self.folder / place.name)
        self._overwritten.rmdir()

    def _remove_all(self) -> None:
        """Removes a run that has nothing to lose, and its folder unless that holds more."""
        for place in (*self._written(), self._recipe_file):
            _remove(place)
        if self.folder.exists() and not any(self.folder.iterdir()):
            self.folder.rmdir()


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def read_counts(path: Path) -> dict[str, list[Counts]]:
    """The counts of each kind of data, from a file that `Run.write_counts` wrote."""
    columns = json.loads(path.read_text("utf-8"))
    return {
        name: [Counts(*row) for row in zip(*(of[field] for field in Counts._fields), strict=True)]
        for name, of in columns.items()
    }


def settings_of(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """All settings of nested tables, by dotted keys."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from settings_of(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value

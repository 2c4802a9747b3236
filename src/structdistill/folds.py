"""A folder of teachers that were each trained without one fold of the data."""

import json
from pathlib import Path

from structdistill.errors import RecipeError, RunError
from structdistill.files import write_text

_NAME = "folds.json"


def is_cross_fitted(folder: Path) -> bool:
    """Whether `train --folds` wrote a folder."""
    return (folder / _NAME).is_file()


def begin_folds(folder: Path, count: int, *, resume: bool, overwrite: bool) -> list[Path]:
    """Makes the folder of so many teachers, or goes on with one; returns their run folders.

    Raises:
        RecipeError: there are fewer than two folds.
        RunError: the folder exists and neither is wanted, has another number of folds, or holds
            something else; or it cannot be written.
    """
    if count < 2:
        raise RecipeError(f"expected two folds or more; got {count}")
    if folder.is_dir() and any(folder.iterdir()):
        if not is_cross_fitted(folder):
            raise RunError(f"{folder} holds something else than folds; choose another folder")
        if not (resume or overwrite):
            raise RunError(
                f"{folder} exists already. Choose another folder, go on with the folds in it "
                "(--resume), or replace them (--overwrite)"
            )
        before = len(fold_folders(folder))
        if before != count:
            raise RunError(f"{folder} holds {before} folds, not {count}; choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / _NAME, json.dumps({"folds": count}) + "\n")
    except OSError as error:
        raise RunError(f"{folder} cannot be written: {error.strerror}") from error
    return fold_folders(folder)


def fold_folders(folder: Path) -> list[Path]:
    """The run folders of the teachers, by the fold that each has not seen.

    Raises:
        RunError: the folder is none of these, or damaged.
    """
    path = folder / _NAME
    try:
        count = json.loads(path.read_text(encoding="utf-8"))["folds"]
        return [folder / str(number) for number in range(1, count + 1)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} cannot be read ({error}): train the folds again") from error

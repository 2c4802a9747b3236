"""What can go wrong, as one tree. The command line prints these without a traceback, exit code 2.

StructdistillError
├── DataError      a corpus, label or prediction file; carries the path and the line
├── RecipeError    an experiment's settings; all mistakes of a recipe at once
├── RunError       a run folder: exists already, is incomplete, is something else
└── TrainingError  a run that cannot go on: the loss is no number
"""

from pathlib import Path


class StructdistillError(Exception):
    """An error of the user's world; its message says what was expected, what came, and a remedy."""


class DataError(StructdistillError):
    """A file of data that cannot be used as it is.

    Args:
        message: what was expected, what was found and what to do.
        path: the file.
        line: the line, counted from 1, where there is one.
    """

    def __init__(self, message: str, *, path: Path | str | None = None, line: int | None = None):
        self.path, self.line = path, line
        place = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(place + message)


class RecipeError(StructdistillError, ValueError):
    """Settings that do not describe an experiment; a ValueError, so that pydantic collects it."""


class RunError(StructdistillError):
    """A run folder that cannot be written or read."""


class TrainingError(StructdistillError):
    """A training run that cannot go on."""

"""The trials of a search, as its folder lists them."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from structdistill.errors import RunError
from structdistill.files import write_text, writing

_NAME = "search.json"


class Trial(BaseModel):
    """A student that is trained to see what an objective is worth.

    Args:
        number: counted from 1.
        objective: that it minimises.
        status: an interrupted trial is `running`, too.
        score: on the development data, if it is finished.
        seconds: of training.
        reason: why it failed.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    objective: str
    status: Literal["running", "finished", "failed"] = "running"
    score: float | None = None
    seconds: float | None = None
    reason: str | None = None


class Trials(BaseModel):
    """What a search has tried.

    Args:
        objective: the recipe's own, which is tried first.
        unsuited: objectives that cannot compare this student and its teacher, and why.
        trials: in the order of their beginning.
    """

    objective: str
    unsuited: dict[str, str] = {}
    trials: list[Trial] = []

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Those that are listed in the folder of a search.

        Raises:
            RunError: the list is missing or damaged.
        """
        path = folder / _NAME
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            raise RunError(f"{path} is missing or damaged; start anew (--overwrite)") from error

    def write(self, folder: Path) -> None:
        """Lists them in the folder of the search.

        Raises:
            RunError: it cannot be written.
        """
        with writing(folder / _NAME):
            write_text(folder / _NAME, self.model_dump_json(indent=2) + "\n")

    def of(self, objective: str) -> Trial:
        """The trial of an objective: the earlier one, or else a new one."""
        new = Trial(number=len(self.trials) + 1, objective=objective)
        return next((trial for trial in self.trials if trial.objective == objective), new)

    def put(self, trial: Trial) -> None:
        """Adds a trial, or what has become of it."""
        self.trials[trial.number - 1 : trial.number] = [trial]

    def best_first(self) -> list[Trial]:
        """All of them by their scores, the earlier first of equals; without a score at the end."""
        return sorted(
            self.trials, key=lambda trial: (trial.score is None, -(trial.score or 0), trial.number)
        )


def is_search(folder: Path) -> bool:
    """Whether a folder is that of a search."""
    return (folder / _NAME).is_file()


def trial_folder(folder: Path, trial: Trial) -> Path:
    """The run of a trial in the folder of a search."""
    return folder / "trials" / str(trial.number)


def is_trial(folder: Path) -> bool:
    """Whether a run is the trial of a search."""
    return folder.parent.name == "trials" and is_search(folder.parent.parent)

"""What a recipe says of data."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from structdistill.data.augmentation import Augmentation
from structdistill.data.filtering import Filter
from structdistill.data.formats.base import Format
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RecipeError
from structdistill.members import Table, member
from structdistill.names import resolve
from structdistill.tasks.base import Task
from structdistill.tasks.tagging import Tagging


def _readable(table: Table) -> Table:
    _make_format(table)
    return table


def _make_format(table: Table) -> Format:
    settings = dict(table)
    family: Callable[..., object] = resolve("data.formats", settings.pop("name"))
    made = family(**settings)
    if not isinstance(made, Format):
        raise RecipeError(f"{table['name']} is no format: it must be a subclass of Format")
    return made


class Data(BaseModel):
    """What to learn from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    train: str | None = Field(None, description="annotated sentences to train on")
    dev: str | None = Field(None, description="annotated sentences that choose the best epoch")
    test: str | None = Field(None, description="annotated sentences to evaluate on at the end")
    ood: str | None = Field(
        None, description="annotated sentences out of the domain, evaluated at the end, too"
    )
    unlabelled: tuple[str, ...] = Field(
        (), description="text to distil on, one tokenised sentence a line"
    )
    unlabelled_limit: int | None = Field(
        None, ge=1, description="at most so many unlabelled sentences, evenly spread; default all"
    )
    unlabelled_filter: Filter = Filter()
    unlabelled_ratio: float | None = Field(
        None,
        gt=0,
        description="unlabelled words in an epoch for each annotated one, others each time; "
        "default all",
    )
    augmentation: Augmentation = Augmentation()
    labelled: int | None = Field(
        None, ge=1, description="how many training sentences keep their annotation; by default all"
    )
    without_fold: tuple[int, int] | None = Field(
        None, description="leave fold k of K out of the training sentences: [k, K]"
    )
    format: Annotated[Table, member("data.formats", "columns"), AfterValidator(_readable)] = Field(
        default_factory=lambda: {"name": "columns"},
        description="of the annotated files: name and settings of a module of data.formats",
    )

    @field_validator("without_fold")
    @classmethod
    def _check_fold(cls, fold: tuple[int, int] | None) -> tuple[int, int] | None:
        if fold is not None and not 1 <= fold[0] <= fold[1] > 1:
            raise RecipeError(f"must be [k, K] with 1 <= k <= K and K >= 2; got {list(fold)}")
        return fold

    def read(self, path: Path | str, *, task: type[Task] = Tagging) -> list[Sentence]:
        """The sentences of an annotated file.

        Args:
            path: the file.
            task: the kind of annotation that it must have.

        Raises:
            DataError: the file cannot be used, or has no such annotation.
        """
        sentences = _make_format(self.format).read(path)
        if not any(map(task.is_annotated, sentences)):
            raise DataError(f"{task.unannotated}; expected annotated sentences", path=path)
        return sentences

    @property
    def scheme(self) -> str:
        """How files other than the annotated ones write tags: `plain` if these do, else `auto`."""
        return "plain" if self.format.get("scheme") == "plain" else "auto"

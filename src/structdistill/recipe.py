"""All that is needed to reproduce a run, read from TOML."""

import inspect
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from structdistill.data.label_mapping import LabelMapping
from structdistill.data_settings import Data
from structdistill.errors import RecipeError
from structdistill.members import Table, check_settings, member, wanted
from structdistill.models.heads import Head, head_of
from structdistill.names import resolve, suggestion
from structdistill.objectives import Objective, parse
from structdistill.tasks.base import Task
from structdistill.training import Settings


def _parsable(expression: str) -> str:
    parse(expression)
    return expression


def _task(name: str) -> type[Task]:
    found = resolve("tasks", name)
    if not issubclass(found, Task):
        raise RecipeError(f"{name} is no task: it must be a subclass of Task")
    return found


def _known_task(name: str) -> str:
    _task(name)
    return name


class Architecture(BaseModel):
    """What is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoder: Annotated[Table, member("models.encoders", "convolutional")] = Field(
        default_factory=lambda: {"name": "convolutional"},
        description="name and settings of a module of models.encoders",
    )
    structure: str = Field(
        "",
        validate_default=True,
        description="which parts depend on each other, by default the first of the task's",
    )
    head: Table = Field({}, description="settings of the task's head, such as its widths")
    initialise: Literal["pretrained", "teacher"] = Field(
        "pretrained", description="where the first weights come from"
    )
    vocabulary: Literal["all", "corpus"] = Field(
        "all", description="which sub-words of an embedding have vectors of their own"
    )

    @field_validator("structure")
    @classmethod
    def _check_structure(cls, name: str, info: Any) -> str:
        known = list(_head(info).structures)
        if name and name not in known:
            raise RecipeError(f"must be {' or '.join(map(repr, known))}; got {name!r}")
        return name or known[0]

    @field_validator("head")
    @classmethod
    def _check_head(cls, settings: Table, info: Any) -> Table:
        head = _head(info)
        parameters = dict(inspect.signature(head).parameters)
        for given in ("width", "structure", *head.sizes(())):  # elsewhere
            del parameters[given]
        check_settings(settings, parameters)
        return settings

    @classmethod
    def suiting(cls, table: object, info: Any) -> Self:
        """What a table says, validated for the task of its recipe."""
        if isinstance(table, Architecture):
            table = table.model_dump(exclude_unset=True)
        return cls.model_validate(table, context={"task": info.data.get("task", "tagging")})


def _head(info: Any) -> type[Head]:
    return head_of((info.context or {}).get("task", "tagging"))


class Recipe(BaseModel):
    """An experiment: data, model, objective, training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Annotated[str, AfterValidator(_known_task)] = Field(
        "tagging", description="what to annotate"
    )
    data: Data = Data()
    model: Annotated[Architecture, BeforeValidator(Architecture.suiting)] = Field(
        default_factory=Architecture, validate_default=True
    )
    teacher: str | tuple[str, ...] | None = Field(
        None, description="a run folder, a token classifier of the hub, or a file of annotations"
    )
    teacher_weights: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (), description="of several teachers, whose distributions are averaged; by default alike"
    )
    labels: LabelMapping = LabelMapping()
    objective: Annotated[str, AfterValidator(_parsable)] = Field(
        "nll", description="such as 0.9 * structural + 0.1 * nll"
    )
    training: Settings = Settings()

    @classmethod
    def read(cls, path: Path | str, *, settings: Sequence[str] = ()) -> Self:
        """A recipe from a TOML file.

        Args:
            path: the file, or the name of a recipe that comes with the library.
            settings: changes, such as `training.epochs=3`; values are written as in TOML, strings
                may stand without quotes.

        Raises:
            RecipeError: the file is missing or no TOML; or all that is wrong with its content.
        """
        path = find(Path(path))
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RecipeError(f"{path}: cannot be read as TOML: {error}") from error
        except OSError as error:
            raise RecipeError(f"{path}: cannot be read: {error.strerror}") from error
        return cls.make(table, settings=settings, origin=str(path))

    @classmethod
    def make(cls, table: Table, *, settings: Sequence[str] = (), origin: str = "recipe") -> Self:
        """A recipe from nested dictionaries, as in TOML; see `read`."""
        for setting in settings:
            table = _changed(table, setting)
        try:
            return cls.model_validate(table)
        except ValidationError as error:
            found = [_explain(cls, dict(mistake)) for mistake in error.errors()]
            raise RecipeError("\n".join([f"{origin}: the recipe has mistakes", *found])) from error

    def toml(self) -> str:
        """The recipe with all defaults filled in."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))

    def task_class(self) -> type[Task]:
        """The kind of annotation."""
        return _task(self.task)

    def teachers(self) -> tuple[str, ...]:
        """The names of all teachers."""
        if self.teacher is None:
            return ()
        return (self.teacher,) if isinstance(self.teacher, str) else self.teacher

    def parsed_objective(self) -> Objective:
        """What to minimise."""
        return parse(self.objective)


def shipped() -> dict[str, Path]:
    """The recipes that come with the library, by name."""
    here = Path(__file__).parent
    # Beside the package where it is installed, in the project's root where it is developed.
    folders = [
        folder for folder in (here / "recipes", here.parents[1] / "recipes") if folder.is_dir()
    ]
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.toml"))}


def find(path: Path) -> Path:
    """The file of a recipe: the path itself, or else the recipe of that name that we ship.

    Raises:
        RecipeError: there is neither.
    """
    if path.is_file() or path.suffix:
        return path
    if str(path) not in shipped():
        raise RecipeError(f"there is no recipe {str(path)!r}. {suggestion(str(path), shipped())}")
    return shipped()[str(path)]


def _changed(table: Table, setting: str) -> Table:
    """A copy of the table with `a.b=value` carried out."""
    key, equals, text = (part.strip() for part in setting.partition("="))
    if not equals or not all(key.split(".")):
        raise RecipeError(f"cannot read the setting {setting!r}: expected KEY=VALUE, as in a.b=3")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    first, dot, rest = key.partition(".")
    if not dot:
        return {**table, first: value}
    inner = table.get(first, {})
    if not isinstance(inner, dict):
        raise RecipeError(f"cannot set {key!r}: {first} is no table but {inner!r}")
    return {**table, first: _changed(inner, f"{rest}={text}")}


def _explain(recipe: type[BaseModel], mistake: Mapping[str, Any]) -> str:
    """One mistake, a line each: where, what, and what was perhaps meant."""
    *tables, key = mistake["loc"]
    where = ".".join(map(str, mistake["loc"]))
    if mistake["type"] == "value_error":  # one of ours, which says what it got
        lines = str(mistake["ctx"]["error"]).splitlines()
        return "\n".join(f"  {where}: {line}" for line in lines)
    if mistake["type"] == "extra_forbidden":
        family: Any = recipe
        for table in tables:
            family = family.model_fields[table].annotation
        return f"  {where}: unknown key. {suggestion(str(key), family.model_fields)}"
    return f"  {where}: must be {wanted(mistake)}; got {mistake['input']!r}"

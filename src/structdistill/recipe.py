"""All that is needed to reproduce a run, read from TOML."""

import inspect
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from structdistill.data.formats.base import Format
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RecipeError
from structdistill.names import resolve, suggestion
from structdistill.objectives import Objective, parse
from structdistill.tasks.base import Task
from structdistill.training import Settings

Table = dict[str, Any]

_TOML = {
    "dict_type": "a table, as in { name = ... }",
    "model_type": "a table",
    "tuple_type": 'a list, as in ["a", "b"]',
}


def _member(package: str, default: str) -> AfterValidator:
    """Checks a table that names a member of a family, and the settings it gives it."""

    def check(table: Table) -> Table:
        table = {"name": default, **table}
        settings = dict(table)
        parameters = inspect.signature(resolve(package, str(settings.pop("name")))).parameters
        mistakes = [
            f"{setting}: {mistake}"
            for setting, value in settings.items()
            if (mistake := _mistake(setting, value, parameters))
        ]
        if mistakes:
            raise RecipeError("\n".join(mistakes))
        return table

    return AfterValidator(check)


def _mistake(
    setting: str, value: object, parameters: Mapping[str, inspect.Parameter]
) -> str | None:
    """What is wrong with a setting of a class, if anything."""
    if setting not in parameters:
        return f"unknown key. {suggestion(setting, parameters)}"
    hint = parameters[setting].annotation
    if isinstance(hint, str) or hint is inspect.Parameter.empty:
        return None
    try:
        adapter = TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))
        adapter.validate_python(value, strict=True)
    except ValidationError as error:
        wanted = dict.fromkeys(_wanted(dict(mistake)) for mistake in error.errors())
        return f"must be {' or '.join(wanted)}; got {value!r}"
    return None


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


def _parsable(expression: str) -> str:
    parse(expression)
    return expression


def _known_task(name: str) -> str:
    if not issubclass(resolve("tasks", name), Task):
        raise RecipeError(f"{name} is no task: it must be a subclass of Task")
    return name


class Data(BaseModel):
    """What to learn from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    train: str | None = Field(None, description="annotated sentences to train on")
    dev: str | None = Field(None, description="annotated sentences that choose the best epoch")
    test: str | None = Field(None, description="annotated sentences to evaluate on at the end")
    unlabelled: tuple[str, ...] = Field(
        (), description="text to distil on, one tokenised sentence a line"
    )
    unlabelled_limit: int | None = Field(
        None, ge=1, description="at most so many unlabelled sentences, evenly spread; default all"
    )
    labelled: int | None = Field(
        None, ge=1, description="how many training sentences keep their annotation; by default all"
    )
    format: Annotated[Table, _member("data.formats", "columns"), AfterValidator(_readable)] = Field(
        default_factory=lambda: {"name": "columns"},
        description="of the annotated files: name and settings of a module of data.formats",
    )

    def read(self, path: Path | str) -> list[Sentence]:
        """The sentences of an annotated file.

        Raises:
            DataError: the file cannot be used, or has no annotation.
        """
        sentences = _make_format(self.format).read(path)
        if not any(tag for sentence in sentences for tag in sentence.tags or ()):
            raise DataError("no word has a tag; expected annotated sentences", path=path)
        return sentences


class Architecture(BaseModel):
    """What is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoder: Annotated[Table, _member("models.encoders", "convolutional")] = Field(
        default_factory=lambda: {"name": "convolutional"},
        description="name and settings of a module of models.encoders",
    )
    structure: Literal["linear_chain", "independent"] = Field(
        "linear_chain", description="which tags depend on each other"
    )
    initialise: Literal["pretrained", "teacher"] = Field(
        "pretrained", description="where the first weights come from"
    )


class Recipe(BaseModel):
    """An experiment: data, model, objective, training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Annotated[str, AfterValidator(_known_task)] = Field(
        "tagging", description="what to annotate"
    )
    data: Data = Data()
    model: Architecture = Architecture()
    teacher: str | None = Field(
        None, description="a run folder, or a token-classification model of the Hugging Face hub"
    )
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
    return f"  {where}: must be {_wanted(mistake)}; got {mistake['input']!r}"


def _wanted(mistake: Mapping[str, Any]) -> str:
    """What pydantic expected, in the words of TOML."""
    if mistake["type"] in _TOML:
        return _TOML[mistake["type"]]
    return str(mistake["msg"]).removeprefix("Input should be ")

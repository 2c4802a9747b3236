"""The main job from start to end on a generated corpus: what distillation gains, in a table."""

import json
from collections.abc import Iterable
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from structdistill import experiment
from structdistill.data.corpus import write_corpus
from structdistill.display import TrainingDisplay
from structdistill.files import write_text
from structdistill.recipe import Recipe
from structdistill.run import Run

_SEEDS = (1, 2)
_COLUMNS = ("model", "score", "seeds", "agrees", "weights", "size", "words/s")


class _Material(NamedTuple):
    """What the demo of a task is made of: how its recipes' names begin, which files it reads."""

    recipes: str
    suffix: str


_MATERIAL = {
    "tagging": _Material("demo", "conll"),
    "dependency": _Material("demo_dependency", "conllu"),
    "constituency": _Material("demo_constituency", "ptb"),
}


def run_demo(folder: Path, task: str = "tagging") -> None:
    """Trains a teacher and students with and without it, and compares them.

    A few hundred sentences of the generated corpus keep their annotation; what the teacher says of
    the others is all that the distilled student knows more than the undistilled one.

    Args:
        folder: gets the corpus, a run for each model, and the table as `results.md` and
            `results.json`. Runs that are finished or interrupted there are gone on with.
        task: what is distilled: `tagging`, `dependency` or `constituency`.
    """
    console = Console()
    corpus = folder / "corpus"
    if not corpus.exists():
        console.print(f"Generating a corpus in {corpus}")
        write_corpus(corpus, sentences=10_000, seed=1)
    teacher = _train(console, folder, task, "teacher", seed=1)
    rows = [_row("teacher", [teacher])]
    for kind in ("alone", "distilled"):
        runs = [_train(console, folder, task, kind, seed=seed, teacher=teacher) for seed in _SEEDS]
        rows.append(_row(f"student {kind}", runs))
    # Without rules between columns it fits a terminal of 80.
    measured = teacher.metrics()["test"]["score_name"]
    title = f"{measured} on the same test sentences"
    table = Table(*_COLUMNS[:1], title=title, title_justify="left", box=SIMPLE)
    for name in _COLUMNS[1:]:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*row.values())
    console.print(table)
    write_text(folder / "results.md", _markdown(rows))
    write_text(folder / "results.json", json.dumps(rows, indent=2) + "\n")
    console.print(f"The same table: {folder / 'results.md'}, {folder / 'results.json'}")


def _train(
    console: Console, folder: Path, task: str, kind: str, *, seed: int, teacher: Run | None = None
) -> Run:
    corpus, material = folder / "corpus", _MATERIAL[task]
    files = [
        f'data.{split}="{corpus / split}.{material.suffix}"' for split in ("train", "dev", "test")
    ]
    settings = [*files, f"training.seed={seed}"]
    out = folder / (kind if teacher is None else f"{kind}_{seed}")
    if teacher is not None and kind == "distilled":
        settings.append(f'teacher="{teacher.folder}"')
    recipe = Recipe.read(f"{material.recipes}_{kind}", settings=settings)
    console.print(f"\n[bold]{out.name}[/bold]  {recipe.objective}")
    work = experiment.train if recipe.teacher is None else experiment.distill
    with TrainingDisplay() as display:
        return work(recipe, out, resume=out.exists(), watch=display.update)


def _row(name: str, runs: Iterable[Run]) -> dict[str, str]:
    found = list(runs)
    tests: list[dict[str, Any]] = [run.metrics()["test"] for run in found]
    scores = [test["score"] for test in tests]
    agreements = [test["agreement"] for test in tests if test["agreement"] is not None]
    size = found[0].size_bytes()
    cells = (
        name,
        f"{mean(scores):.2f}",
        " ".join(f"{score:.1f}" for score in scores),
        f"{mean(agreements):.1f} %" if agreements else "",
        f"{tests[0]['parameters'] / 1e6:.1f} M",
        f"{size / 1e6:.0f} MB",
        f"{mean(test['words_per_second'] for test in tests):,.0f}",
    )
    return dict(zip(_COLUMNS, cells, strict=True))


def _markdown(rows: list[dict[str, str]]) -> str:
    lines = [list(_COLUMNS), ["---"] + ["---:"] * (len(_COLUMNS) - 1)]
    lines += [list(row.values()) for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

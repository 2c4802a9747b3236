"""The command line: parse, call, print."""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

from structdistill.errors import RecipeError, StructdistillError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data = typer.Typer(no_args_is_help=True, help="Make or download corpora.")
recipes = typer.Typer(no_args_is_help=True, help="Look at the recipes that come with the library.")
app.add_typer(data, name="data")
app.add_typer(recipes, name="recipes")

RecipeArgument = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A TOML file, or the name of a shipped recipe.")
]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="RUN", help="The folder to write.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting: training.epochs=3"),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the run in the folder.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Check the recipe and print it with all its defaults.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.callback()
def _structdistill() -> None:
    """Distil accurate structured predictors into small, fast ones.

    The way: **train** a teacher (or bring one), **distill** a student from it, **evaluate** what it
    lost and what it gained, **predict**.

        structdistill data make corpus --sentences 5000

        structdistill train   RECIPE --out runs/teacher

        structdistill distill RECIPE --teacher runs/teacher --out runs/student

        structdistill evaluate runs/student corpus/test.conll --teacher runs/teacher
    """


@app.command()
def train(
    recipe: RecipeArgument,
    out: Out,
    settings: Settings = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Train a model on annotated text: a teacher, or a student without one."""
    from structdistill import experiment
    from structdistill.display import TrainingDisplay, print_metrics
    from structdistill.recipe import Recipe

    read = Recipe.read(recipe, settings=settings or ())
    if dry_run:
        typer.echo(read.toml(), nl=False)
        return
    with TrainingDisplay() as display:
        run = experiment.train(read, out, resume=resume, overwrite=overwrite, watch=display.update)
    print_metrics(run.metrics(), as_json=as_json)


@app.command()
def distill(
    recipe: RecipeArgument,
    out: Out,
    teacher: Annotated[
        str | None,
        typer.Option(
            metavar="RUN|MODEL",
            help="A run folder, or a Hugging Face token-classification model (name or folder).",
        ),
    ] = None,
    settings: Settings = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    cache: Annotated[
        bool, typer.Option(help="Keep what the teacher thinks for later epochs and students.")
    ] = True,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Train a student to do what its teacher does, with any objective, also on unlabelled text."""
    from structdistill import experiment
    from structdistill.display import TrainingDisplay, print_metrics
    from structdistill.recipe import Recipe

    given = [] if teacher is None else [f"teacher={json.dumps(teacher)}"]
    read = Recipe.read(recipe, settings=[*(settings or ()), *given])
    if dry_run:
        typer.echo(read.toml(), nl=False)
        return
    with TrainingDisplay() as display:
        run = experiment.distill(
            read, out, resume=resume, overwrite=overwrite, cache=cache, watch=display.update
        )
    print_metrics(run.metrics(), as_json=as_json)


@app.command()
def evaluate(
    run: RunArgument,
    file: Annotated[
        str | None, typer.Argument(help="Annotated sentences; by default the recipe's test data.")
    ] = None,
    teacher: Annotated[
        str | None, typer.Option(metavar="RUN|MODEL", help="Report the agreement with it.")
    ] = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Score a model: precision, recall and F1 of each label, accuracy, agreement, speed.

    The file is read in the format of the run's recipe; change it with --set data.format.tag=3.
    """
    from structdistill import experiment
    from structdistill.display import print_metrics

    figures = experiment.evaluate_run(run, file, teacher=teacher, settings=settings or ())
    print_metrics({"test": figures}, as_json=as_json)


@app.command()
def predict(
    run: RunArgument,
    files: Annotated[
        list[Path] | None, typer.Argument(help="Text to annotate; by default standard input.")
    ] = None,
    input_format: Annotated[
        Literal["text", "columns", "jsonl"],
        typer.Option("--input", help="text: one tokenised sentence a line; columns: the first."),
    ] = "text",
    output_format: Annotated[
        Literal["conll", "jsonl"],
        typer.Option("--output", help="conll: word, tag, confidence."),
    ] = "conll",
) -> None:
    """Annotate text, with the model's confidence in every tag and segment.

    A confidence is the true marginal probability under the model.
    """
    from structdistill.prediction import predict_files

    predict_files(run, files or [Path("-")], input_format, output_format, sys.stdout)


@data.command("make")
def data_make(
    folder: Annotated[Path, typer.Argument(help="The folder to write.")],
    sentences: Annotated[int, typer.Option(help="Annotated sentences.", min=10)] = 5000,
    unlabelled: Annotated[int, typer.Option(help="Further sentences, text only.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Another seed, another corpus.")] = 1,
) -> None:
    """Generate a corpus: the same sentences with entities, chunks and trees, in three splits."""
    from structdistill.data.corpus import write_corpus

    write_corpus(folder, sentences=sentences, unlabelled=unlabelled, seed=seed)
    typer.echo(f"{sentences} annotated and {unlabelled} unlabelled sentences in {folder}")


@data.command("get")
def data_get(
    name: Annotated[str, typer.Argument(help="conll2000, wnut17, or ud:TREEBANK.")],
    folder: Annotated[Path, typer.Argument(help="The folder to write.")],
) -> None:
    """Download a public corpus and check that it is the right one."""
    from structdistill.data.download import get

    get(name, folder)
    typer.echo(f"{name} is in {folder}")


@recipes.command("list")
def recipes_list(as_json: AsJson = False) -> None:
    """Name the recipes, each with its purpose."""
    from structdistill.recipe import shipped

    about = {
        name: path.read_text("utf-8").partition("\n")[0][2:] for name, path in shipped().items()
    }
    if as_json:
        typer.echo(json.dumps(about, indent=2))
    else:
        width = max(map(len, about))
        for name, purpose in about.items():
            typer.echo(f"{name:{width}}  {purpose}")


@recipes.command("show")
def recipes_show(name: Annotated[str, typer.Argument(help="A recipe of the list.")]) -> None:
    """Print a recipe."""
    typer.echo(_shipped(name), nl=False)


@recipes.command("copy")
def recipes_copy(
    name: Annotated[str, typer.Argument(help="A recipe of the list.")],
    file: Annotated[Path, typer.Argument(help="The file to write.")],
) -> None:
    """Copy a recipe, to change it."""
    text = _shipped(name)
    if file.exists():
        raise RecipeError(f"{file} exists already; choose another name")
    file.write_text(text, encoding="utf-8")
    typer.echo(f"{file}: a copy of {name}")


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="The folder to write.")] = Path("demo"),
) -> None:
    """Distil a tagger on a generated corpus, from start to end; a few minutes."""
    from structdistill.demo import run_demo

    run_demo(folder)


def _shipped(name: str) -> str:
    from structdistill.recipe import find

    return find(Path(name)).read_text(encoding="utf-8")


def main() -> NoReturn:
    """The program `structdistill`."""
    try:
        sys.exit(app())
    except StructdistillError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("interrupted; a training run goes on with --resume", err=True)
        sys.exit(130)

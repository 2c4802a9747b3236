"""`structdistill`: its commands."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from structdistill import __version__
from structdistill.cli import data, recipes
from structdistill.cli.options import (
    AsJson,
    DryRun,
    FolderArgument,
    Out,
    Overwrite,
    RecipeArgument,
    Resume,
    RunArgument,
    Settings,
    given,
)
from structdistill.errors import StructdistillError


class _Program(TyperGroup):
    """Answers a mistake of the user, or Ctrl-C, with a line instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except StructdistillError as error:
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(2) from error
        except KeyboardInterrupt as error:
            typer.echo("Interrupted. A training run goes on with --resume.", err=True)
            raise typer.Exit(130) from error


# Without rich's boxes the help reads as a manual in 80 columns, and comes twice as fast.
app = typer.Typer(
    cls=_Program,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 if all went well; 2 if the command line, a recipe or a file has a "
    "mistake: a message says which, and everything is left as it was; 130 after Ctrl-C.",
)
app.add_typer(data.app, name="data")
app.add_typer(recipes.app, name="recipes")


def _print_version(wanted: bool) -> bool:
    if wanted:
        typer.echo(f"structdistill {__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def structdistill(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Distil accurate structured predictors into small, fast ones.

    Train a teacher, or bring one; distil a student from it; see what it lost
    and what it gained; annotate text. On a generated corpus:

    \b
      structdistill data make demo/corpus --sentences 10000
      structdistill train demo_teacher -o demo/teacher
      structdistill distill demo_distilled -t demo/teacher -o demo/student
      structdistill evaluate demo/student -t demo/teacher
      echo "Jordan flew to Paris ." | structdistill predict demo/student

    With data of your own, start from one of the recipes:

    \b
      structdistill recipes copy demo_teacher teacher.toml
    """


@app.command()
def train(
    recipe: RecipeArgument,
    out: Out = None,
    settings: Settings = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Train a model on annotated text.

    It may become a teacher, or be a student without one. The folder gets the
    model that was best on the development data, the complete recipe, a
    checkpoint, the figures on the test data and, for TensorBoard, curves.

    \b
      structdistill train my.toml --out runs/teacher --set training.epochs=3
    """
    from structdistill import experiment
    from structdistill.display import TrainingDisplay, print_metrics
    from structdistill.recipe import Recipe

    read = Recipe.read(recipe, settings=settings or ())
    if dry_run:
        typer.echo(read.toml(), nl=False)
        return
    folder = given(out)
    with TrainingDisplay() as display:
        run = experiment.train(
            read, folder, resume=resume, overwrite=overwrite, watch=display.update
        )
    print_metrics(run.metrics(), as_json=as_json)


@app.command()
def distill(
    recipe: RecipeArgument,
    teacher: Annotated[
        str | None,
        typer.Option(
            "--teacher",
            "-t",
            metavar="RUN|MODEL",
            help="A run folder, or a token classifier of the Hugging Face hub, by name or folder; "
            "by default the recipe's teacher.",
        ),
    ] = None,
    out: Out = None,
    settings: Settings = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    cache: Annotated[
        bool,
        typer.Option(
            help="Write down what the teacher says, for later epochs and students, or ask it anew."
        ),
    ] = True,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Train a student to do what its teacher does.

    The recipe's objective says how the two are compared, its data.unlabelled
    names further text to compare them on. They may have different encoders,
    tokenizers and structures, but must have the same labels. The folder gets
    what `structdistill train` writes.

    \b
      structdistill distill my.toml --teacher runs/teacher --out runs/student
    """
    from structdistill import experiment
    from structdistill.display import TrainingDisplay, print_metrics
    from structdistill.recipe import Recipe

    read = Recipe.read(recipe, settings=settings or ())
    read = read.model_copy(update={"teacher": teacher or read.teacher})
    if dry_run:
        typer.echo(read.toml(), nl=False)
        return
    folder = given(out)
    with TrainingDisplay() as display:
        run = experiment.distill(
            read, folder, resume=resume, overwrite=overwrite, cache=cache, watch=display.update
        )
    print_metrics(run.metrics(), as_json=as_json)


@app.command()
def evaluate(
    run: RunArgument,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="Annotated text; by default the recipe's test data."),
    ] = None,
    teacher: Annotated[
        str | None,
        typer.Option(
            "--teacher", "-t", metavar="RUN|MODEL", help="Report the agreement with it, too."
        ),
    ] = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Score a model on annotated text.

    Reports precision, recall and F1 of each label as conlleval counts them, or
    UAS and LAS of trees as the CoNLL 2018 shared task does, accuracy, speed and
    size. The file is read in the format of the run's
    recipe; for another one:

    \b
      structdistill evaluate runs/student my.txt --set data.format.tag=3
    """
    from structdistill import experiment
    from structdistill.display import print_metrics

    figures = experiment.evaluate_run(run, file, teacher=teacher, settings=settings or ())
    print_metrics({"test": figures}, as_json=as_json)


@app.command()
def predict(
    run: RunArgument,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Text to annotate; by default standard input, `-`."),
    ] = None,
    input_format: Annotated[
        Literal["text", "columns", "conllu", "brackets", "jsonl"],
        typer.Option(
            "--input",
            help="text: a sentence a line, spaces between words and punctuation; columns: a word "
            "a line, in the first column; conllu: CoNLL-U, whose other lines and columns are kept; "
            "brackets: the words of trees; jsonl: an object a line, words under `tokens`.",
        ),
    ] = "text",
    output_format: Annotated[
        Literal["conll", "conllu", "brackets", "jsonl"] | None,
        typer.Option(
            "--output",
            help="conll, the default of a tagger: a line a word, with its tag and confidence; "
            "conllu, the default of a dependency parser: CoNLL-U, confidences in MISC; brackets, "
            "the default of a constituency parser: a tree a line; jsonl: an object a sentence, "
            "with segments or constituents and their confidences, too.",
        ),
    ] = None,
) -> None:
    """Annotate text, with confidences.

    A confidence is the probability, under the model, that this word has this
    tag, or this head and relation, or that exactly these words are a segment or
    constituent of this label.

    \b
      structdistill predict runs/student --output jsonl < in.txt > out.jsonl
      structdistill predict runs/parser --input conllu in.conllu > out.conllu
    """
    from structdistill.prediction import predict_files

    stream = typer.get_text_stream("stdout", encoding="utf-8")
    predict_files(run, files or [Path("-")], input_format, output_format, stream)
    stream.flush()


@app.command()
def demo(folder: FolderArgument = Path("demo")) -> None:
    """Distil a tagger on a generated corpus and compare, in minutes.

    The folder gets the corpus, a teacher, students with and without it, and a
    table of what each is worth. An interrupted demo goes on where it was.
    """
    from structdistill.demo import run_demo

    run_demo(folder)


@app.command()
def env(as_json: AsJson = False) -> None:
    """Show what runs here: versions, devices, threads, kernels.

    For each family of structures it says whether a compiled kernel or plain
    PyTorch computes it, by device and precision. Add it to a bug report.
    """
    from structdistill.display import print_environment
    from structdistill.environment import describe

    print_environment(describe(), as_json=as_json)


def main() -> None:
    """The program `structdistill`."""
    app(prog_name="structdistill")

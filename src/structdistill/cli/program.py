"""`structdistill`: its commands."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from structdistill import __version__
from structdistill.cli import data, recipes, report, training, using
from structdistill.cli.options import AsJson, FolderArgument
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
for command in (
    training.train,
    training.distill,
    training.cache,
    using.evaluate,
    using.predict,
    report.report,
):
    app.command()(command)
app.add_typer(data.app, name="data")
app.add_typer(recipes.app, name="recipes")


WAITING = {"GOMP_SPINCOUNT": "3000"}
"""How long PyTorch's threads wait for one another before they sleep: a fraction of a millisecond.
By themselves they wait for longer than a scheduler's turn, and training stalls wherever something
else has the processor of one of them (docs/speed.md)."""


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
def demo(
    folder: FolderArgument = Path("demo"),
    task: Annotated[
        Literal["tagging", "dependency", "constituency"],
        typer.Option(help="What is distilled: a tagger, or a parser of one kind or the other."),
    ] = "tagging",
) -> None:
    """Distil a tagger or a parser on a generated corpus and compare, in minutes.

    The folder gets the corpus, a teacher, students with and without it, and a
    table of what each is worth. An interrupted demo goes on where it was.
    """
    from structdistill.demo import run_demo

    run_demo(folder, task)


@app.command()
def env(as_json: AsJson = False) -> None:
    """Show what runs here: versions, devices, threads, kernels.

    For each family of structures it says whether a compiled kernel or plain
    PyTorch computes it, by device and precision; for cuda also where there is
    no such device. Add it to a bug report.
    """
    from structdistill.display import print_environment
    from structdistill.environment import describe

    print_environment(describe(), as_json=as_json)


def main() -> None:
    """The program `structdistill`."""
    if not {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"} & os.environ.keys():
        os.environ |= WAITING  # before PyTorch, which reads it once, is imported
    app(prog_name="structdistill")

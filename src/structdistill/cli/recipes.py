"""`structdistill recipes`: what comes with the library."""

import json
import shutil
import textwrap
from pathlib import Path
from typing import Annotated

import typer

from structdistill.cli.options import AsJson
from structdistill.errors import RecipeError
from structdistill.names import suggestion

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List, show or copy the recipes that come with the library.",
)

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="As `structdistill recipes list` has it.")
]


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """Name the recipes, each with its purpose."""
    from structdistill.recipe import shipped

    purposes = {name: _purpose(path.read_text("utf-8")) for name, path in shipped().items()}
    if as_json:
        typer.echo(json.dumps(purposes, indent=2, ensure_ascii=False))
        return
    width, indent = shutil.get_terminal_size().columns, 2 + max(map(len, purposes))
    for name, purpose in purposes.items():
        row = name.ljust(indent) + purpose
        typer.echo(textwrap.fill(row, width, subsequent_indent=" " * indent))


@app.command()
def show(name: Name) -> None:
    """Print a recipe."""
    typer.echo(_text(name), nl=False)


@app.command()
def copy(
    name: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
) -> None:
    """Copy a recipe, to make it your own."""
    text = _text(name)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise RecipeError(f"{file} cannot be written: {error.strerror}; choose another") from error
    typer.echo(f"{file}: a copy of {name}")


def _text(name: str) -> str:
    from structdistill.recipe import shipped

    if name not in shipped():
        raise RecipeError(f"there is no recipe {name!r}. {suggestion(name, shipped())}")
    return shipped()[name].read_text(encoding="utf-8")


def _purpose(recipe: str) -> str:
    """The first sentence of a recipe's comment."""
    paragraph = recipe.partition("\n#\n")[0].replace("\n#", "").removeprefix("# ")
    return paragraph.partition(". ")[0].removesuffix(".")

"""Arguments and options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

RecipeArgument = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A TOML file, or the name of a shipped recipe.")
]
RunArgument = Annotated[
    Path, typer.Argument(metavar="RUN", help="The folder that train or distill wrote.")
]
FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder to write.")]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", metavar="RUN", help="The folder to write.")
]
TeacherOption = Annotated[
    str | None,
    typer.Option(
        "--teacher",
        "-t",
        metavar="RUN|MODEL|FILE",
        help="A run folder, a token classifier of the Hugging Face hub, by name or folder, or a "
        "file of annotations, *.jsonl; by default the recipe's teacher.",
    ),
]
TeachersOption = Annotated[
    list[str] | None,
    typer.Option(
        "--teacher",
        "-t",
        metavar="RUN|MODEL|FILE",
        help="A run folder, a folder of train --folds, a token classifier of the Hugging Face hub, "
        "by name or folder, or a file of annotations, *.jsonl; by default the recipe's teacher. "
        "Repeated, the average of these.",
    ),
]
UnlabelledOption = Annotated[
    list[str] | None,
    typer.Option(
        "--unlabelled",
        "-u",
        metavar="FILE",
        help="Text for the teacher to annotate, one tokenised sentence a line; in place of the "
        "recipe's data.unlabelled. May be repeated.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a setting of the recipe, as in data.format.tag=3. May be repeated.",
    ),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the interrupted run in the folder.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the run in the folder.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Check the recipe, print it with all defaults, and stop.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def given(out: Path | None) -> Path:
    """The folder to write, which only a dry run may leave out.

    Raises:
        BadParameter: it is left out.
    """
    if out is None:
        raise typer.BadParameter("name the folder to write, or add --dry-run", param_hint="--out")
    return out

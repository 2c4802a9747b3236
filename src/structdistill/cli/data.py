"""`structdistill data`: corpora."""

from typing import Annotated

import typer

from structdistill.cli.options import FolderArgument

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make or download a corpus.")


@app.command()
def make(
    folder: FolderArgument,
    sentences: Annotated[int, typer.Option(help="Annotated sentences.", min=10)] = 5000,
    unlabelled: Annotated[int, typer.Option(help="Further sentences, text only.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Another seed, another corpus.")] = 1,
) -> None:
    """Generate a corpus with entities, chunks and trees.

    Each of train, dev and test comes as .conll (columns of words, parts of
    speech, chunks and entities), .conllu (dependency trees) and .ptb
    (constituency trees); unlabelled.txt has the further sentences.
    """
    from structdistill.data.corpus import write_corpus

    write_corpus(folder, sentences=sentences, unlabelled=unlabelled, seed=seed)
    typer.echo(f"{sentences} annotated and {unlabelled} unlabelled sentences in {folder}")


@app.command()
def get(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="conll2000, wnut17 or a treebank, as in ud:UD_English-EWT@r2.14."
        ),
    ],
    folder: FolderArgument,
) -> None:
    """Download a public corpus and verify its checksums."""
    from structdistill.data import download

    download.get(name, folder)
    typer.echo(f"{name} is in {folder}")

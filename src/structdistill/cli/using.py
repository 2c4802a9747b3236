"""Commands that use a trained model: `evaluate`, `predict`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from structdistill.cli.options import (
    AsJson,
    RunArgument,
    Settings,
)


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
    keep: Annotated[
        bool,
        typer.Option(
            "--keep", help="Write the figures of the recipe's test and ood data into the run."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Score a model on annotated text.

    Reports precision, recall and F1 of each label as conlleval counts them, or
    UAS and LAS of trees as the CoNLL 2018 shared task does, accuracy, how far
    confidences are from the truth, speed and size. The file is read in the
    format of the run's recipe; for another one:

    \b
      structdistill evaluate runs/student my.txt --set data.format.tag=3

    A run of an earlier version lacks some figures, and one whose recipe had no
    data.ood those of data out of the domain. To add them:

    \b
      structdistill evaluate runs/student --keep --set data.ood=other.conll
    """
    from structdistill import experiment
    from structdistill.display import print_metrics

    if keep:
        if file is not None or teacher is not None:
            raise typer.BadParameter("leave FILE and --teacher out: the recipe has both")
        print_metrics(experiment.remeasure(run, settings=settings or ()), as_json=as_json)
        return
    figures = experiment.evaluate_run(run, file, teacher=teacher, settings=settings or ())
    print_metrics({"test": figures}, as_json=as_json)


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
            help="conll, the default of taggers and segmenters: a line a word, with its tag and "
            "confidence; conllu, the default of a dependency parser: CoNLL-U, confidences in "
            "MISC; brackets, the default of a constituency parser: a tree a line; jsonl: an "
            "object a sentence, with segments or constituents and their confidences, too.",
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

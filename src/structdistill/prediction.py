"""Annotating new text, with confidences."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from structdistill.data.formats.base import Format, Stream
from structdistill.data.formats.brackets import Brackets
from structdistill.data.formats.columns import Columns
from structdistill.data.formats.conllu import Conllu, write_sentence
from structdistill.data.formats.jsonl import Jsonl
from structdistill.data.formats.text import Text
from structdistill.data.origin import error_at
from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError
from structdistill.evaluation import structures, task_of
from structdistill.models.model import Model
from structdistill.run import Run
from structdistill.tasks.base import Prediction, Task

_SENTENCES_AT_ONCE = 2000
"""Enough to sort by length; few enough for results to come while a large file is read."""


def predict(model: Model, sentences: Iterable[Sentence]) -> Iterator[Prediction]:
    """Annotates sentences in their order, however many there are."""
    task = task_of(model)
    source = iter(sentences)
    while chunk := list(islice(source, _SENTENCES_AT_ONCE)):
        yield from _predict_chunk(model, task, chunk)


def predict_files(
    run: Path,
    files: Sequence[Path],
    input_format: Literal["text", "columns", "conllu", "brackets", "jsonl"],
    output_format: Literal["conll", "conllu", "brackets", "jsonl"] | None,
    stream: Stream,
) -> None:
    """Annotates files (`-` is standard input) and writes the results to a stream.

    Args:
        run: the folder of a run.
        files: what to annotate.
        input_format: of the files; `conllu` is written back with all its lines and columns.
        output_format: by default the one that is customary for the run's kind of annotation.
        stream: an open text stream.

    Raises:
        DataError: a file cannot be read; then nothing has been written. Or a word cannot be
            written in this format.
        RunError: the run's model cannot be loaded.
        RecipeError: this kind of annotation cannot be written in the format.
    """
    model = Run.open(run).model()
    outputs = task_of(model).outputs
    output = output_format or outputs[0]
    if output not in outputs:
        raise RecipeError(
            f"the run in {run} was made for {model.task}, which is written as "
            f"{' or '.join(outputs)}, not as {output}; choose one of these (--output)"
        )
    readers: dict[str, Format] = {
        "text": Text(),
        "columns": Columns(tag=None),
        "conllu": Conllu(trees=False),
        "brackets": Brackets(trees=False),
        "jsonl": Jsonl(tags=None, heads=None, relations=None, tree=None),
    }
    sentences = [s for file in files for s in readers[input_format].read(file)]
    write = {
        "conll": _write_conll,
        "conllu": _write_conllu,
        "brackets": _write_brackets,
        "jsonl": _write_jsonl,
    }[output]
    for prediction in predict(model, sentences):
        write(prediction, stream)


def _predict_chunk(model: Model, task: Task, chunk: list[Sentence]) -> list[Prediction]:
    found: dict[int, Prediction] = {}
    for batch, structure in structures(model, chunk):
        predicted = task.predict([chunk[i] for i in batch], structure)
        found.update(zip(batch, predicted, strict=True))
    return [found[i] for i in range(len(chunk))]


def _write_conll(prediction: Prediction, stream: Stream) -> None:
    sentence, lines = prediction.sentence, []
    columns = zip(sentence.words, sentence.tags or (), prediction.confidences, strict=True)
    for index, (word, tag, confidence) in enumerate(columns):
        if re.search("[\t\r\n]", word):
            raise error_at(sentence, index, "white space cannot be written in columns; write jsonl")
        lines.append(f"{word}\t{tag}\t{confidence:.4f}\n")
    stream.write("".join(lines) + "\n")


def _write_conllu(prediction: Prediction, stream: Stream) -> None:
    write_sentence(prediction.sentence, stream, confidences=prediction.confidences)


def _write_brackets(prediction: Prediction, stream: Stream) -> None:
    Brackets().write([prediction.sentence], stream)


def _write_jsonl(prediction: Prediction, stream: Stream) -> None:
    sentence = prediction.sentence
    confidences = [round(confidence, 4) for confidence in prediction.confidences]
    spans = [{**asdict(span), "confidence": round(span.confidence, 4)} for span in prediction.spans]
    row: dict[str, Any] = {"tokens": sentence.words}
    if sentence.heads is not None:
        row |= {"heads": sentence.heads, "relations": sentence.relations}
        row |= {"confidences": confidences}
    elif sentence.tree is not None:
        row |= {"tree": sentence.tree, "confidences": confidences, "spans": spans}
    else:
        row |= {"tags": sentence.tags, "confidences": confidences, "spans": spans}
    stream.write(json.dumps(row, ensure_ascii=False) + "\n")

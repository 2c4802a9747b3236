"""Annotating new text, with confidences."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Literal

from structdistill.data.formats.base import Format, Stream
from structdistill.data.formats.columns import Columns
from structdistill.data.formats.jsonl import Jsonl
from structdistill.data.formats.text import Text
from structdistill.data.origin import error_at
from structdistill.data.sentence import Sentence
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
    input_format: Literal["text", "columns", "jsonl"],
    output_format: Literal["conll", "jsonl"],
    stream: Stream,
) -> None:
    """Annotates files (`-` is standard input) and writes the results to a stream.

    Raises:
        DataError: a file cannot be read; then nothing has been written. Or a word cannot be
            written in columns.
        RunError: the run's model cannot be loaded.
    """
    opened = Run.open(run)
    readers: dict[str, Format] = {
        "text": Text(),
        "columns": Columns(tag=None),
        "jsonl": Jsonl(tags=None),
    }
    sentences = [s for file in files for s in readers[input_format].read(file)]
    write = {"conll": _write_conll, "jsonl": _write_jsonl}[output_format]
    for prediction in predict(opened.model(), sentences):
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


def _write_jsonl(prediction: Prediction, stream: Stream) -> None:
    row = {
        "tokens": prediction.sentence.words,
        "tags": prediction.sentence.tags,
        "confidences": [round(confidence, 4) for confidence in prediction.confidences],
        "spans": [
            {**asdict(span), "confidence": round(span.confidence, 4)} for span in prediction.spans
        ],
    }
    stream.write(json.dumps(row, ensure_ascii=False) + "\n")

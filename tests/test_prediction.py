import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RunError
from structdistill.evaluation import annotate, task_of
from structdistill.models.model import Model
from structdistill.prediction import Prediction, predict, predict_files
from structdistill.recipe import Recipe
from structdistill.run import Run
from tests.tiny import tiny_corpus, tiny_model

TEXT = [s.unlabelled() for s in tiny_corpus(30)]


@pytest.fixture
def run(tmp_path) -> Path:
    """A run with an untrained model."""
    made = Run.create(tmp_path / "run", Recipe.make({}))
    tiny_model(4).save_pretrained(made.model_folder)
    return made.folder


def predicted(run: Path, files: list[Path], read: str, write: str) -> str:
    stream = io.StringIO()
    predict_files(run, files, read, write, stream)
    return stream.getvalue()


def test_predictions_are_in_order_and_those_of_the_model():
    model = tiny_model(4)
    found = list(predict(model, TEXT))
    assert [p.sentence for p in found] == annotate(model, task_of(model), TEXT)
    assert [p.sentence.words for p in found] == [s.words for s in TEXT]


def test_confidences_are_probabilities_of_words_and_segments():
    spans = 0
    for p in predict(tiny_model(4), TEXT):
        assert len(p.confidences) == len(p.sentence)
        tags = p.sentence.tags or ()
        assert sum(tag.startswith("B-") for tag in tags if tag) == len(p.spans)
        assert all(0 <= confidence <= 1 for confidence in p.confidences)
        for span in p.spans:
            assert tags[span.start] == f"B-{span.label}"
            assert 0 < span.confidence <= 1
            spans += 1
    assert spans > 10


def test_text_is_read_as_predictions_are_asked_for(monkeypatch):
    monkeypatch.setattr("structdistill.prediction._SENTENCES_AT_ONCE", 3)
    asked = 0

    def endless() -> Iterator[Sentence]:
        nonlocal asked
        while True:
            asked += 1
            yield TEXT[asked % len(TEXT)]

    found = predict(tiny_model(), endless())
    assert asked == 0
    assert [next(found).sentence.words for _ in range(4)] == [TEXT[i].words for i in (1, 2, 3, 4)]
    assert asked == 6


def test_plain_tags_have_confidences_but_no_spans():
    model = tiny_model(labels=("DT", "NN"), structure="independent")
    for p in predict(model, TEXT[:5]):
        assert set(p.sentence.tags or ()) <= {"DT", "NN"}
        assert p.spans == []
        assert all(0.5 <= confidence <= 1 for confidence in p.confidences)


def test_nothing_gives_nothing():
    assert list(predict(tiny_model(), [])) == []


def test_conll_is_word_tag_and_confidence(run, tmp_path):
    file = tmp_path / "text.txt"
    file.write_text("Ada saw Oslo .\n\nBob\n")
    sentences = [Sentence(("Ada", "saw", "Oslo", ".")), Sentence(("Bob",))]
    first, second = predict(Model.from_pretrained(run / "model"), sentences)
    expected = "".join(
        "".join(f"{w}\t{t}\t{c:.4f}\n" for w, t, c in lines) + "\n"
        for lines in (_rows(first), _rows(second))
    )
    assert predicted(run, [file], "text", "conll") == expected


def _rows(p: Prediction) -> list[tuple[str, str | None, float]]:
    return list(zip(p.sentence.words, p.sentence.tags or (), p.confidences, strict=True))


def test_jsonl_has_tokens_tags_confidences_and_spans(run, tmp_path):
    file = tmp_path / "text.jsonl"
    rows = [{"tokens": ["Zoë", "saw", "New", "York"]}, {"tokens": ["a b"], "tags": ["O"]}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines = predicted(run, [file], "jsonl", "jsonl").splitlines()
    assert '"Zoë"' in lines[0]
    sentences = [Sentence(tuple(row["tokens"])) for row in rows]
    for line, p in zip(lines, predict(tiny_model(4), sentences), strict=True):
        assert json.loads(line) == {
            "tokens": list(p.sentence.words),
            "tags": list(p.sentence.tags or ()),
            "confidences": [round(confidence, 4) for confidence in p.confidences],
            "spans": [
                {
                    "start": span.start,
                    "end": span.end,
                    "label": span.label,
                    "confidence": round(span.confidence, 4),
                }
                for span in p.spans
            ],
        }


def test_of_columns_only_the_words_are_read(run, tmp_path):
    text, columns = tmp_path / "text.txt", tmp_path / "columns.txt"
    text.write_text("Ada saw\nOslo\n")
    columns.write_text("Ada NNP what\nsaw VB ever\n\nOslo NNP stands\n")
    assert predicted(run, [columns], "columns", "conll") == predicted(run, [text], "text", "conll")


def test_files_follow_one_another_and_dash_is_standard_input(run, tmp_path, monkeypatch):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("Ada\n")
    two.write_text("Oslo\n")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("größer\n".encode())))
    found = predicted(run, [two, Path("-"), one], "text", "conll")
    assert [line.split("\t")[0] for line in found.split()[::3]] == ["Oslo", "größer", "Ada"]


def test_if_a_file_is_wrong_nothing_is_written(run, tmp_path):
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text("Ada\n")
    bad.write_bytes(b"Ada\nOsl\xf8\n")
    stream = io.StringIO()
    with pytest.raises(DataError, match=f"^{bad}:2: expected UTF-8"):
        predict_files(run, [good, bad], "text", "conll", stream)
    assert stream.getvalue() == ""
    with pytest.raises(RunError, match="there is no run folder"):
        predict_files(tmp_path / "none", [good], "text", "conll", stream)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("word", ["a\tb", "a\nb"])
def test_words_that_break_columns_are_refused(run, tmp_path, word):
    file = tmp_path / "text.jsonl"
    file.write_text(json.dumps({"tokens": ["Ada", word]}) + "\n")
    with pytest.raises(DataError, match=rf"^{file}:1: word 2 .* cannot be written .*; write jsonl"):
        predicted(run, [file], "jsonl", "conll")
    assert json.loads(predicted(run, [file], "jsonl", "jsonl"))["tokens"] == ["Ada", word]

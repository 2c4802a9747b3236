"""The demo in miniature: `make demo` and `make demo-parsers` run it in earnest."""

import json

import pytest

from structdistill import demo
from structdistill.data.corpus import write_corpus
from structdistill.recipe import Recipe

SMALL = {
    "training.epochs": "1",
    "data.labelled": "20",
    "model.encoder": '{name="convolutional",width=16,layers=1,embedding={name="hashed",rows=500}}',
}


@pytest.mark.parametrize("task", ["tagging", "dependency", "constituency"])
def test_a_demo_compares_a_teacher_and_its_students(task, tmp_path, monkeypatch, capsys):
    read = Recipe.read
    monkeypatch.setattr(
        Recipe,
        "read",
        lambda name, settings: read(
            name, settings=[*settings, *(f"{key}={value}" for key, value in SMALL.items())]
        ),
    )
    monkeypatch.setattr(
        demo, "write_corpus", lambda folder, **_: write_corpus(folder, sentences=400, seed=1)
    )
    demo.run_demo(tmp_path, task)
    rows = json.loads((tmp_path / "results.json").read_text())
    assert [row["model"] for row in rows] == ["teacher", "student alone", "student distilled"]
    assert [bool(row["agrees"]) for row in rows] == [False, False, True]
    measured = "LAS" if task == "dependency" else "F1"
    assert f"{measured} on the same test sentences" in capsys.readouterr().out
    scores = [row["score"] for row in rows]
    demo.run_demo(tmp_path, task)
    again = json.loads((tmp_path / "results.json").read_text())
    assert [row["score"] for row in again] == scores  # nothing is trained anew

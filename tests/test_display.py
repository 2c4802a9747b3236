import json

import pytest

from structdistill.display import TrainingDisplay, print_metrics
from structdistill.evaluation import Evaluation
from structdistill.progress import Epoch, Step
from structdistill.tasks.base import Score
from structdistill.teaching import Caching

FIGURES = {
    "score": 81.25,
    "score_name": "F1",
    "values": {"precision": 80.0, "recall": 82.5, "F1": 81.25, "accuracy": 97.125},
    "per_label": {
        "LOC": {"precision": 70.0, "recall": 71.0, "F1": 70.5, "support": 1200},
        "PER": {"precision": 90.0, "recall": 91.0, "F1": 90.5, "support": 34},
    },
    "agreement": 98.5,
    "words_per_second": 12345.6,
    "parameters": 1234567,
}
PLAIN = {
    **FIGURES,
    "score": 97.125,
    "score_name": "accuracy",
    "values": {"accuracy": 97.125},
    "per_label": {},
    "agreement": None,
}


def epoch(number: int, score: float, *, best: bool) -> Epoch:
    dev = Evaluation(Score("F1", score, {"F1": score}, {}), words=10, seconds=0.5)
    return Epoch(number, dev, best, seconds=12.4)


def step(number: int, terms: dict[str, float]) -> Step:
    return Step(number, 0.5, 1.25, terms, 1.0, 1e-3, words=800, seconds=0.1)


def test_epochs_are_told_on_standard_error(capsys):
    with TrainingDisplay() as display:
        display.update(Caching(5, 10, 1.0))
        display.update(step(1, {"nll": 1.25}))
        display.update(epoch(1, 50.126, best=True))
        display.update(step(2, {"nll": 1.0, "token": 0.5}))
        display.update(epoch(2, 49.5, best=False))
    out, err = capsys.readouterr()
    assert out == ""
    told = [line for line in err.splitlines() if line.startswith("epoch")]
    assert told == ["epoch 1: dev F1 50.13, 12 s  best so far", "epoch 2: dev F1 49.50, 12 s"]


def test_the_bar_shows_loss_terms_and_speed(capsys):
    with TrainingDisplay() as display:
        display.update(step(1, {"nll": 1.0, "token": 0.5}))
    shown = " ".join(capsys.readouterr().err.split())
    assert "loss 1.250 (nll 1.000, token 0.500) 8,000 words/s" in shown


def test_one_term_is_not_said_twice(capsys):
    with TrainingDisplay() as display:
        display.update(step(1, {"nll": 1.25}))
    assert "loss 1.250  8,000 words/s" in capsys.readouterr().err


def test_an_error_ends_the_display():
    def fail() -> None:
        with TrainingDisplay():
            raise ValueError("no number")

    with pytest.raises(ValueError, match="no number"):
        fail()


def test_metrics_are_a_table_of_labels_and_a_line(capsys):
    print_metrics({"dev": PLAIN, "test": FIGURES}, as_json=False)
    lines = [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()]
    assert ["test", "data"] in lines
    assert ["LOC", "70.00", "71.00", "70.50", "1,200"] in lines
    assert ["PER", "90.00", "91.00", "90.50", "34"] in lines
    assert ["all", "80.00", "82.50", "81.25", "1,234"] in lines
    assert " ".join(lines[-1]) == (
        "accuracy 97.12, agreement with the teacher 98.50 %, 1,234,567 parameters, 12,346 words/s"
    )


def test_plain_tags_have_no_table(capsys):
    print_metrics({"dev": PLAIN}, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "dev accuracy 97.12",
        "accuracy 97.12, 1,234,567 parameters, 12,346 words/s",
    ]


def test_trees_have_a_table_without_a_line_for_all(capsys):
    trees = {**FIGURES, "score": 88.0, "score_name": "LAS", "values": {"LAS": 88.0, "UAS": 91.5}}
    print_metrics({"left_out": 1234, "test": trees}, as_json=False)
    *_, figures, left_out = lines = capsys.readouterr().out.splitlines()
    assert figures.startswith("LAS 88.00, UAS 91.50, agreement with the teacher 98.50 %, 1,234,567")
    assert left_out.startswith("1,234 training sentences have an annotation that the model's")
    assert not any("all" in line.split() for line in lines)


def test_json_is_what_was_measured(capsys):
    print_metrics({"test": FIGURES}, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"test": FIGURES}

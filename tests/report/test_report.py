"""Runs side by side: who is whose teacher, twin and seed, and what stands in the table."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from structdistill.cli import app
from structdistill.errors import RunError
from structdistill.recipe import Recipe
from structdistill.report.comparison import compare
from structdistill.report.plots import HEIGHT, WIDTH, plots
from structdistill.report.result import Result, find_runs
from structdistill.report.table import markdown, table
from structdistill.report.writing import write_report
from structdistill.run import Run
from structdistill.significance import p_value
from structdistill.tasks.base import Counts
from tests.tiny import encoder

LARGE = {"encoder": {"name": "bilstm", "width": 8}}
SMALL = {"encoder": encoder()}
SENTENCES = 40


def figures(score: float, *, agreement: float | None = None, speed: float = 1000.0) -> Any:
    calibration = {"error": 100 - score, "bins": [[4, 30.0, 25.0], [6, 90.0, 80.0]]}
    return {
        "score": score,
        "score_name": "F1",
        "agreement": agreement,
        "calibration": calibration,
        "words_per_second": speed,
        "parameters": 1234,
    }


def made_up(
    folder: Path,
    score: float,
    *,
    seed: int = 1,
    counted: bool = True,
    speed: float = 1000.0,
    **recipe: Any,
) -> Run:
    """A run that never was: it has its figures, and a file in place of weights."""
    table = {"model": SMALL, "training": {"seed": seed}, "data": {"test": "test.txt"}, **recipe}
    run = Run.create(folder, Recipe.make(table))
    run.model_folder.mkdir()
    (run.model_folder / "model.safetensors").write_bytes(b"0" * 2_000_000)
    agreement = 90.0 + seed if "teacher" in recipe else None
    epochs = [{"dev": 1.0, "seconds": 20.0 + seed}, {"dev": 2.0, "seconds": 30.0}]
    test = figures(score, agreement=agreement, speed=speed + seed)
    run.write("metrics.json", {"epochs": epochs, "test": test, "ood": figures(score - 20)})
    if counted:
        right = round(SENTENCES * score / 100)
        run.write_counts({"test": [Counts(int(i < right), 1, 1) for i in range(SENTENCES)]})
    return run


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Runs as the benchmarks lay them out."""
    root = tmp_path / "runs" / "grid"
    teacher = {"teacher": "elsewhere/grid/teacher"}  # they have been moved together
    made_up(root / "teacher", 90, model=LARGE, speed=50)
    for seed, alone, distilled in ((1, 70.0, 80.0), (2, 72.0, 81.0)):
        made_up(root / "small" / "none" / str(seed), alone, seed=seed)
        to = root / "small" / "struct_ural" / str(seed)
        made_up(to, distilled, seed=seed, objective="structural", **teacher)
    return root


def cells(root: Path) -> dict[tuple[str, str], dict[str, str]]:
    (comparison,) = compare(find_runs([root])[0])
    shown = table(comparison)
    return {row[:2]: dict(zip(shown.columns, row, strict=True)) for row in shown.rows}


def test_a_table_by_hand(tree):
    rows = cells(tree)
    assert list(rows) == [("teacher", "nll"), ("small", "none"), ("small", "struct ural")]
    assert rows["small", "none"]["test F1"] == "71.00 ± 1.41"
    distilled = rows["small", "struct ural"]
    assert distilled["p"] == _p(tree)
    assert {key: value for key, value in distilled.items() if key != "p"} == {
        "student": "small",
        "trained with": "struct ural",
        "test F1": "80.50 ± 0.71",
        "gap closed": "50 %",  # 9.5 of 19
        "agrees": "91.5 %",
        "ECE": "19.5",
        "ood F1": "60.50 ± 0.71",
        "seeds": "2",
        "s an epoch": "21",
        "words/s": "1,002",
        "parameters": "1,234",
        "MB": "2",
    }
    teacher = rows["teacher", "nll"]
    assert (teacher["test F1"], teacher["gap closed"], teacher["p"]) == ("90.00", "", "")


def _p(root: Path) -> str:
    systems = [
        {seed: Run.open(root / "small" / name / str(seed)).counts()["test"] for seed in (1, 2)}
        for name in ("struct_ural", "none")
    ]
    return f"{p_value(*systems):.3f}"


def test_columns_without_figures_are_left_out(tmp_path):
    run = made_up(tmp_path / "alone", 70, counted=False)
    metrics = run.metrics()
    del metrics["ood"], metrics["test"]["calibration"], metrics["epochs"]
    run.write("metrics.json", metrics)
    (comparison,) = compare(find_runs([tmp_path])[0])
    shown = table(comparison, without=["size"])
    assert shown.columns == ("student", "trained with", "test F1", "seeds", "words/s", "parameters")
    assert shown.rows == [("alone", "nll", "70.00", "1", "1,001", "1,234")]


def test_figures_that_some_seeds_lack_are_not_those_of_the_others(tree):
    run = Run.open(tree / "small" / "struct_ural" / "2")
    metrics = run.metrics()
    del metrics["ood"], metrics["test"]["calibration"]
    run.write("metrics.json", metrics)
    (run.folder / "counts.json").unlink()
    row = cells(tree)["small", "struct ural"]
    assert (row["ood F1"], row["ECE"]) == ("", "")
    assert "p" not in row  # nor has any other row
    _, notes = find_runs([tree])
    assert notes == [f"{run.folder}: made by an earlier version, which did not count {_REMEDY}"]


_REMEDY = "what p and ECE are made of; add them: structdistill evaluate RUN --keep"


def test_the_twin_is_the_nearest_of_those_without_a_teacher(tmp_path):
    made_up(tmp_path / "teacher", 90, model=LARGE)
    made_up(tmp_path / "long", 60, training={"seed": 1, "epochs": 9})
    made_up(tmp_path / "short", 70, training={"seed": 1, "epochs": 2})
    made_up(
        tmp_path / "taught",
        80,
        training={"seed": 1, "epochs": 2},
        teacher=str(tmp_path / "teacher"),
        objective="token",
    )
    assert cells(tmp_path)["taught", "token"]["gap closed"] == "50 %"


def test_seeds_of_flat_folders_share_a_row_and_other_settings_do_not(tmp_path):
    made_up(tmp_path / "student_1", 70, seed=1)
    made_up(tmp_path / "student_2", 72, seed=2)
    made_up(tmp_path / "wide" / "1", 60, training={"seed": 1, "epochs": 9})
    made_up(tmp_path / "wide" / "2", 60, training={"seed": 2, "epochs": 8})
    rows = cells(tmp_path)
    assert list(rows) == [("student", "nll"), ("wide", "1"), ("wide", "2")]
    assert rows["student", "nll"]["seeds"] == "2"


def test_a_teacher_no_better_than_its_student_leaves_no_gap_to_close(tmp_path):
    made_up(tmp_path / "teacher", 70, model=LARGE)
    made_up(tmp_path / "none", 70)
    made_up(tmp_path / "taught", 75, teacher="teacher", objective="token")
    row = cells(tmp_path)["taught", "token"]
    assert "gap closed" not in row
    assert row["p"]


def test_each_test_set_has_a_table(tmp_path):
    made_up(tmp_path / "a", 70)
    made_up(tmp_path / "b", 70, data={"test": "other.txt"})
    assert [c.test for c in compare(find_runs([tmp_path])[0])] == ["test.txt", "other.txt"]


def test_runs_on_different_sentences_are_not_compared(tree):
    for seed in (1, 2):
        run = Run.open(tree / "small" / "none" / str(seed))
        run.write_counts({"test": [Counts(1, 1, 1)]})
    with pytest.raises(RunError, match="cannot be compared: the systems were evaluated on differ"):
        compare(find_runs([tree])[0])


def test_runs_that_are_not_finished_are_left_out_with_the_reason(tree):
    Run.create(tree / "begun", Recipe.make({}))
    other = made_up(tree / "untested", 70)
    other.write("metrics.json", {"epochs": []})
    results, notes = find_runs([tree, tree / "teacher"])
    assert len(results) == 5
    assert [note[:9] for note in notes] == ["left out:"] * 2
    assert "has saved no model yet" in notes[0]
    assert "has no figures of test data: finish it (--resume), or add them" in notes[1]


def test_without_runs_there_is_nothing_to_compare(tmp_path):
    with pytest.raises(RunError, match="there is no run in these folders: name those that train"):
        find_runs([tmp_path])
    with pytest.raises(RunError, match=r"there is no folder .*gone; check the path"):
        find_runs([tmp_path / "gone"])


# Files and plots


class _Page(HTMLParser):
    def __init__(self, page: str):
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.outside += [value for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        pass


def test_the_page_is_whole_and_needs_nothing_else(tree, tmp_path):
    comparisons = compare(find_runs([tree])[0])
    comparisons = [replace(comparisons[0], test="a < b.txt")]
    write_report(tmp_path / "report.html", comparisons, ["left out: <this>"])
    page = (tmp_path / "report.html").read_text()
    assert page.startswith("<!doctype html>")
    parsed = _Page(page)
    assert (parsed.open, parsed.outside) == ([], [])
    assert "<script" not in page
    assert "a &lt; b.txt" in page
    assert "left out: &lt;this&gt;" in page
    for row in table(comparisons[0]).rows:
        assert "".join(f"<td>{cell}</td>" for cell in row).replace("< ", "&lt; ") in page


def test_markdown_has_the_same_table(tree, tmp_path):
    comparisons = compare(find_runs([tree])[0])
    write_report(tmp_path / "report.md", comparisons, [])
    shown = table(comparisons[0])
    written = (tmp_path / "report.md").read_text()
    assert markdown(shown.columns, shown.rows) in written
    assert "- *gap closed*: how much of the way" in written


def test_other_files_are_refused(tree, tmp_path):
    comparisons = compare(find_runs([tree])[0])
    with pytest.raises(RunError, match=r"expected a file \*.html or \*.md .* report.pdf"):
        write_report(Path("report.pdf"), comparisons, [])
    with pytest.raises(RunError, match="cannot be written: No such file or directory; choose"):
        write_report(tmp_path / "gone" / "report.md", comparisons, [])


def test_marks_stand_where_their_figures_are(tree):
    speed, reliability = plots(compare(find_runs([tree])[0])[0])
    assert [mark.name for mark in speed.marks] == [
        "teacher, nll",
        "small, none",
        "small, struct ural",
    ]
    scores = {y: float(text) for y, text in speed.ticks_up}
    (low, bottom), (high, top) = min(scores.items()), max(scores.items())
    for mark, score in zip(speed.marks, (90, 71, 80.5), strict=True):
        ((_, y),) = mark.points
        assert bottom + (top - bottom) * (y - low) / (high - low) == pytest.approx(score, abs=0.1)
    for mark in reliability.marks:  # two bins, of all seeds together
        assert mark.points == [
            (pytest.approx(WIDTH * 0.3), pytest.approx(HEIGHT * 0.75)),
            (pytest.approx(WIDTH * 0.9), pytest.approx(HEIGHT * 0.2)),
        ]


def test_of_a_single_run_without_calibration_there_is_nothing_to_plot(tmp_path):
    result = Result(("a",), "a", "a", 1, "test", {"test": {**figures(50), "calibration": None}})
    assert plots(compare([result])[0]) == []


# The command


def test_the_command_prints_and_writes(tree, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    page, text = tmp_path / "report.html", tmp_path / "report.md"
    words = ["report", str(tree), "--out", str(page), "--out", str(text)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0
    assert page.exists()
    assert text.exists()
    assert max(map(len, result.output.splitlines())) <= 80
    row = r"small, struct ural +80\.50 ± 0\.71 +50 % +0\.\d+"
    assert re.search(row, result.output)
    assert re.search(r"small, struct ural +1,234 +2", result.output)  # what had no room

"""What is measured at the end of a run, and afterwards."""

from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from structdistill.cli import app
from structdistill.data.sentence import Sentence
from structdistill.evaluation import evaluate
from structdistill.experiment import distill, evaluate_run, remeasure, train
from structdistill.recipe import Recipe
from structdistill.run import Run
from structdistill.structures import Distribution
from structdistill.structures.empirical import Empirical
from structdistill.tasks.base import Counts, Task
from tests.test_run import contents
from tests.tiny import TASK, encoder, tiny_corpus, tiny_model, write_columns, write_data

TRAIN, DEV, TEST, OOD = (tiny_corpus(count, seed=count) for count in (20, 6, 8, 5))


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    data = write_data(folder, train=TRAIN, dev=DEV, test=TEST, ood=OOD, text=tiny_corpus(3, seed=7))
    training = {"epochs": 4, "batch_words": 60, "learning_rate": 2e-2}
    return {"data": data, "model": {"encoder": encoder()}, "training": training}


def without_speed(figures):
    return {key: value for key, value in figures.items() if key != "words_per_second"}


def test_data_out_of_the_domain_has_the_figures_of_test_data(table, tmp_path):
    teacher = train(Recipe.make(table), tmp_path / "teacher")
    student = {**table, "teacher": str(teacher.folder), "objective": "structural"}
    run = distill(Recipe.make(student), tmp_path / "student")
    for each, taught in ((teacher, None), (run, str(teacher.folder))):
        metrics = each.metrics()
        assert metrics["ood"].keys() == metrics["test"].keys()
        for split in ("test", "ood"):
            anew = evaluate_run(each.folder, table["data"][split], teacher=taught)
            for figure in ("score", "per_label", "agreement"):
                assert metrics[split][figure] == anew[figure]
            assert metrics[split]["calibration"] == anew["calibration"]
    assert run.metrics()["ood"]["agreement"] is not None


def test_counts_of_a_run_are_those_of_its_scores(table, tmp_path):
    run = train(Recipe.make(table), tmp_path / "run")
    counts = run.counts()
    assert {name: len(rows) for name, rows in counts.items()} == {"test": 8, "ood": 5}
    for name, rows in counts.items():
        assert Counts.total(rows).f1 == pytest.approx(run.metrics()[name]["score"])


def test_a_run_of_an_earlier_version_gets_what_it_lacks(table, tmp_path):
    whole = train(Recipe.make(table), tmp_path / "run")
    metrics, counts = whole.metrics(), whole.counts()
    old = {key: value for key, value in metrics.items() if key != "ood"}
    old["test"] = {key: value for key, value in metrics["test"].items() if key != "calibration"}
    old["test"]["words_per_second"], old["test"]["agreement"] = 123.0, 45.0
    whole.write("metrics.json", old)
    (whole.folder / "counts.json").unlink()
    before = contents(whole.folder)
    result = CliRunner().invoke(app, ["evaluate", str(whole.folder), "--keep"])
    assert result.exit_code == 0
    assert f"out of the domain: F1 {metrics['ood']['score']:.2f}" in result.output
    now = Run.open(whole.folder)
    assert now.counts() == counts
    assert now.metrics()["test"] == metrics["test"] | {"words_per_second": 123, "agreement": 45}
    assert without_speed(now.metrics()["ood"]) == without_speed(metrics["ood"])
    assert {key: now.metrics()[key] for key in ("epochs", "dev")} == {
        key: metrics[key] for key in ("epochs", "dev")
    }
    after = contents(whole.folder)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"counts.json", "metrics.json"}


def test_a_taught_run_is_compared_with_its_teacher_on_further_data(table, tmp_path):
    teacher = train(Recipe.make(table), tmp_path / "teacher")
    data = {key: value for key, value in table["data"].items() if key != "ood"}
    student = {**table, "data": data, "teacher": str(teacher.folder), "objective": "structural"}
    run = distill(Recipe.make(student), tmp_path / "student")
    assert "ood" not in run.metrics()
    found = remeasure(run.folder, settings=[f"data.ood={table['data']['ood']}"])
    anew = evaluate_run(run.folder, table["data"]["ood"], teacher=str(teacher.folder))
    assert found["ood"]["agreement"] == anew["agreement"]
    assert run.metrics()["ood"] == found["ood"]


def test_figures_are_kept_of_the_recipes_data_only(table, tmp_path):
    train(Recipe.make(table), tmp_path / "run")
    words = ["evaluate", str(tmp_path / "run"), table["data"]["dev"], "--keep"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert "leave FILE and --teacher out: the recipe has both" in " ".join(result.output.split())


def test_a_label_out_of_the_domain_must_be_known(table, tmp_path: Path):
    other = write_columns([Sentence(("a", "b"), ("B-XYZ", "O"))], tmp_path / "other.txt")
    recipe = Recipe.make(table, settings=[f"data.ood={other}"])
    with pytest.raises(Exception, match=r"other.txt:1: word 1 \('a'\): the tag 'B-XYZ' is not am"):
        train(recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()


# Calibration of an evaluation


def test_confidences_are_of_all_predicted_segments_and_change_nothing_else():
    model, gold = tiny_model(), tiny_corpus(30)
    plain, found = (evaluate(model, TASK, gold, calibrate=wanted) for wanted in (False, True))
    assert plain.calibration is None
    assert (found.score, found.counts) == (plain.score, plain.counts)
    assert found.calibration is not None
    assert found.calibration.count == Counts.total(found.counts).predicted > 0
    assert found.calibration.accuracy == pytest.approx(found.score.values["precision"])
    assert found.seconds > 0


def test_what_has_no_marginals_has_no_calibration():
    model, gold = tiny_model(), tiny_corpus(4)

    def listed(sentences) -> Distribution:
        tags = TASK.decode(sentences, model(sentences))
        structure, parts = TASK.indicators(tags)
        one = {name: part[None] for name, part in parts.items()}
        return Empirical(family=structure, parts=one, scores=torch.zeros(1, len(tags)))

    assert evaluate(listed, TASK, gold, calibrate=True).calibration is None


def test_of_a_task_that_counts_nothing_there_are_no_counts(monkeypatch):
    for name in ("counts", "judged"):  # as a task of somebody else leaves them
        monkeypatch.setattr(type(TASK), name, getattr(Task, name))
    found = evaluate(tiny_model(), TASK, tiny_corpus(9), calibrate=True)
    assert found.score.name == "F1"
    assert (found.counts, found.calibration) == ((), None)

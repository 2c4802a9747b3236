"""Segmentation, and teachers and students that factorise differently, from start to end."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from structdistill.cli import app
from structdistill.data.formats.columns import Columns
from structdistill.data.formats.jsonl import Jsonl
from structdistill.errors import DataError, RecipeError
from structdistill.experiment import distill, evaluate_run, train
from structdistill.models.model import Model
from structdistill.prediction import predict_files
from structdistill.recipe import Recipe
from structdistill.run import Run
from tests.tiny import LABELS, encoder, tiny_corpus, write_columns, write_data

TRAINING = {"epochs": 10, "batch_words": 40, "learning_rate": 3e-2}
STRUCTURES = {
    "segments": {"task": "segmentation", "head": {"longest": 3, "rank": 2}},
    "chain": {"task": "tagging", "structure": "linear_chain"},
    "independent": {"task": "tagging", "structure": "independent"},
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The files of a corpus, as a recipe's `data`."""
    folder = tmp_path_factory.mktemp("data")
    splits = {"train": 30, "dev": 12, "test": 8, "text": 9}
    return write_data(folder, **{name: tiny_corpus(n, seed=n) for name, n in splits.items()})


def table(data: dict[str, Any], kind: str, **rest: Any) -> dict[str, Any]:
    model = {"encoder": encoder(), **STRUCTURES[kind]}
    task = model.pop("task")
    return {"task": task, "data": data, "model": model, "training": TRAINING, **rest}


@pytest.fixture(scope="module")
def teachers(data: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    folder = tmp_path_factory.mktemp("runs")
    return {kind: train(Recipe.make(table(data, kind)), folder / kind) for kind in STRUCTURES}


def predicted(run: Run, file: Path, read: Any, write: Any = None) -> str:
    stream = io.StringIO()
    predict_files(run.folder, [file], read, write, stream)
    return stream.getvalue()


def test_a_segmenter_is_trained_and_measured_as_a_tagger_is(
    data: dict[str, Any], teachers: dict[str, Run]
) -> None:
    ours, theirs = (teachers[kind].metrics()["test"] for kind in ("segments", "chain"))
    assert ours["score_name"] == "F1"
    assert ours["score"] > 90
    assert ours["values"].keys() == theirs["values"].keys()
    assert {label: row["support"] for label, row in ours["per_label"].items()} == {
        label: row["support"] for label, row in theirs["per_label"].items()
    }
    model = teachers["segments"].model()
    assert model.labels.names == LABELS
    assert model.head.lengths.shape == (3, 3)
    figures = evaluate_run(teachers["segments"].folder, teacher=str(teachers["chain"].folder))
    assert figures["values"] == ours["values"]
    assert 80 < figures["agreement"] <= 100


def test_a_saved_segmenter_is_the_same_segmenter(teachers: dict[str, Run], tmp_path: Path) -> None:
    sentences, model = tiny_corpus(3), teachers["segments"].model()
    model.save_pretrained(tmp_path / "model")
    again = Model.from_pretrained(tmp_path / "model")
    ours, theirs = (m(sentences).potentials["segments"] for m in (model, again))
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("teacher", "student", "objective"),
    [
        ("chain", "independent", "structural"),
        ("independent", "chain", "posterior"),
        ("segments", "chain", "structural"),
        ("segments", "chain", "posterior"),
        ("segments", "independent", "top_k"),
        ("chain", "segments", "structural"),
        ("chain", "segments", "top_k"),
        ("independent", "segments", "posterior"),
        ("segments", "segments", "substructure"),
    ],
)
def test_every_factorisation_learns_from_every_other(
    data: dict[str, Any],
    teachers: dict[str, Run],
    tmp_path: Path,
    teacher: str,
    student: str,
    objective: str,
) -> None:
    folder = str(teachers[teacher].folder)
    only = {**data, "labelled": 1}
    made = table(only, student, teacher=folder, objective=f"0.9 * {objective} + 0.1 * nll")
    made["training"] = {**TRAINING, "epochs": 4}
    run = distill(Recipe.make(made), tmp_path / "student")
    assert run.metrics()["test"]["agreement"] > 80  # all outside would be 68
    assert run.model().labels.names == LABELS


def test_segmenters_of_other_lengths_teach_each_other(
    data: dict[str, Any], teachers: dict[str, Run], tmp_path: Path
) -> None:
    folder = str(teachers["segments"].folder)
    made = table(data, "segments", teacher=folder, objective="structural")
    made["model"]["head"] = {"longest": 5}
    made["training"] = {**TRAINING, "epochs": 4}
    assert distill(Recipe.make(made), tmp_path / "a").metrics()["test"]["agreement"] > 80
    with pytest.raises(RecipeError, match=r"^token cannot compare the teacher's SemiMarkov with"):
        distill(Recipe.make({**made, "objective": "token"}), tmp_path / "b")
    assert not (tmp_path / "b").exists()


# Mistakes


@pytest.mark.parametrize(
    ("teacher", "student", "objective", "able"),
    [
        ("segments", "chain", "token", "posterior, structural, top_k"),
        ("chain", "segments", "substructure", "posterior, structural, top_k"),
        ("independent", "segments", "substructure(measure='kl')", "posterior, structural, top_k"),
        ("chain", "independent", "substructure", "posterior, structural, token, top_k"),
    ],
)
def test_what_an_objective_cannot_compare_is_refused_before_training(
    data: dict[str, Any],
    teachers: dict[str, Run],
    tmp_path: Path,
    teacher: str,
    student: str,
    objective: str,
    able: str,
) -> None:
    recipe = table(data, student, teacher=str(teachers[teacher].folder))
    recipe["objective"] = f"0.5 * nll + 0.5 * {objective}"
    with pytest.raises(RecipeError) as caught:
        distill(Recipe.make(recipe), tmp_path / "student")
    assert str(caught.value).startswith(f"{objective} cannot compare the teacher's ")
    assert f"choose another objective ({able})" in str(caught.value)
    assert ("set model.structure=linear_chain" in str(caught.value)) == (student == "independent")
    assert not (tmp_path / "student").exists()


def test_a_mistake_ends_the_command_with_2_and_no_traceback(
    data: dict[str, Any], teachers: dict[str, Run], tmp_path: Path
) -> None:
    recipe = tmp_path / "student.toml"
    made = table(data, "segments", teacher=str(teachers["chain"].folder), objective="token")
    recipe.write_text(Recipe.make(made).toml())
    arguments = ["distill", str(recipe), "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert result.output.startswith("Error: token cannot compare the teacher's LinearChain")


def test_a_training_segment_beyond_the_limit_is_an_error_and_others_are_missed(
    data: dict[str, Any], tmp_path: Path
) -> None:
    short = [s for s in tiny_corpus(60) if "von" not in s.words]
    files = {**data, "train": write_columns(short, tmp_path / "train.txt")}
    made = table(files, "segments")
    made["model"]["head"] = {"longest": 2}
    run = train(Recipe.make(made), tmp_path / "run")
    person = run.metrics()["dev"]["per_label"]["PER"]
    gold = [s for s in tiny_corpus(12, seed=12) if any(t == "B-PER" for t in s.tags or ())]
    assert person["support"] == len(gold)
    missed = sum("von" in s.words for s in gold)
    assert missed > 0
    assert person["recall"] <= 100 * (1 - missed / len(gold))
    made["data"] = data
    with pytest.raises(
        DataError, match=rf"^{data['train']}:\d+: word .* 3 words, but the limit is 2"
    ):
        train(Recipe.make(made), tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_teachers_of_another_layer_are_refused(
    data: dict[str, Any], teachers: dict[str, Run], tmp_path: Path
) -> None:
    made = {"task": "dependency", "data": data | {"format": {"name": "conllu"}}}
    file = tmp_path / "train.conllu"
    file.write_text("1\ta\t_\t_\t_\t_\t0\troot\t_\t_\n\n")
    made["data"] = {"train": str(file), "dev": str(file), "format": {"name": "conllu"}}
    made |= {"teacher": str(teachers["segments"].folder), "objective": "structural"}
    with pytest.raises(
        RecipeError, match="was made for segmentation, but the recipe's task is dep"
    ):
        distill(Recipe.make(made), tmp_path / "student")


# Predictions


def test_segments_are_written_as_tags_and_read_again(
    teachers: dict[str, Run], tmp_path: Path
) -> None:
    file = tmp_path / "in.txt"
    file.write_text("Cleo von Ruhr saw Oslo\nBob Stone\n")
    (tmp_path / "out.txt").write_text(predicted(teachers["segments"], file, "text"))
    (tmp_path / "out.jsonl").write_text(predicted(teachers["segments"], file, "text", "jsonl"))
    sentences = Columns(tag=1).read(tmp_path / "out.txt")
    assert [s.tags for s in sentences] == [
        ("B-PER", "I-PER", "I-PER", "O", "B-LOC"),
        ("B-PER", "I-PER"),
    ]
    assert Jsonl().read(tmp_path / "out.jsonl") == sentences
    first = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])
    assert [(s["start"], s["end"], s["label"]) for s in first["spans"]] == [
        (0, 3, "PER"),
        (4, 5, "LOC"),
    ]
    assert all(0.5 < span["confidence"] <= 1 for span in first["spans"])
    assert all(0.5 < confidence <= 1 for confidence in first["confidences"])

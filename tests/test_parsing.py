"""Dependency parsing from start to end, on a small generated corpus."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from structdistill.data.corpus import write_corpus
from structdistill.data.formats.conllu import Conllu
from structdistill.data.trees import cycle, is_projective, roots
from structdistill.errors import DataError, RecipeError
from structdistill.experiment import distill, evaluate_run, train
from structdistill.models.model import Model
from structdistill.prediction import predict_files
from structdistill.recipe import Recipe
from structdistill.run import Run
from tests.tiny import encoder

OBJECTIVE = "0.9 * structural + 0.1 * nll"
HEAD = {"arc_width": 8, "relation_width": 4}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "corpus"
    write_corpus(folder, sentences=120, unlabelled=5, seed=2)
    return folder


def recipe(corpus: Path, *, structure: str = "", **rest: Any) -> Recipe:
    files = {split: str(corpus / f"{split}.conllu") for split in ("train", "dev", "test")}
    table = {
        "task": "dependency",
        "data": {**files, "format": {"name": "conllu"}},
        "model": {"encoder": encoder(), "structure": structure, "head": HEAD},
        "training": {"epochs": 3, "batch_words": 150, "learning_rate": 3e-2},
    }
    return Recipe.make({**table, **rest})


@pytest.fixture(scope="module")
def teacher(corpus, tmp_path_factory) -> Run:
    torch.manual_seed(0)
    return train(recipe(corpus), tmp_path_factory.mktemp("runs") / "teacher")


def predicted(run: Run, file: Path, read: Any, write: Any = None) -> str:
    stream = io.StringIO()
    predict_files(run.folder, [file], read, write, stream)
    return stream.getvalue()


def test_a_parser_is_trained_and_measured(corpus, teacher):
    metrics = teacher.metrics()
    assert metrics["test"]["score_name"] == "LAS"
    assert metrics["test"]["score"] == metrics["test"]["values"]["LAS"] > 0
    assert "left_out" not in metrics
    assert teacher.recipe().model.structure == "non_projective_tree"
    assert teacher.model().head.arcs.weights.shape == (1, 9, 9)
    figures = evaluate_run(teacher.folder, str(corpus / "test.conllu"), teacher=str(teacher.folder))
    assert figures["values"] == metrics["test"]["values"]
    assert figures["agreement"] == 100


def test_a_saved_parser_is_the_same_parser(corpus, teacher, tmp_path):
    sentences = Conllu().read(corpus / "dev.conllu")[:3]
    model = teacher.model()
    model.save_pretrained(tmp_path / "model")
    again = Model.from_pretrained(tmp_path / "model")
    ours, theirs = (m(sentences).potentials["arcs"] for m in (model, again))
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


def test_trees_that_a_projective_model_cannot_have_are_counted(corpus, tmp_path):
    run = train(recipe(corpus, structure="projective_tree"), tmp_path / "run")
    sentences = Conllu().read(corpus / "train.conllu")
    crossing = sum(not is_projective(s.heads or ()) for s in sentences)
    assert run.metrics()["left_out"] == crossing > 0


def test_a_parser_is_distilled_on_trees_and_text(corpus, teacher, tmp_path):
    student = recipe(corpus, teacher=str(teacher.folder), objective=OBJECTIVE)
    data = student.data.model_copy(
        update={"unlabelled": (str(corpus / "unlabelled.txt"),), "labelled": 20}
    )
    metrics = distill(student.model_copy(update={"data": data}), tmp_path / "student").metrics()
    assert 0 < metrics["test"]["agreement"] <= 100
    assert metrics["test"]["score"] > 0


def test_a_teacher_of_another_task_is_refused(corpus, teacher, tmp_path):
    table = {
        "data": {split: str(corpus / f"{split}.conll") for split in ("train", "dev")},
        "teacher": str(teacher.folder),
        "objective": OBJECTIVE,
    }
    with pytest.raises(RecipeError, match="was made for dependency, but the recipe's task is tag"):
        distill(Recipe.make(table), tmp_path / "student")


@pytest.mark.parametrize("objective", ["structural", "posterior", "top_k"])
def test_crossing_trees_do_not_teach_what_cannot_cross(corpus, teacher, tmp_path, objective):
    student = recipe(
        corpus,
        structure="projective_tree",
        teacher=str(teacher.folder),
        objective=f"0.5 * {objective} + 0.5 * nll",
    )
    remedy = (
        rf"^{objective} cannot compare the teacher's NonProjectiveTree with the student's "
        r"ProjectiveTree: choose another objective \(substructure, token\), or set "
        r"model.structure=non_projective_tree, as the teacher's, or choose another teacher\. no con"
    )
    with pytest.raises(RecipeError, match=remedy):
        distill(student, tmp_path / "student")
    assert not (tmp_path / "student").exists()


def test_a_relation_that_training_lacks_is_told_with_its_line(corpus, tmp_path):
    file = tmp_path / "dev.conllu"
    file.write_text("1\ta\t_\t_\t_\t_\t0\troot\t_\t_\n2\tb\t_\t_\t_\t_\t1\tnsubi\t_\t_\n\n")
    made = recipe(corpus)
    data = made.data.model_copy(update={"dev": str(file)})
    with pytest.raises(DataError, match=rf"^{file}:2: word 2 \('b'\): the relation 'nsubi' is not"):
        train(made.model_copy(update={"data": data}), tmp_path / "run")


# Predictions


def test_all_that_stood_in_conllu_is_kept(teacher, tmp_path):
    file = tmp_path / "in.conllu"
    file.write_text(
        "# sent_id = 7\n"
        "1-2\tdon't\t_\t_\t_\t_\t_\t_\t_\tA=1\n"
        "1\tdo\tdo\tAUX\tVB\tX=y\t9\tno tree\t0:x\tB=2\n"
        "2\tn't\tnot\tPART\tRB\t_\t2\t_\t_\t_\n"
        "2.1\tgo\t_\t_\t_\t_\t_\t_\t_\t_\n\n"
    )
    lines = predicted(teacher, file, "conllu").splitlines()
    given = file.read_text().splitlines()
    assert [lines[i] for i in (0, 1, 4, 5)] == [given[i] for i in (0, 1, 4, 5)]
    for line, before in ((lines[2], given[2]), (lines[3], given[3])):
        ours, theirs = line.split("\t"), before.split("\t")
        assert ours[:6] + ours[8:9] == theirs[:6] + theirs[8:9]
        assert ours[7] in teacher.model().labels.names
    assert lines[2].split("\t")[9].startswith("B=2|Confidence=0.")
    (tree,) = Conllu().read(_kept(tmp_path, lines))
    assert tree.words == ("do", "n't")


def _kept(folder: Path, lines: list[str]) -> Path:
    file = folder / "out.conllu"
    file.write_text("\n".join(lines) + "\n\n")
    return file


def test_text_becomes_trees(teacher, tmp_path):
    file = tmp_path / "in.txt"
    file.write_text("Jordan flew to Paris .\nYes\n")
    first, second = Conllu().read(_kept(tmp_path, predicted(teacher, file, "text").splitlines()))
    assert first.words == ("Jordan", "flew", "to", "Paris", ".")
    assert second.heads == (0,)
    assert not cycle(first.heads or ())
    assert len(roots(first.heads or ())) == 1


def test_jsonl_has_heads_relations_and_confidences(teacher, tmp_path):
    file = tmp_path / "in.txt"
    file.write_text("Jordan flew\n")
    row = json.loads(predicted(teacher, file, "text", "jsonl"))
    (tree,) = Conllu().read(_kept(tmp_path, predicted(teacher, file, "text").splitlines()))
    assert list(row) == ["tokens", "heads", "relations", "confidences"]
    assert (tuple(row["heads"]), tuple(row["relations"])) == (tree.heads, tree.relations)
    assert all(0 < confidence <= 1 for confidence in row["confidences"])


def test_trees_are_not_written_as_tags(teacher, tmp_path):
    with pytest.raises(RecipeError, match=r"dependency, which is written as conllu or jsonl, not"):
        predicted(teacher, tmp_path / "none", "text", "conll")

import json
import os
from importlib.metadata import version
from pathlib import Path

import pytest
import torch

from structdistill import __version__
from structdistill.errors import RecipeError, RunError
from structdistill.recipe import Recipe
from structdistill.run import Run
from structdistill.tasks.base import Counts
from tests.tiny import tiny_model

RECIPE = Recipe.make({"training": {"epochs": 3}})
OTHER = Recipe.make(
    {"training": {"epochs": 5}, "model": {"encoder": {"name": "bilstm", "width": 8}}}
)


def contents(folder: Path) -> dict[str, bytes | None]:
    """All files of a folder and what is in them; folders are None."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def finished(folder: Path) -> Run:
    """A run with all that a run leaves behind, and some files of the user."""
    run = Run.create(folder, RECIPE)
    tiny_model().save_pretrained(run.model_folder)
    for name in ("checkpoint", "checkpoint.new", "model.old", "tensorboard", "cache"):
        (folder / name).mkdir()
        (folder / name / "file").write_text("earlier run")
    run.write("metrics.json", {"test": {"score": 90.5}})
    run.write_counts({"test": [Counts(1, 2, 3)]})
    (folder / "cache.lock").touch()
    (folder / "notes.txt").write_text("my notes")
    (folder / "model-for-anna.txt").write_text("mine, too")
    (folder / "checkpoints").mkdir()
    return run


# A new run


def test_a_new_run_says_what_it_is(tmp_path):
    run = Run.create(tmp_path / "runs" / "new", RECIPE)
    assert run.recipe() == RECIPE
    assert run.recipe(settings=["training.epochs=4"]).training.epochs == 4
    assert run.metrics() == {}
    found = json.loads((run.folder / "environment.json").read_text())
    assert found["structdistill"] == __version__
    assert found["torch"] == version("torch")
    assert found["accelerate"] == version("accelerate")
    assert {path.name for path in run.folder.iterdir()} == {"recipe.toml", "environment.json"}


def test_an_empty_folder_is_as_good_as_none(tmp_path):
    assert Run.create(str(tmp_path), RECIPE).recipe() == RECIPE


def test_checking_changes_nothing(tmp_path):
    Run.check_free(tmp_path / "deep" / "run", RECIPE, resume=False, overwrite=False)
    assert contents(tmp_path) == {}


def test_what_is_written_can_be_read(tmp_path):
    run = Run.create(tmp_path, RECIPE)
    run.write("metrics.json", {"größe": 1.5})
    assert run.metrics() == {"größe": 1.5}
    assert "größe" in (tmp_path / "metrics.json").read_text(encoding="utf-8")


def test_counts_are_read_as_written_a_line_for_each_kind_of_data(tmp_path):
    run = Run.create(tmp_path, RECIPE)
    assert run.counts() == {}
    counts = {"test": [Counts(1, 2, 3), Counts(0, 4, 0)], "ood": [Counts(5, 5, 5)], "none": []}
    run.write_counts(counts)
    assert run.counts() == counts
    lines = (tmp_path / "counts.json").read_text().splitlines()
    assert lines[1] == '"test":{"matched":[1,0],"gold":[2,4],"predicted":[3,0]},'


# A folder that exists


def test_an_existing_run_is_refused_and_left_alone(tmp_path):
    finished(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(RunError) as caught:
        Run.create(tmp_path, RECIPE)
    assert str(caught.value) == (
        f"{tmp_path} exists already. Choose another folder, go on with the run in it (--resume), "
        "or replace it (--overwrite)"
    )
    assert contents(tmp_path) == before


@pytest.mark.parametrize("how", [{}, {"resume": True}, {"overwrite": True}])
def test_a_folder_of_something_else_is_never_touched(tmp_path, how):
    (tmp_path / "model").mkdir()
    (tmp_path / "thesis.tex").write_text("years of work")
    before = contents(tmp_path)
    with pytest.raises(RunError, match="holds something else than a run; choose another folder"):
        Run.create(tmp_path, RECIPE, **how)
    assert contents(tmp_path) == before


def test_overwriting_removes_what_a_run_writes_and_nothing_else(tmp_path):
    finished(tmp_path)
    run = Run.create(tmp_path, OTHER, overwrite=True)
    assert run.recipe() == OTHER
    assert set(contents(tmp_path)) == {
        "recipe.toml",
        "environment.json",
        "notes.txt",
        "model-for-anna.txt",
        "checkpoints",
    }
    assert (tmp_path / "notes.txt").read_text() == "my notes"


@pytest.mark.parametrize("error", [RunError, RecipeError])
def test_what_would_have_been_overwritten_is_there_again_if_the_new_run_is_refused(tmp_path, error):
    finished(tmp_path)
    (tmp_path / "search.json").write_text("{}")
    (tmp_path / "trials").mkdir()
    before = contents(tmp_path)

    def refused() -> None:
        with Run.begun(tmp_path, OTHER, resume=False, overwrite=True) as run:
            assert run.recipe() == OTHER
            assert not {"model", "metrics.json", "trials"} & set(contents(tmp_path))
            (tmp_path / "cache").mkdir()
            (tmp_path / "cache" / "file").write_text("of the new one")
            raise error("too strict")

    with pytest.raises(error, match="too strict"):
        refused()
    assert contents(tmp_path) == before


@pytest.mark.parametrize("cached", [False, True])
def test_a_new_run_that_is_refused_leaves_nothing_but_a_cache_to_go_on_with(tmp_path, cached):
    folder = tmp_path / "run"

    def refused(*, resume: bool) -> None:
        with Run.begun(folder, RECIPE, resume=resume, overwrite=False):
            if cached:
                (folder / "cache").mkdir(exist_ok=True)
            raise RunError("too strict")

    for resume in (False, True):
        with pytest.raises(RunError, match="too strict"):
            refused(resume=resume)
        left = {"run", "run/cache", "run/recipe.toml", "run/environment.json"}
        assert set(contents(tmp_path)) == (left if cached else set())


def test_a_run_that_is_resumed_and_refused_keeps_what_it_has(tmp_path):
    finished(tmp_path)
    before = contents(tmp_path)

    def refused() -> None:
        with Run.begun(tmp_path, RECIPE, resume=True, overwrite=False):
            raise RunError("the teacher is gone")

    with pytest.raises(RunError, match="the teacher is gone"):
        refused()
    assert contents(tmp_path) == before


def test_a_disk_that_is_full_when_a_run_is_overwritten_leaves_it_as_it_was(tmp_path, monkeypatch):
    finished(tmp_path)
    before = contents(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(RunError, match="cannot be written: No space left on device"):
        Run.create(tmp_path, OTHER, overwrite=True)
    assert contents(tmp_path) == before


def test_after_an_interruption_the_new_run_is_resumed_and_the_old_one_forgotten(tmp_path):
    finished(tmp_path)

    def interrupted() -> None:
        with Run.begun(tmp_path, OTHER, resume=False, overwrite=True):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert Run.create(tmp_path, OTHER, resume=True).metrics() == {}
    assert not (tmp_path / "overwritten").exists()


def test_resuming_changes_nothing(tmp_path):
    finished(tmp_path)
    before = contents(tmp_path)
    assert Run.create(tmp_path, RECIPE, resume=True).metrics() == {"test": {"score": 90.5}}
    assert contents(tmp_path) == before


def test_resuming_what_never_began_begins(tmp_path):
    assert Run.create(tmp_path / "new", RECIPE, resume=True).recipe() == RECIPE


def test_resuming_with_another_recipe_is_refused_and_says_what_differs(tmp_path):
    finished(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(RunError) as caught:
        Run.create(tmp_path, OTHER, resume=True)
    assert str(caught.value) == (
        f"the run in {tmp_path} was started with another recipe: "
        "model.encoder.name was 'convolutional', is 'bilstm'; model.encoder.width was None, is 8; "
        "training.epochs was 3, is 5. Go on with the same one, or start anew (--overwrite)"
    )
    assert contents(tmp_path) == before


def test_one_does_not_resume_and_overwrite(tmp_path):
    finished(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(RunError, match=r"either go on .* \(--resume\) or replace it"):
        Run.create(tmp_path, RECIPE, resume=True, overwrite=True)
    assert contents(tmp_path) == before


# A folder that cannot be written


def test_a_file_is_no_folder(tmp_path):
    file = tmp_path / "run"
    file.write_text("text")
    for folder in (file, file / "below"):
        with pytest.raises(RunError, match=f"{folder} cannot be written: {file} is no folder"):
            Run.check_free(folder, RECIPE, resume=False, overwrite=True)
    assert file.read_text() == "text"


def test_a_folder_without_permission_is_refused_before_anything_is_done(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # tests may run as root
    with pytest.raises(RunError, match=f"run cannot be written: no permission in {tmp_path}"):
        Run.check_free(tmp_path / "run", RECIPE, resume=False, overwrite=False)


def test_a_full_disk_is_no_traceback(tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(RunError, match="run cannot be written: No space left on device"):
        Run.create(tmp_path / "run", RECIPE)


# An existing run


def test_an_open_run_has_its_model(tmp_path):
    finished(tmp_path)
    model = Run.open(tmp_path).model()
    expected = tiny_model().state_dict()
    assert all(torch.equal(weights, expected[name]) for name, weights in model.state_dict().items())
    assert not model.training


def test_a_model_that_was_about_to_be_replaced_is_found(tmp_path):
    run = Run.create(tmp_path, RECIPE)
    tiny_model().save_pretrained(tmp_path / "model.old")
    assert Run.open(tmp_path).model().parameter_count() == tiny_model().parameter_count()
    assert run.model_folder.is_dir()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: None, r"there is no run folder .*; check the path"),
        (Path.mkdir, "is no run folder: it has no recipe.toml. Name a folder that `structdistill"),
        (
            lambda folder: Run.create(folder, RECIPE),
            "has saved no model yet: finish it with --resume",
        ),
    ],
)
def test_what_is_no_finished_run_is_not_opened(tmp_path, make, message):
    make(tmp_path / "run")
    with pytest.raises(RunError, match=message):
        Run.open(tmp_path / "run")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda folder: (folder / "model.safetensors").write_bytes(b"\x08\0\0"),
            "model.safetensors: expected the model's weights, but they cannot be read",
        ),
        (
            lambda folder: os.truncate(folder / "model.safetensors", 2000),
            "model.safetensors: expected the model's weights, but they cannot be read",
        ),
        (
            lambda folder: (folder / "config.json").unlink(),
            "model: expected a saved model, but there is no config.json",
        ),
        (
            lambda folder: os.truncate(folder / "config.json", 30),
            "config.json: expected a JSON file",
        ),
        (
            lambda folder: (folder / "config.json").write_text('{"model_type": "bert"}'),
            "it has no entry 'structdistill'; this is the model of another program",
        ),
    ],
)
def test_a_damaged_model_is_an_error_with_its_file(tmp_path, damage, message):
    run = finished(tmp_path)
    damage(run.model_folder)
    with pytest.raises(RunError, match=message):
        Run.open(tmp_path).model()

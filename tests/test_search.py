"""A search for an objective: what it tries, keeps, and does not repeat."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from structdistill import experiment
from structdistill.cli import app
from structdistill.display import TrainingDisplay, print_trials
from structdistill.errors import RecipeError, RunError, TrainingError
from structdistill.experiment import distill, evaluate_run, train
from structdistill.objectives import WeightedSum, parse
from structdistill.progress import Step
from structdistill.recipe import Recipe
from structdistill.report.result import find_runs
from structdistill.run import Run
from structdistill.search import search
from structdistill.trials import Trial, Trials
from tests.test_run import contents
from tests.tiny import encoder, same, tiny_corpus, write_data

OWN = "0.9 * structural + 0.1 * nll"
TRAINING = {"epochs": 1, "batch_words": 60, "learning_rate": 2e-2}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> dict[str, Any]:
    return write_data(
        tmp_path_factory.mktemp("data"),
        train=tiny_corpus(20, seed=1),
        dev=tiny_corpus(12, seed=2),
        test=tiny_corpus(8, seed=3),
        text=tiny_corpus(5, seed=4),
    )


@pytest.fixture(scope="module")
def teacher(data, tmp_path_factory) -> str:
    table = {"data": data, "model": {"encoder": encoder()}, "training": {**TRAINING, "epochs": 6}}
    return str(train(Recipe.make(table), tmp_path_factory.mktemp("runs") / "teacher").folder)


@pytest.fixture
def recipe(data, teacher) -> Recipe:
    table = {"data": data, "model": {"encoder": encoder()}, "training": TRAINING}
    return Recipe.make({**table, "teacher": teacher, "objective": OWN})


def objectives(folder: Path) -> list[str]:
    return [trial.objective for trial in Trials.read(folder).trials]


def timeless(folder: Path) -> list[Trial]:
    """The trials without what depends on the machine."""
    return [t.model_copy(update={"seconds": None}) for t in Trials.read(folder).trials]


@pytest.fixture
def trained(monkeypatch) -> list[str]:
    """The folders of all students that are trained, resumed ones included."""
    folders: list[str] = []

    def counting(recipe: Recipe, folder: Path, **rest: Any) -> Run:
        folders.append(folder.name)
        return distill(recipe, folder, **rest)

    monkeypatch.setattr(experiment, "distill", counting)
    return folders


# What it finds


def test_the_best_student_is_kept_as_the_run_that_its_objective_alone_makes(recipe, tmp_path):
    run = search(recipe, tmp_path / "run", budget=4)
    trials = Trials.read(run.folder)
    assert [trial.status for trial in trials.trials] == ["finished"] * 4
    assert trials.trials[0].objective == OWN
    best = trials.best_first()[0]
    assert best.score == max(trial.score or 0 for trial in trials.trials)
    chosen = recipe.model_copy(update={"objective": best.objective})
    assert run.recipe() == chosen
    alone = distill(chosen, tmp_path / "alone")
    same(Run.open(run.folder).model().state_dict(), alone.model().state_dict())
    for split in ("dev", "test"):
        for figure in ("score", "agreement"):
            assert run.metrics()[split][figure] == alone.metrics()[split][figure]
    assert run.counts() == alone.counts()
    assert evaluate_run(run.folder)["score"] == run.metrics()["test"]["score"]
    assert {path.name for path in run.folder.iterdir()} == {
        *(path.name for path in alone.folder.iterdir()),
        "search.json",
        "trials",
    }
    assert (
        distill(chosen, run.folder, resume=True).metrics()["test"]["score"]
        == (run.metrics()["test"]["score"])
    )


def test_trials_are_runs_that_have_not_seen_the_test_data(recipe, tmp_path):
    search(recipe, tmp_path / "run", budget=2)
    for trial in Trials.read(tmp_path / "run").trials:
        run = Run.open(tmp_path / "run" / "trials" / str(trial.number))
        assert run.recipe() == recipe.model_copy(update={"objective": trial.objective})
        assert run.metrics()["dev"]["score"] == trial.score
        assert "test" not in run.metrics()
        assert run.counts() == {}
    results, notes = find_runs([tmp_path])
    assert [result.place for result in results] == [(tmp_path / "run").resolve().parts]
    assert not notes


@pytest.fixture
def untrained(monkeypatch) -> None:
    """Students without any training; their scores are the weights of their teachers."""

    def distilled(recipe: Recipe, folder: Path, *, resume: bool, **_: Any) -> Run:
        run = Run.create(folder, recipe, resume=resume)
        for name in ("model", "checkpoint", "tensorboard"):
            (run.folder / name).mkdir(exist_ok=True)
        score = WeightedSum.of(recipe.parsed_objective()).weights[0]
        run.write("metrics.json", {"epochs": [], "dev": {"score": score}})
        return run

    monkeypatch.setattr(experiment, "distill", distilled)


@pytest.mark.usefixtures("untrained")
def test_what_is_tried_lies_in_the_space(recipe, tmp_path):
    search(recipe, tmp_path, budget=40)
    tried = objectives(tmp_path)
    assert len(set(tried)) == 40
    assert set(map(named, tried)) == {"structural", "posterior", "token", "top_k", "substructure"}
    for objective in tried:
        terms: list[Any] = [*WeightedSum.of(parse(objective)).terms]
        assert 0.5 <= terms[0][0] <= 1
        assert sum(weight for weight, _ in terms) == pytest.approx(1)
        assert 0.5 <= terms[0][1].temperature <= 4
        assert [str(term) for _, term in terms[1:]] in ([], ["nll"])


def named(objective: str) -> str:
    _, term = WeightedSum.of(parse(objective)).terms[0]
    return str(term).partition("(")[0]


@pytest.mark.usefixtures("untrained")
def test_the_seed_decides_what_is_tried(recipe, tmp_path):
    settings = recipe.training.model_copy(update={"seed": 2})
    other = recipe.model_copy(update={"training": settings})
    for name, made in (("one", recipe), ("same", recipe), ("other", other)):
        search(made, tmp_path / name, budget=12)
    assert objectives(tmp_path / "one") == objectives(tmp_path / "same")
    assert objectives(tmp_path / "one")[1:] != objectives(tmp_path / "other")[1:]


@pytest.mark.usefixtures("untrained")
def test_a_search_ends_when_there_is_nothing_else_to_try(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr("structdistill.search._CANDIDATES", ("substructure",))
    search(recipe, tmp_path, budget=50)
    assert len(objectives(tmp_path)) <= 1 + len(range(50, 101, 5))


def test_an_objective_without_a_teacher_is_not_tried(recipe, tmp_path):
    alone = recipe.model_copy(update={"objective": "nll"})
    search(alone, tmp_path, budget=1)
    assert parse(objectives(tmp_path)[0]).needs_teacher


# Going on


def test_a_killed_search_goes_on_as_if_it_had_never_stopped(recipe, tmp_path, trained):
    search(recipe, tmp_path / "whole", budget=3)
    expected = timeless(tmp_path / "whole")
    del trained[:]

    def stop(event: object) -> None:
        if isinstance(event, Step) and (tmp_path / "run" / "trials" / "2").exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(recipe, tmp_path / "run", budget=3, watch=stop)
    assert trained == ["1", "2"]
    assert [t.status for t in Trials.read(tmp_path / "run").trials] == ["finished", "running"]
    with pytest.raises(RunError, match="has saved no model yet: finish it with --resume"):
        Run.open(tmp_path / "run")
    del trained[:]
    events: list[Any] = []
    search(recipe, tmp_path / "run", budget=3, resume=True, watch=events.append)
    assert trained == ["2", "3", "run"]
    assert timeless(tmp_path / "run") == expected
    told = [(e.number, e.status) for e in events if isinstance(e, Trial)]
    expected_events = [(1, "finished")]
    expected_events += [(n, status) for n in (2, 3) for status in ("running", "finished")]
    assert told == expected_events


def test_a_finished_search_repeats_nothing_and_may_get_more_trials(recipe, tmp_path, trained):
    search(recipe, tmp_path, budget=2)
    before = contents(tmp_path)
    del trained[:]
    search(recipe, tmp_path, budget=2, resume=True)
    assert trained == []
    assert contents(tmp_path) == before
    first = objectives(tmp_path)
    search(recipe, tmp_path, budget=4, resume=True)
    assert trained[:2] == ["3", "4"]
    assert objectives(tmp_path)[:2] == first


def test_a_search_may_be_replaced_by_another_or_by_a_run(recipe, tmp_path):
    search(recipe, tmp_path, budget=2)
    search(recipe, tmp_path, budget=1, overwrite=True)
    assert objectives(tmp_path) == [OWN]
    assert [path.name for path in (tmp_path / "trials").iterdir()] == ["1"]
    distill(recipe, tmp_path, overwrite=True)
    assert not (tmp_path / "search.json").exists()
    assert not (tmp_path / "trials").exists()


# What goes wrong


def test_objectives_that_cannot_compare_this_pair_are_told_and_not_tried(recipe, tmp_path):
    model = recipe.model.model_copy(update={"structure": "independent"})
    made = recipe.model_copy(update={"model": model, "objective": "substructure"})
    search(made, tmp_path, budget=2)
    found = Trials.read(tmp_path)
    assert "transitions" in found.unsuited["substructure"]
    assert "structural" not in found.unsuited
    own, other = found.trials
    assert (own.objective, own.status) == ("substructure", "failed")
    assert (own.reason or "").startswith("substructure cannot compare the teacher's LinearChain")
    assert Run(tmp_path).recipe().objective == other.objective


def test_a_trial_that_fails_is_told_and_the_search_goes_on(recipe, tmp_path, monkeypatch):
    def failing(made: Recipe, folder: Path, **rest: Any) -> Run:
        if folder.name == "1":
            raise ValueError("these two have nothing in common")
        return distill(made, folder, **rest)

    monkeypatch.setattr(experiment, "distill", failing)
    search(recipe, tmp_path, budget=2)
    failed, finished = Trials.read(tmp_path).trials
    assert failed == Trial(
        number=1, objective=OWN, status="failed", reason="these two have nothing in common"
    )
    assert Run(tmp_path).recipe().objective == finished.objective


def test_a_search_without_any_student_says_why(recipe, tmp_path):
    wild = {"learning_rate": 1e30, "warmup": 0.9, "epochs": 20}
    made = recipe.model_copy(update={"training": recipe.training.model_copy(update=wild)})
    with pytest.raises(TrainingError) as caught:
        search(made, tmp_path, budget=1)
    first, second = str(caught.value).splitlines()
    assert first == f"all trials in {tmp_path} have failed"
    assert second.startswith(f"{OWN}: step ")


def test_without_optuna_the_message_has_the_remedy(recipe, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(RecipeError, match=r"optuna.*pip install 'structdistill\[search\]'"):
        search(recipe, tmp_path / "run", budget=1)
    assert not (tmp_path / "run").exists()


def test_what_cannot_be_searched_is_refused_and_nothing_is_lost(recipe, teacher, tmp_path):
    search(recipe, tmp_path, budget=1)
    before = contents(tmp_path)
    other = recipe.model_copy(update={"objective": "token"})
    longer = recipe.model_copy(
        update={"training": recipe.training.model_copy(update={"epochs": 9})}
    )
    foreign = recipe.model_copy(update={"teacher": None})
    for made, rest, message in [
        (recipe, {}, "exists already"),
        (other, {"resume": True}, "began with the objective .*, not 'token'"),
        (longer, {"resume": True}, "training.epochs was 1, is 9"),
        (foreign, {"overwrite": True}, "there is no teacher"),
        (recipe, {"resume": True, "overwrite": True}, "either go on with the run"),
    ]:
        with pytest.raises((RunError, RecipeError), match=message):
            search(made, tmp_path, budget=1, **rest)
    assert contents(tmp_path) == before
    with pytest.raises(RunError, match="holds the teacher"):
        search(recipe, teacher, budget=1, overwrite=True)
    with pytest.raises(RecipeError, match="a budget of one trial or more; got 0"):
        search(recipe, tmp_path / "none", budget=0)
    (tmp_path / "search.json").write_text("{")
    with pytest.raises(RunError, match=r"search\.json is missing or damaged; start anew"):
        search(recipe, tmp_path, budget=1, resume=True)


# The command


def test_the_command_prints_the_trials_best_first(recipe, tmp_path):
    (tmp_path / "recipe.toml").write_text(recipe.toml(), encoding="utf-8")
    command = ["distill", str(tmp_path / "recipe.toml"), "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, [*command, "--search", "2"], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    trials = Trials.read(tmp_path / "run")
    places = [result.stdout.index(trial.objective) for trial in trials.best_first()]
    assert places == sorted(places)
    for trial in trials.trials:
        assert f"trial {trial.number}: {trial.objective}" in result.stderr
        assert f"trial {trial.number}: dev {trial.score:.2f}" in result.stderr
    printed = CliRunner().invoke(app, [*command, "--search", "2", "--resume", "--json"])
    found = json.loads(printed.stdout)
    assert found["search"] == trials.model_dump()
    assert found["test"] == Run(tmp_path / "run").metrics()["test"]


def test_failures_and_what_was_not_tried_are_printed(capsys):
    failed = Trial(number=1, objective=OWN, status="failed", reason="the loss is [nan]")
    print_trials(Trials(objective=OWN, unsuited={"token": "no emissions"}, trials=[failed]), "F1")
    with TrainingDisplay() as display:
        display.update(failed)
    out, err = capsys.readouterr()
    told = "trial 1 failed: the loss is [nan]\n"
    assert told + "not tried: token: no emissions\n" in out
    assert told in err


def test_a_teacher_that_is_no_folder_has_one_cache_for_all_trials(recipe, tmp_path, monkeypatch):
    """A model of the hub; here one of ours, under a name that is no path."""
    model = Run.open(recipe.teachers()[0]).model()
    monkeypatch.setattr("structdistill.teaching.load_model", lambda _: model)
    made = recipe.model_copy(update={"teacher": "somebody/model"})
    search(made, tmp_path, budget=2)
    assert (tmp_path / "cache" / "manifest.json").exists()
    assert [path.name for path in tmp_path.rglob("cache")] == ["cache"]

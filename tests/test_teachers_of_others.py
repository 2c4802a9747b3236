"""From a recipe to a student: teachers of other labels, several of them, and without a fold."""

from pathlib import Path
from typing import Any

import pytest
import torch

from structdistill.data.folds import fold_of
from structdistill.errors import RecipeError, RunError
from structdistill.experiment import distill, evaluate_run, train, train_folds
from structdistill.recipe import Recipe
from structdistill.run import Run
from structdistill.teachers.cache import CachedTeacher
from structdistill.teaching import load_teacher, taught, write_cache
from tests.tiny import encoder, tiny_corpus, tiny_model, write_data

TRAIN, DEV, TEST = (tiny_corpus(count, seed=count) for count in (30, 12, 8))
TRAINING = {"epochs": 1, "batch_words": 60, "learning_rate": 2e-2}
OTHERS = ("O", "B-city", "B-date", "B-person", "I-city", "I-date", "I-person")
MAPPING = {"city": "LOC", "person": "PER", "date": "O"}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("data")
    return write_data(folder, train=TRAIN, dev=DEV, test=TEST, text=tiny_corpus(5, seed=7))


def recipe(data: dict[str, Any], **rest: Any) -> Recipe:
    table = {"data": data, "model": {"encoder": encoder()}, "training": TRAINING}
    return Recipe.make({**table, "objective": "structural", **rest})


@pytest.fixture(scope="module")
def foreigner(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("foreigner")
    tiny_model(labels=OTHERS).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def native(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("native")
    tiny_model(seed=3).save_pretrained(folder)
    return str(folder)


# Labels


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("objective", ["structural", "posterior", "top_k", "token", "substructure"])
def test_a_teacher_of_other_labels_teaches(data, foreigner, tmp_path, objective, cache) -> None:
    made = recipe(data, teacher=foreigner, objective=objective, labels={"mapping": MAPPING})
    run = distill(made, tmp_path / "student", cache=cache)
    assert set(run.model().labels.names) == {"O", "B-LOC", "B-PER", "I-LOC", "I-PER"}
    figures = run.metrics()["test"]
    assert figures["agreement"] is not None
    again = evaluate_run(run.folder, teacher=foreigner)["agreement"]
    assert again == pytest.approx(figures["agreement"], abs=3)


def test_one_cache_serves_all_mappings(data, foreigner, tmp_path) -> None:
    for number, place in enumerate(("LOC", "PER")):
        mapping = {"city": place, "person": "PER", "date": "O"}
        labels = {"mapping": mapping, "untaught": ["LOC"] if place == "PER" else []}
        made = recipe(data, teacher=foreigner, labels=labels)
        distill(made, tmp_path / str(number))
    cache = CachedTeacher(Path(foreigner) / "cache")
    assert cache.fingerprint["labels"] == " ".join(OTHERS)
    assert write_cache(made)["sentences"] == len(cache)


def test_labels_that_do_not_match_are_refused_before_training(data, foreigner, tmp_path) -> None:
    made = recipe(data, teacher=foreigner, labels={"mapping": {"city": "LOK"}})
    with pytest.raises(RecipeError, match="'city' becomes 'LOK', which the data do not have"):
        distill(made, tmp_path / "student")
    assert not (tmp_path / "student").exists()


def test_annotations_are_renamed(data, tmp_path) -> None:
    names = {"B-LOC": "B-city", "I-LOC": "I-city"}
    lines = "".join(
        '{"tokens": ["'
        + '", "'.join(s.words)
        + '"], "tags": ["'
        + '", "'.join(names.get(tag, tag) for tag in s.tags)
        + '"]}\n'
        for s in TRAIN
    )
    file = tmp_path / "told.jsonl"
    file.write_text(lines)
    known = {key: value for key, value in data.items() if key != "unlabelled"}
    made = recipe(known, teacher=str(file), labels={"mapping": {"city": "LOC"}})
    _, lessons = taught(made)
    assert "B-city" not in lessons.labels.names
    assert [s.tags for s in lessons.annotate(TRAIN)] == [s.tags for s in TRAIN]
    assert distill(made, tmp_path / "student").model().labels == lessons.labels


# Several teachers


def test_two_teachers_are_averaged_as_distributions(data, native, foreigner, tmp_path) -> None:
    made = recipe(
        data,
        teacher=[native, foreigner],
        teacher_weights=[3, 1],
        labels={"mapping": MAPPING},
    )
    _, both = taught(made)
    _, one = taught(recipe(data, teacher=native))
    _, two = taught(recipe(data, teacher=[foreigner], labels={"mapping": MAPPING}))
    student = tiny_model(seed=9, labels=both.labels.names)
    with torch.no_grad():
        like = student(TEST)
        kl = both(TEST).kl(like)
        torch.testing.assert_close(kl, (3 * one(TEST).kl(like) + two(TEST).kl(like)) / 4)
    run = distill(made, tmp_path / "student")
    assert run.metrics()["test"]["agreement"] is not None
    for name in (native, foreigner):
        assert len(CachedTeacher(Path(name) / "cache")) > 0
    assert Run.open(run.folder).recipe().teachers() == (native, foreigner)
    figures = write_cache(made)
    assert figures["folder"] == ", ".join(f"{name}/cache" for name in (native, foreigner))


def test_teachers_that_cannot_be_averaged_are_refused(data, native, tmp_path) -> None:
    (tmp_path / "told.jsonl").write_text('{"tokens": ["a"], "tags": ["O"]}\n')
    for changes, message in [
        ({"teacher": [native, str(tmp_path / "told.jsonl")]}, "a file of annotations is a teach"),
        ({"teacher": [native], "teacher_weights": [1, 2]}, "as many teacher_weights as teachers"),
        ({"teacher": [native] * 2, "objective": "substructure"}, "several teachers have no pot"),
    ]:
        with pytest.raises(RecipeError, match=message):
            distill(recipe(data, **changes), tmp_path / "student")
    with pytest.raises(RecipeError, match="one teacher at a time is compared with its cache"):
        write_cache(recipe(data, teacher=[native, native]), compare=True)


# Teachers without a fold


def test_each_sentence_is_taught_by_who_has_not_seen_it(data, tmp_path) -> None:
    made = recipe(data, objective="nll")
    folder = tmp_path / "folds"
    runs = train_folds(made, folder, folds=2)
    assert [run.folder for run in runs] == [folder / "1", folder / "2"]
    for number, run in enumerate(runs, start=1):
        assert run.recipe().data.without_fold == (number, 2)
        corpus, _ = taught(
            run.recipe().model_copy(update={"teacher": str(run.folder), "objective": "token"})
        )
        assert corpus.train
        assert all(fold_of(sentence, 2) != number - 1 for sentence in corpus.train)
    teacher = load_teacher(str(folder))
    models = [run.model() for run in runs]
    with torch.no_grad():
        told = teacher(TRAIN)
        for row, sentence in enumerate(TRAIN):
            own = models[fold_of(sentence, 2)]([sentence])
            torch.testing.assert_close(told[row].log_partition(), own.log_partition())
    student = distill(recipe(data, teacher=str(folder)), tmp_path / "student")
    assert student.metrics()["test"]["agreement"] is not None
    sizes = [len(CachedTeacher(folder / name / "cache")) for name in "12"]
    unique = {s.words for s in (*TRAIN, *DEV, *TEST, *tiny_corpus(5, seed=7))}
    assert sum(sizes) == len(unique)


def test_folds_go_on_where_they_were(data, tmp_path) -> None:
    made = recipe(data, objective="nll")
    folder = tmp_path / "folds"
    stopped = 0

    def stop(_: Any) -> None:
        nonlocal stopped
        stopped += 1
        if (folder / "2" / "recipe.toml").exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_folds(made, folder, folds=2, watch=stop)
    with pytest.raises(RunError, match="exists already"):
        train_folds(made, folder, folds=2)
    with pytest.raises(RunError, match="holds 2 folds, not 3"):
        train_folds(made, folder, folds=3, resume=True)
    runs = train_folds(made, folder, folds=2, resume=True)
    whole = train(replace_fold(made, 2), tmp_path / "whole")
    ours, theirs = runs[1].model().state_dict(), whole.model().state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert len(train_folds(made, folder, folds=2, overwrite=True)) == 2


def replace_fold(made: Recipe, number: int) -> Recipe:
    data = made.data.model_copy(update={"without_fold": (number, 2)})
    return made.model_copy(update={"data": data})


def test_folds_that_cannot_be_are_refused(data, tmp_path) -> None:
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "file").write_text("")
    made = recipe(data, objective="nll")
    with pytest.raises(RecipeError, match="expected two folds or more; got 1"):
        train_folds(made, tmp_path / "folds", folds=1)
    with pytest.raises(RunError, match="holds something else than folds"):
        train_folds(made, tmp_path / "else", folds=2)
    with pytest.raises(RecipeError, match=r"data.without_fold: must be \[k, K\] with"):
        recipe({**data, "without_fold": [3, 2]})
    (tmp_path / "else" / "folds.json").write_text("{}")
    with pytest.raises(RunError, match="train the folds again"):
        load_teacher(str(tmp_path / "else"))

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RecipeError, RunError, TrainingError
from structdistill.experiment import distill, evaluate_run, train
from structdistill.models.model import Model
from structdistill.progress import Epoch, Step
from structdistill.recipe import Recipe
from structdistill.run import Run
from structdistill.teaching import Caching, load_teacher, write_cache
from tests.test_run import contents
from tests.tiny import LABELS, encoder, tiny_corpus, tiny_model, write_data

TRAIN, DEV, TEST = (tiny_corpus(count, seed=count) for count in (30, 12, 8))
TEXT = tiny_corpus(9, seed=7)
TRAINING = {"epochs": 2, "batch_words": 60, "learning_rate": 2e-2}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> dict[str, Any]:
    """The files of a corpus, as a recipe's `data`."""
    folder = tmp_path_factory.mktemp("data")
    return write_data(folder, train=TRAIN, dev=DEV, test=TEST, text=TEXT)


def recipe(data: dict[str, Any], **rest: Any) -> Recipe:
    table = {"data": data, "model": {"encoder": encoder()}, "training": TRAINING}
    return Recipe.make({**table, **rest})


@dataclass
class Watch:
    """Remembers what it is told; fails after so many steps."""

    fails_after: int = 10**9
    events: list[Caching | Step | Epoch] = field(default_factory=list)

    def __call__(self, event: Caching | Step | Epoch) -> None:
        self.events.append(event)
        if len(self.of(Step)) >= self.fails_after:
            raise KeyboardInterrupt

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def words(self) -> int:
        """How many words an epoch had."""
        return sum(step.words for step in self.of(Step)) // len(self.of(Epoch))


def words(*corpora: Any) -> int:
    return sum(len(sentence) for corpus in corpora for sentence in corpus)


def timeless(metrics: dict[str, Any]) -> dict[str, Any]:
    """Figures without what depends on the machine."""
    return {
        "epochs": [epoch["dev"] for epoch in metrics["epochs"]],
        **{
            split: {key: value for key, value in metrics[split].items() if key[:5] != "words"}
            for split in ("dev", "test")
        },
    }


@pytest.fixture(scope="module")
def teacher(data, tmp_path_factory) -> Run:
    torch.manual_seed(0)
    longer = {**TRAINING, "epochs": 6}
    return train(recipe(data, training=longer), tmp_path_factory.mktemp("runs") / "teacher")


# From start to end


def test_training_leaves_a_run_that_can_be_used(data, tmp_path):
    watch = Watch()
    run = train(recipe(data), tmp_path / "run", watch=watch)
    assert run.recipe() == recipe(data)
    metrics = run.metrics()
    assert [epoch["dev"] for epoch in metrics["epochs"]] == [
        epoch.dev.score.main for epoch in watch.of(Epoch)
    ]
    assert metrics["dev"]["score"] == max(epoch["dev"] for epoch in metrics["epochs"])
    assert metrics["test"]["agreement"] is None
    assert metrics["test"]["parameters"] == run.model().parameter_count()
    assert run.model().labels.names == LABELS
    assert watch.words() == words(TRAIN)
    files = {path.name for path in run.folder.iterdir()}
    parts = {"checkpoint", "environment.json", "metrics.json", "model", "recipe.toml"}
    assert files == parts | {"counts.json", "tensorboard"}


def test_a_teacher_learns_and_its_student_takes_after_it(data, teacher, tmp_path):
    assert teacher.metrics()["test"]["score"] > 90
    watch = Watch()
    run = distill(
        recipe(
            {**data, "labelled": 3},
            teacher=str(teacher.folder),
            objective="0.9 * structural + 0.1 * nll",
            training={**TRAINING, "epochs": 6},
        ),
        tmp_path / "student",
        watch=watch,
    )
    assert watch.words() == words(TRAIN, TEXT)
    assert watch.of(Caching)[-1].done == watch.of(Caching)[-1].total
    assert {step.terms.keys() == {"structural", "nll"} for step in watch.of(Step)} == {True}
    figures = run.metrics()["test"]
    assert figures["agreement"] > 80
    assert evaluate_run(run.folder, teacher=str(teacher.folder))["agreement"] == pytest.approx(
        figures["agreement"]
    )


def test_training_learns_from_what_is_annotated_alone(data, tmp_path):
    watch = Watch()
    train(recipe({**data, "labelled": 4}), tmp_path, watch=watch)
    assert watch.words() == words(TRAIN[:4])


def test_without_cache_the_teacher_is_asked_itself(data, teacher, tmp_path):
    made = recipe(data, teacher=str(teacher.folder), objective="token")
    watch = Watch()
    asked = distill(made, tmp_path / "asked", cache=False, watch=watch)
    cached = distill(made, tmp_path / "cached")
    assert watch.of(Caching) == []
    ours, theirs = asked.model().state_dict(), cached.model().state_dict()
    for name, weights in ours.items():  # potentials are kept in half precision
        torch.testing.assert_close(theirs[name], weights, rtol=0, atol=0.02)


def test_a_cache_can_be_written_before_and_tells_what_it_loses(data, teacher, tmp_path):
    made = recipe(data, teacher=str(teacher.folder), objective="token")
    watch = Watch()
    figures = write_cache(made, compare=True, watch=watch)
    assert figures["folder"] == str(teacher.folder / "cache")
    assert figures["sentences"] == len(
        {sentence.words for sentence in (*TRAIN, *DEV, *TEST, *TEXT)}
    )
    assert figures["bytes"] > 2 * len(LABELS) * figures["words"]
    assert 0 <= figures["kl"] < 1e-3
    assert figures["score"] == pytest.approx(figures["cached_score"], abs=1)
    before = watch.of(Caching)
    assert write_cache(made, watch=watch).keys() < figures.keys()
    assert watch.of(Caching)[len(before)].done == before[-1].total  # nothing is asked again
    with pytest.raises(RecipeError, match="expected a teacher that is a folder"):
        write_cache(recipe(data, teacher="someone/else", objective="token"))


def test_the_student_has_the_labels_of_its_teacher_in_its_order(data, tmp_path):
    more = (*reversed(LABELS), "B-ORG", "I-ORG")
    tiny_model(labels=more).save_pretrained(tmp_path / "teacher")
    made = recipe(data, teacher=str(tmp_path / "teacher"), objective="structural")
    assert distill(made, tmp_path / "student").model().labels.names == more


def test_the_seed_decides_everything(data, tmp_path):
    one, same, other = (
        train(recipe(data, training={**TRAINING, "seed": seed}), tmp_path / name)
        for name, seed in (("one", 1), ("same", 1), ("other", 2))
    )
    weights = one.model().state_dict()
    again, others = same.model().state_dict(), other.model().state_dict()
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    assert not all(torch.equal(weights[name], others[name]) for name in weights)
    assert timeless(one.metrics()) == timeless(same.metrics())


@pytest.mark.parametrize("steps", [1, 3, 5])
def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(data, tmp_path, steps):
    made = recipe(data, training={**TRAINING, "checkpoint_minutes": 0})
    whole = train(made, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(made, tmp_path / "run", watch=Watch(fails_after=steps))
    watch = Watch()
    resumed = train(made, tmp_path / "run", resume=True, watch=watch)
    assert watch.of(Step)[0].number == steps + 1
    assert timeless(resumed.metrics()) == timeless(whole.metrics())
    theirs = whole.model().state_dict()
    for name, weights in resumed.model().state_dict().items():
        assert torch.equal(weights, theirs[name])
    again = train(made, tmp_path / "run", resume=True)
    assert timeless(again.metrics()) == timeless(whole.metrics())


def test_an_overwritten_run_is_a_new_one(data, tmp_path):
    train(recipe(data), tmp_path)
    shorter = {**TRAINING, "epochs": 1}
    run = train(recipe(data, training=shorter), tmp_path, overwrite=True)
    assert len(run.metrics()["epochs"]) == 1
    assert run.recipe().training.epochs == 1


# What is refused, before anything is changed


def refuse_all(data: dict[str, Any], folder: Path, teacher: Path) -> list[tuple[Any, Any, str]]:
    """Ways to start a run that cannot be: what is called, its recipe, and the message."""
    missing = {**data, "dev": str(folder / "none.txt")}
    (folder / "unknown.txt").write_text("the O\nAda B-PRE\n")
    unknown = {**data, "test": str(folder / "unknown.txt")}
    other = folder / "other"
    if not other.exists():
        tiny_model(labels=("O", "B-ORG", "I-ORG")).save_pretrained(other)
        (folder / "foreign").mkdir()
        (folder / "foreign" / "config.json").write_text("{}")
    soft = {"objective": "token", "teacher": str(teacher)}
    (folder / "text.txt").write_text("Ada flew to Paris .\n")
    strict = {
        "unlabelled": [str(folder / "text.txt")],
        "unlabelled_filter": {"max_confidence": 0},
    }
    pretrained = {"model": {"encoder": encoder(), "initialise": "teacher"}}
    return [
        (train, recipe({}), "the recipe names no data: set data.train and data.dev"),
        (train, recipe(missing), f"{folder}/none.txt: no such file; check the path"),
        (train, recipe(unknown), f"{folder}/unknown.txt:2: word 2 ('Ada'): the tag 'B-PRE' is not"),
        (train, recipe(data, objective="token"), "the objective 'token' needs a teacher: distill"),
        (train, recipe(data, **pretrained), "needs a teacher that is a model of ours"),
        (distill, recipe(data, objective="token"), "there is no teacher: name a run folder or a"),
        (distill, recipe(data, teacher=str(teacher)), "the objective 'nll' asks no teacher: train"),
        (
            distill,
            recipe(data, **{**soft, "teacher": str(other)}),
            "only the student has: B-LOC, B-PER, I-LOC, I-PER; only the teacher has: B-ORG, I-ORG",
        ),
        (
            distill,
            recipe(data, **{**soft, "teacher": str(folder / "foreign")}),
            "foreign is no run folder, and no teacher otherwise",
        ),
        (
            distill,
            recipe(data, **soft, **pretrained),
            "expected a pretrained encoder whose",
        ),
        (
            train,
            recipe(data, model={"encoder": {**encoder(), "embedding": {"name": "hashd"}}}),
            "unknown encoder 'hashd'. Did you mean 'hashed'?",
        ),
        (
            distill,
            recipe({**data, **strict}, **soft),
            "is within max_confidence = 0 a word; they have confidence from",
        ),
    ]


@pytest.mark.parametrize("number", range(12))
def test_what_cannot_be_is_refused_and_nothing_is_lost(data, teacher, tmp_path, number):
    work, made, message = refuse_all(data, tmp_path, teacher.folder)[number]
    run = Run.create(tmp_path / "run", recipe(data))
    tiny_model().save_pretrained(run.model_folder)
    before = contents(tmp_path)
    with pytest.raises((RecipeError, DataError, RunError)) as caught:
        work(made, run.folder, overwrite=True)
    assert message in str(caught.value)
    assert contents(tmp_path) == before


def test_a_run_that_exists_is_refused_before_the_data_are_read(data, tmp_path):
    Run.create(tmp_path, recipe(data))
    with pytest.raises(RunError, match=r"exists already.*--resume.*--overwrite"):
        train(recipe({**data, "train": "missing"}), tmp_path)


def test_a_student_does_not_overwrite_its_teacher(data, teacher):
    before = contents(teacher.folder)
    made = recipe(data, teacher=str(teacher.folder), objective="token")
    with pytest.raises(RunError, match="holds the teacher; choose another folder for the student"):
        distill(made, teacher.folder, overwrite=True)
    assert contents(teacher.folder) == before


def test_a_loss_that_is_no_number_leaves_nothing_half_written(data, tmp_path):
    wild = {**TRAINING, "learning_rate": 1e30, "warmup": 0.9, "epochs": 20}
    with pytest.raises(TrainingError, match=r"step \d+: the loss is .*train.txt:"):
        train(recipe(data, training=wild), tmp_path / "run")
    assert not (tmp_path / "run" / "metrics.json").exists()
    assert not list(tmp_path.glob("run/*.new"))


# Teachers, and runs that are evaluated


def test_teachers_are_runs_and_models(teacher, tmp_path):
    expected = teacher.model().state_dict()
    for folder in (teacher.folder, teacher.model_folder):
        found = load_teacher(str(folder))
        assert isinstance(found, Model)
        assert all(torch.equal(found.state_dict()[name], expected[name]) for name in expected)
    os.truncate(Run.create(tmp_path, Recipe.make({})).folder / "recipe.toml", 0)
    with pytest.raises(RunError, match="has saved no model yet"):
        load_teacher(str(tmp_path))


def test_a_run_is_evaluated_on_its_test_data_or_any_file(data, teacher, tmp_path):
    figures = evaluate_run(teacher.folder)
    assert figures["score"] == teacher.metrics()["test"]["score"]
    assert figures["agreement"] is None
    assert evaluate_run(teacher.folder, data["dev"])["score"] == teacher.metrics()["dev"]["score"]
    other = tmp_path / "other.txt"
    lines = [f"{w} {t} x\n" for s in TEST for w, t in zip(s.words, s.tags or (), strict=True)]
    other.write_text("".join(lines))
    figures = evaluate_run(teacher.folder, str(other), settings=["data.format.tag=1"])
    assert figures["values"]["accuracy"] > 50


def test_a_model_agrees_with_itself(teacher):
    assert evaluate_run(teacher.folder, teacher=str(teacher.folder))["agreement"] == 100


def test_what_cannot_be_evaluated_says_why(data, teacher, tmp_path):
    file = tmp_path / "test.txt"
    file.write_text("Ada B-ORG\n")
    with pytest.raises(DataError, match=rf"^{file}:1: word 1 .*'B-ORG' is not among the labels"):
        evaluate_run(teacher.folder, str(file))
    without = train(recipe({**data, "test": None}), tmp_path / "run")
    with pytest.raises(RecipeError, match="nothing to evaluate on: name a file, or set"):
        evaluate_run(without.folder)
    assert "test" not in without.metrics()
    with pytest.raises(RunError, match="there is no run folder"):
        evaluate_run(tmp_path / "none")
    with pytest.raises(RecipeError, match=r"unknown key\. Did you mean 'test'"):
        evaluate_run(teacher.folder, settings=["data.tset=x"])


# Annotations in the place of a teacher


def told(path: Path, *lines: list[tuple[Sentence, float]]) -> str:
    """A file of annotations with their weights; returns the path as recipes name it."""
    records = [
        {
            "tokens": line[0][0].words,
            "annotations": [{"tags": s.tags, "weight": weight} for s, weight in line],
        }
        for line in lines
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return str(path)


def outside(sentence: Sentence) -> Sentence:
    """What an annotator says who sees no names."""
    return replace(sentence, tags=("O",) * len(sentence))


def test_a_file_of_annotations_is_a_teacher(data, tmp_path):
    new = [s for s in tiny_corpus(30, seed=5) if s.words not in {t.words for t in (*DEV, *TEST)}]
    file = told(tmp_path / "told.jsonl", *([(s, 0.9), (outside(s), 0.1)] for s in new))
    made = recipe(
        {key: value for key, value in data.items() if key in ("train", "dev", "test")},
        teacher=file,
        objective="0.9 * structural + 0.1 * nll",
        training={**TRAINING, "epochs": 6},
    )
    watch = Watch()
    run = distill(made, tmp_path / "student", watch=watch)
    train_words = {sentence.words for sentence in TRAIN}
    assert watch.words() == words(TRAIN, (s for s in new if s.words not in train_words))
    assert watch.of(Caching) == []
    assert run.metrics()["test"]["score"] > 80
    assert run.metrics()["test"]["agreement"] is None
    alone = Recipe.make(made.model_dump() | {"data": {"dev": data["dev"]}})
    assert distill(alone, tmp_path / "alone").model().labels.names == LABELS
    with pytest.raises(DataError, match=r"test.txt:\S+ the teacher has no annotation of this"):
        evaluate_run(run.folder, teacher=file)


def test_all_that_is_annotated_is_compared_with(data, tmp_path):
    file = told(tmp_path / "told.jsonl", *([(s, 1)] for s in (*TRAIN, *TEST)))
    made = recipe({k: v for k, v in data.items() if k != "unlabelled"}, teacher=file)
    made = made.model_copy(update={"objective": "top_k"})
    watch = Watch()
    run = distill(made, tmp_path / "student", watch=watch)
    assert watch.words() == words(TRAIN)  # and not what is for testing
    figures = run.metrics()
    assert figures["dev"]["agreement"] is None
    assert figures["test"]["agreement"] == pytest.approx(figures["test"]["values"]["accuracy"])
    assert evaluate_run(run.folder, teacher=file)["agreement"] == figures["test"]["agreement"]


def test_the_student_has_the_labels_of_annotations_and_training_data(data, tmp_path):
    new = Sentence(("Acme", "sells"), ("B-ORG", "O"))
    file = told(tmp_path / "told.jsonl", [(new, 1)])
    made = recipe({k: v for k, v in data.items() if k != "unlabelled"}, teacher=file)
    made = made.model_copy(update={"objective": "posterior"})
    names = distill(made, tmp_path / "student").model().labels.names
    assert names == ("O", "B-LOC", "B-ORG", "B-PER", "I-LOC", "I-ORG", "I-PER")


@pytest.mark.parametrize(
    ("changed", "objective", "message"),
    [
        ({}, "structural", "text.txt:1: the teacher has no annotation of this sentence, and the"),
        ({"unlabelled": []}, "token", "token cannot compare the teacher's Empirical with the stu"),
        ({"unlabelled": [], "labelled": 3}, "structural", r"train.txt:\S+ the teacher has no anno"),
        ({"dev": None}, "structural", "the recipe names no data: set data.train and data.dev"),
    ],
)
def test_what_a_file_cannot_teach_is_refused(data, tmp_path, changed, objective, message):
    file = told(tmp_path / "told.jsonl", [(Sentence(("Acme",), ("B-PER",)), 1)])
    made = recipe({**data, **changed}, teacher=file, objective=objective)
    with pytest.raises((DataError, RecipeError), match=message):
        distill(made, tmp_path / "student")
    assert not (tmp_path / "student").exists()


def test_segments_that_are_too_long_for_the_student_are_refused(data, tmp_path):
    long = Sentence(tuple("abcdef"), ("B-PER", *["I-PER"] * 5))
    file = told(tmp_path / "told.jsonl", [(outside(long), 0.5), (long, 0.5)])
    made = Recipe.make(
        {
            "task": "segmentation",
            "data": {k: v for k, v in data.items() if k != "unlabelled"},
            "model": {"encoder": encoder(), "head": {"longest": 4}},
            "teacher": file,
            "objective": "structural",
            "training": TRAINING,
        }
    )
    with pytest.raises(DataError, match=r"told.jsonl:1: word 1 .*Set model.head.longest=6"):
        distill(made, tmp_path / "student")
    longer = Recipe.make(made.model_dump() | {"model": {"encoder": encoder()}})
    assert distill(longer, tmp_path / "student").metrics()["dev"]["score"] >= 0

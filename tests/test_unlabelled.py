"""Text without annotation: what of it is kept, how much of it an epoch sees."""

import json

import pytest
import torch
from typer.testing import CliRunner

from structdistill.cli import app
from structdistill.data.filtering import Filter
from structdistill.errors import RecipeError
from structdistill.experiment import distill
from structdistill.recipe import Recipe
from structdistill.tasks.tagging import Tagging
from structdistill.teachers.certainty import entropy, log_confidence
from structdistill.teachers.lessons import Lessons, Source
from structdistill.teachers.translation import Translation
from structdistill.teaching import taught
from structdistill.training import Epoch, Step
from structdistill.unlabelled import Filtered, check_ratio, filtered
from tests.tiny import TASK, encoder, tiny_corpus, tiny_model, write_data

TRAIN, DEV, TEXT = (tiny_corpus(count, seed=count) for count in (12, 6, 40))
OTHERS = [sentence.unlabelled() for sentence in TEXT]


def taught_by(*teachers):
    same = Translation.of_names(Tagging, theirs=TASK.labels, ours=TASK.labels)
    return Lessons(TASK.labels, tuple(Source(str(t), t, same, t) for t in teachers))


@pytest.fixture
def teacher():
    return tiny_model().eval()


@pytest.mark.parametrize("per", ["word", "sentence"])
def test_what_is_kept_is_within_the_bounds_and_what_is_not_is_beyond(teacher, per):
    with torch.no_grad():
        p = teacher(OTHERS)
    words = p.lengths if per == "word" else torch.ones_like(p.lengths)
    for name, values in (
        ("confidence", (log_confidence(p) / words).exp()),
        ("entropy", entropy(p) / words),
    ):
        middle = float(values.median()) + 1e-6
        low = [s for s, value in zip(OTHERS, values, strict=True) if value <= middle]
        high = [s for s, value in zip(OTHERS, values, strict=True) if value > middle]
        for bound, expected in ((f"max_{name}", low), (f"min_{name}", high)):
            bounds = Filter(**{bound: middle, "per": per})
            kept, outcome = filtered([*TRAIN, *OTHERS], bounds, taught_by(teacher), Tagging)
            assert kept == [*TRAIN, *expected]  # annotated ones always
            assert (outcome.kept, outcome.total) == (len(expected), len(OTHERS))
            assert outcome.words == sum(map(len, expected))
            assert outcome.bounds == str(bounds)


def test_several_teachers_are_asked_together(teacher):
    both = taught_by(teacher, tiny_model(1).eval())
    kept, outcome = filtered(OTHERS, Filter(min_confidence=0), both, Tagging)
    assert kept == OTHERS
    assert outcome.figures()["unlabelled"]["kept"] == len(OTHERS)
    with pytest.raises(RecipeError, match="entropy of several teachers together is not known"):
        filtered(OTHERS, Filter(max_entropy=1), both, Tagging)


def test_bounds_that_leave_nothing_are_refused(teacher):
    with pytest.raises(
        RecipeError, match=r"none of 40 sentences.*max_confidence = 0 a word; they have confidence"
    ):
        filtered(OTHERS, Filter(max_confidence=0), taught_by(teacher), Tagging)
    kept, outcome = filtered(TRAIN, Filter(max_confidence=0), taught_by(teacher), Tagging)
    assert (kept, outcome.total) == (TRAIN, 0)


def test_a_ratio_needs_both_kinds_of_text():
    check_ratio(None, TRAIN, Tagging)
    check_ratio(2.0, [*TRAIN, *OTHERS], Tagging)
    for sentences in (TRAIN, OTHERS):
        with pytest.raises(RecipeError, match=r"unlabelled_ratio = 2 needs .* annotation and sen"):
            check_ratio(2.0, sentences, Tagging)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A recipe whose teacher stands in a folder."""
    folder = tmp_path_factory.mktemp("data")
    tiny_model().save_pretrained(folder / "teacher")
    return {
        "data": write_data(folder, train=TRAIN, dev=DEV, text=TEXT),
        "model": {"encoder": encoder()},
        "teacher": str(folder / "teacher"),
        "objective": "token + nll",
        "training": {"epochs": 3, "batch_words": 40},
    }


def words_of_epochs(events):
    found, words = [], 0
    for event in events:
        words += event.words if isinstance(event, Step) else 0
        if isinstance(event, Epoch):
            found.append(words)
            words = 0
    return found


def test_a_student_learns_from_what_is_kept_and_mixed(table, tmp_path):
    data = {**table["data"], "unlabelled_ratio": 0.5, "unlabelled_filter": {"min_confidence": 0.2}}
    made = Recipe.make({**table, "data": data})
    events = []
    run = distill(made, tmp_path / "run", watch=events.append)
    (outcome,) = [event for event in events if isinstance(event, Filtered)]
    assert 0 < outcome.kept <= outcome.total == len(TEXT)
    assert run.metrics()["unlabelled"] == outcome.figures()["unlabelled"]
    annotated = sum(map(len, TRAIN))
    assert all(abs(words - 1.5 * annotated) < 10 for words in words_of_epochs(events))
    again = distill(made, tmp_path / "again")
    assert run.metrics()["epochs"][-1]["dev"] == again.metrics()["epochs"][-1]["dev"]


@pytest.mark.parametrize("steps", [2, 7])
def test_an_interrupted_mix_goes_on_as_if_nothing_had_happened(table, tmp_path, steps):
    data = {**table["data"], "unlabelled_ratio": 0.7, "unlabelled_filter": {"min_confidence": 0.2}}
    training = {**table["training"], "checkpoint_minutes": 0}
    made = Recipe.make({**table, "data": data, "training": training})

    def interrupt(event):
        nonlocal steps
        steps -= isinstance(event, Step)
        if steps < 0:
            raise KeyboardInterrupt

    whole = distill(made, tmp_path / "whole").model().state_dict()
    with pytest.raises(KeyboardInterrupt):
        distill(made, tmp_path / "part", watch=interrupt)
    resumed = distill(made, tmp_path / "part", resume=True).model().state_dict()
    torch.testing.assert_close(resumed, whole, rtol=0, atol=0)


def test_a_ratio_without_text_is_refused_before_anything_is_written(table, tmp_path):
    data = {**table["data"], "unlabelled": [], "unlabelled_ratio": 1}
    with pytest.raises(RecipeError, match=r"Name text in data\.unlabelled"):
        distill(Recipe.make({**table, "data": data}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_annotations_are_filtered_by_how_far_annotators_agree(table, tmp_path):
    def told(name, weight):
        lines = []
        for number, s in enumerate(TEXT):
            none = {"tags": ["O"] * len(s), "weight": weight(number)}
            lines.append({"tokens": s.words, "annotations": [{"tags": s.tags, "weight": 1}, none]})
        path = tmp_path / name
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return str(path)

    data = {k: v for k, v in table["data"].items() if k != "unlabelled"}
    data["unlabelled_filter"] = {"min_confidence": 0.8, "per": "sentence"}
    made = {**table, "data": data, "objective": "structural"}
    events = []
    divided = {**made, "teacher": told("divided.jsonl", lambda number: number % 2 / 5)}
    distill(Recipe.make(divided), tmp_path / "divided", watch=events.append)
    (outcome,) = [event for event in events if isinstance(event, Filtered)]
    assert outcome.kept == outcome.total  # 1 or 1 / 1.2
    agreed = {**made, "teacher": told("agreed.jsonl", lambda number: 0)}
    with pytest.raises(RecipeError, match="one annotation of each sentence, which says nothing"):
        distill(Recipe.make(agreed), tmp_path / "agreed")


def test_copies_of_training_sentences_are_text_like_any_other(table, tmp_path):
    data = {**table["data"], "unlabelled": [], "augmentation": {"copies": 2}}
    made = Recipe.make({**table, "data": data})
    corpus, _ = taught(made)
    assert 0 < len(corpus.unlabelled) <= 2 * len(TRAIN)
    assert not {s.words for s in corpus.unlabelled} & {s.words for s in (*TRAIN, *DEV)}
    events = []
    distill(made, tmp_path / "run", watch=events.append)
    text = [*corpus.train, *corpus.unlabelled]
    assert words_of_epochs(events) == [sum(map(len, text))] * 3


def test_a_file_of_annotations_knows_no_copies(table, tmp_path):
    told = tmp_path / "told.jsonl"
    told.write_text('{"tokens": ["Ada"], "tags": ["B-PER"]}\n')
    data = {**table["data"], "unlabelled": [], "augmentation": {"copies": 2}}
    made = Recipe.make({**table, "data": data, "teacher": str(told)})
    with pytest.raises(RecipeError, match=r"no annotation of sentences that data\.augmentation"):
        taught(made)


def test_the_option_is_the_setting(tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('objective = "token"\n[data]\nunlabelled = ["a.txt"]\n')

    def resolved(*arguments):
        result = CliRunner().invoke(app, ["distill", str(recipe), "--dry-run", *arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    assert resolved("--unlabelled", "b.txt", "-u", "c.txt") == resolved(
        "--set", 'data.unlabelled=["b.txt", "c.txt"]'
    )
    assert 'unlabelled = [\n    "a.txt",\n]' in resolved()


def test_what_has_no_sub_words_is_not_trimmed(table, tmp_path):
    model = {"encoder": encoder(), "vocabulary": "corpus"}
    with pytest.raises(RecipeError, match=r"Set vocabulary = .all."):
        distill(Recipe.make({**table, "model": model}), tmp_path / "run")
    assert not (tmp_path / "run").exists()

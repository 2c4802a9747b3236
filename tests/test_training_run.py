import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.errors import RunError, TrainingError
from structdistill.models.model import Model
from structdistill.progress import Epoch, Step
from structdistill.structures import Parts, Structure
from structdistill.tasks.base import Prediction, Score, Task
from tests.tiny import LABELS, TASK, same, tiny_corpus, tiny_model, training

# The best model


class Scripted(Task):
    """Tagging, with dev scores that are given beforehand."""

    def __init__(self, scores: Sequence[float]):
        super().__init__(Labels(LABELS))
        self.scores = list(scores)

    @staticmethod
    def is_annotated(sentence: Sentence) -> bool:
        return TASK.is_annotated(sentence)

    @classmethod
    def collect(cls, sentences: Iterable[Sentence]) -> Labels:
        return TASK.collect(sentences)

    def check(self, sentence: Sentence) -> None:
        TASK.check(sentence)

    def predict(self, sentences: Sequence[Sentence], structure: Structure) -> list[Prediction]:
        return TASK.predict(sentences, structure)

    def encode(self, sentences: Sequence[Sentence], structure: Structure) -> Parts:
        return TASK.encode(sentences, structure)

    def indicators(self, sentences: Sequence[Sentence]) -> tuple[Structure, Parts]:
        return TASK.indicators(sentences)

    def decode(self, sentences: Sequence[Sentence], structure: Structure) -> list[Sentence]:
        return TASK.decode(sentences, structure)

    def score(self, gold: Sequence[Sentence], predicted: Sequence[Sentence]) -> Score:
        score = float(self.scores.pop(0))
        return Score("F1", score, {"F1": score}, {"PER": {"F1": score, "support": 3}})

    def agreement(self, ours: Sentence, theirs: Sentence) -> float:
        return TASK.agreement(ours, theirs)


@pytest.mark.parametrize(
    ("scores", "patience", "ran", "best"),
    [
        ([50, 60, 55, 60, 70, 80], 2, 4, 2),  # equal is not better
        ([50, 40, 60, 30, 20, 10], 2, 5, 3),  # patience starts again after the best
        ([9, 8, 7, 6, 5, 4], 1, 2, 1),
        ([9, 8, 7, 6, 5, 10], None, 6, 6),
        ([0, 0, 0, 0, 0, 0], None, 6, 1),
    ],
)
def test_training_stops_without_gain_and_keeps_the_best(tmp_path, scores, patience, ran, best):
    model = tiny_model()
    weights, marks = [], []
    for event in training(tmp_path, model, task=Scripted(scores), epochs=6, patience=patience):
        if isinstance(event, Epoch):
            weights.append({name: w.clone() for name, w in model.state_dict().items()})
            marks.append(event.best)
    assert len(weights) == ran
    assert [i for i, mark in enumerate(marks, start=1) if mark][-1] == best
    kept = Model.from_pretrained(tmp_path / "model").state_dict()
    same(kept, weights[best - 1])
    assert any((kept[name] != weights[best - 2][name]).any() for name in kept) or best == 1


# Checkpoints

SETTINGS = {"epochs": 3, "batch_words": 20, "learning_rate": 1e-2, "seed": 5}


def start(folder: Path, **rest: Any) -> tuple[Model, Iterator[Step | Epoch]]:
    """A student with dropout, so that random numbers matter, and its training."""
    folder.mkdir(exist_ok=True)
    model = tiny_model(dropout=0.3)
    objective, teacher = "linear(1.0, 0.0) * structural + nll", tiny_model(1)
    return model, training(folder, model, objective, teacher=teacher, **{**SETTINGS, **rest})


def timeless(events: Sequence[Step | Epoch]) -> list[Any]:
    """What happened, without how long it took."""
    return [
        (e.number, e.progress, e.loss, e.terms, e.gradient_norm, e.learning_rate, e.words)
        if isinstance(e, Step)
        else (e.number, e.dev.score, e.dev.words, e.best)
        for e in events
    ]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The final weights of a training, and all that it yielded."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("uninterrupted")
    model, events = start(folder)
    happened = list(events)
    assert [type(event).__name__ for event in happened[:-1]].count("Epoch") == 2
    return model.state_dict(), happened, Model.from_pretrained(folder / "model").state_dict()


def check_resumed(folder: Path, uninterrupted: Any, since: int) -> None:
    """Goes on with the training in a folder: all is as if it had never been interrupted.

    Args:
        since: how many of the events were before the last checkpoint.
    """
    weights, happened, best = uninterrupted
    torch.manual_seed(123)  # another process has other random numbers
    model, events = start(folder, resume=True)
    epochs = [event for event in happened[:since] if isinstance(event, Epoch)]
    assert timeless(list(events)) == timeless(epochs + happened[since:])
    same(model.state_dict(), weights)
    same(Model.from_pretrained(folder / "model").state_dict(), best)


@pytest.mark.parametrize("consumed", [1, 3, 6, 8, 12])
def test_resuming_within_an_epoch_equals_no_interruption(tmp_path, uninterrupted, consumed):
    happened = uninterrupted[1]
    assert {type(happened[i - 1]) for i in (1, 3, 6, 8, 12)} == {Step, Epoch}
    _, events = start(tmp_path, checkpoint_minutes=0)
    assert timeless(itertools.islice(events, consumed)) == timeless(happened[:consumed])
    events.close()
    check_resumed(tmp_path, uninterrupted, consumed)


def test_what_came_after_the_last_checkpoint_is_done_again(tmp_path, uninterrupted):
    happened = uninterrupted[1]
    first = next(i for i, event in enumerate(happened, start=1) if isinstance(event, Epoch))
    _, events = start(tmp_path)
    list(itertools.islice(events, first + 2))
    events.close()
    check_resumed(tmp_path, uninterrupted, first)


def test_resuming_a_finished_training_only_repeats_its_epochs(tmp_path, uninterrupted):
    list(start(tmp_path)[1])
    check_resumed(tmp_path, uninterrupted, len(uninterrupted[1]))


def test_resuming_without_checkpoint_starts_at_the_beginning(tmp_path, uninterrupted):
    check_resumed(tmp_path, uninterrupted, 0)


@pytest.mark.parametrize("renamed", [True, False])
def test_a_death_while_a_checkpoint_is_written_is_recovered(tmp_path, uninterrupted, renamed):
    _, events = start(tmp_path, checkpoint_minutes=0)
    list(itertools.islice(events, 3))
    events.close()
    half = tmp_path / "checkpoint.new"
    half.mkdir()
    (half / "model.safetensors").write_bytes(b"half")
    if renamed:  # died after the first of the two renames
        (tmp_path / "checkpoint").rename(tmp_path / "checkpoint.old")
    check_resumed(tmp_path, uninterrupted, 3)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"checkpoint", "model", "tensorboard"}


@pytest.mark.parametrize("name", ["model.safetensors", "optimizer.bin", "custom_checkpoint_0.pkl"])
def test_a_damaged_checkpoint_is_refused(tmp_path, name):
    _, events = start(tmp_path, epochs=1)
    list(events)
    file = tmp_path / "checkpoint" / name
    file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(RunError, match=r"checkpoint is damaged .*; start anew \(--overwrite\)"):
        next(start(tmp_path, resume=True)[1])


def test_a_full_disk_keeps_the_last_checkpoint(tmp_path, uninterrupted, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    _, events = start(tmp_path, checkpoint_minutes=0)
    list(itertools.islice(events, 3))
    with monkeypatch.context() as patch:
        patch.setattr(Accelerator, "save_state", full)
        with pytest.raises(RunError, match=r"checkpoint cannot be written, .* No space left"):
            next(events)
    check_resumed(tmp_path, uninterrupted, 3)


# What goes wrong


def test_a_loss_that_is_no_number_stops_and_keeps_what_there_is(tmp_path):
    model = tiny_model()
    events = training(tmp_path, model, epochs=3, batch_words=20)
    steps = len(list(itertools.takewhile(lambda event: isinstance(event, Step), events)))
    model.head.emissions.bias.data[0] = math.nan
    with pytest.raises(TrainingError) as caught:
        next(events)
    message = str(caught.value)
    assert message.startswith(f"step {steps + 1}: the loss is nan")
    assert f"the last checkpoint is kept in {tmp_path / 'checkpoint'}" in message
    assert "Lower the learning rate, or look at these sentences: tiny.txt:" in message
    named = message.rpartition("sentences: ")[2].split(", ")
    assert set(named) < {sentence.origin for sentence in tiny_corpus(10)}
    best = Model.from_pretrained(tmp_path / "model")
    assert all(weights.isfinite().all() for weights in best.state_dict().values())
    resumed = training(tmp_path, tiny_model(), epochs=3, batch_words=20, resume=True)
    assert sum(isinstance(event, Epoch) for event in resumed) == 3


def test_a_gradient_that_is_no_number_stops_before_it_does_harm(tmp_path):
    model = tiny_model()
    model.head.emissions.weight.register_hook(lambda gradient: gradient * math.inf)
    before = {name: weights.clone() for name, weights in model.state_dict().items()}
    nameless = [Sentence(("no", "origin"), ("O", "O"))]
    with pytest.raises(TrainingError, match=r"step 1: .* not yet written.* sentences: no origin$"):
        next(training(tmp_path, model, train=nameless))
    same(model.state_dict(), before)


# What is written, and the order


def test_a_consumer_may_stop_and_train_again(tmp_path):
    for precision in ("no", "bf16", "no"):
        events = training(tmp_path, tiny_model(), mixed_precision=precision)
        assert math.isfinite(next(events).loss)
        events.close()


def test_training_and_dev_figures_go_to_tensorboard(tmp_path):
    events = list(training(tmp_path, tiny_model(), "nll", epochs=2, batch_words=20))
    written = EventAccumulator(str(tmp_path / "tensorboard"))
    written.Reload()
    assert set(written.Tags()["scalars"]) == {
        "loss",
        "nll",
        "gradient_norm",
        "learning_rate",
        "dev F1",
    }
    steps = [event for event in events if isinstance(event, Step)]
    losses = written.Scalars("loss")
    assert [loss.step for loss in losses] == [step.number for step in steps]
    assert [loss.value for loss in losses] == pytest.approx([step.loss for step in steps])
    assert [score.step for score in written.Scalars("dev F1")] == [len(steps) // 2, len(steps)]


def test_the_order_of_the_data_follows_seed_and_epoch(tmp_path):
    def words(seed: int) -> list[int]:
        settings = {"epochs": 3, "batch_words": 20, "seed": seed}
        run = training(tmp_path, tiny_model(), train=tiny_corpus(40), **settings)
        return [event.words for event in run if isinstance(event, Step)]

    first, again, other = words(1), words(1), words(2)
    assert first == again != other
    each = len(first) // 3
    assert first[:each] != first[each : 2 * each]

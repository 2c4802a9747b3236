import itertools
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor
from torch.optim.optimizer import register_optimizer_step_pre_hook

from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.errors import RunError, TrainingError
from structdistill.models.model import Model
from structdistill.objectives import parse
from structdistill.structures import Parts, Structure
from structdistill.tasks.base import Score, Task
from structdistill.tasks.tagging import Tagging
from structdistill.training import Epoch, Settings, Step, _steps, fit
from tests import two_processes
from tests.tiny import LABELS, tiny_corpus, tiny_model

TASK = Tagging(Labels(LABELS))
DEV = tiny_corpus(6, seed=99)


def mixed_sentences(count: int) -> list[Sentence]:
    """Annotated, unlabelled and partly annotated ones by turns."""
    sentences = tiny_corpus(count)
    sentences[1::3] = [sentence.unlabelled() for sentence in sentences[1::3]]
    for i, sentence in list(enumerate(sentences))[2::3]:
        tags = [None if position % 2 else tag for position, tag in enumerate(sentence.tags or ())]
        sentences[i] = Sentence(sentence.words, tuple(tags))
    return sentences


def training(
    folder: Path,
    model: Model,
    objective: str = "nll",
    *,
    train: Sequence[Sentence] = (),
    task: Task = TASK,
    teacher: Any = None,
    resume: bool = False,
    **settings: Any,
) -> Iterator[Step | Epoch]:
    """`fit` with few arguments; ten sentences to train on if not said otherwise."""
    return fit(
        model,
        task,
        train=train or tiny_corpus(10),
        dev=DEV,
        objective=parse(objective),
        settings=Settings(**settings),
        folder=folder,
        teacher=teacher,
        resume=resume,
    )


@contextmanager
def watched(see: Any) -> Iterator[None]:
    """Calls a function with the optimizer before each of its steps."""
    handle = register_optimizer_step_pre_hook(lambda optimizer, *_: see(optimizer))
    try:
        yield
    finally:
        handle.remove()


def gradients(model: Model) -> dict[str, Tensor]:
    return {
        name: torch.zeros_like(p) if p.grad is None else p.grad.clone()
        for name, p in model.named_parameters()
    }


def first_step(folder: Path, model: Model, objective: str, **rest: Any) -> dict[str, Tensor]:
    """The gradients of the first step, not clipped."""
    found: list[dict[str, Tensor]] = []
    with watched(lambda _: found.append(gradients(model))):
        next(training(folder, model, objective, clip=1e9, **rest))
    return found[0]


def same(ours: dict[str, Tensor], theirs: dict[str, Tensor], tolerance: float = 0.0) -> None:
    for name, expected in theirs.items():
        torch.testing.assert_close(ours[name], expected, rtol=tolerance, atol=tolerance)


# The loss


@pytest.mark.parametrize("structure", ["linear_chain", "independent"])
@pytest.mark.parametrize(
    "objective", ["nll", "0.7 * structural(temperature=2.0) + 0.3 * nll", "substructure"]
)
def test_raw_gradients_do_not_change_with_how_a_step_is_split(tmp_path, objective, structure):
    teacher = tiny_model(1, structure=structure).double()
    sentences = mixed_sentences(13)
    whole, pairs, single = (
        first_step(
            tmp_path,
            tiny_model(structure=structure).double(),
            objective,
            train=sentences,
            teacher=teacher,
            batch_words=words,
            accumulate=accumulate,
        )
        for words, accumulate in ((1000, 1), (16, 100), (1, 100))
    )
    assert sum(float(gradient.abs().sum()) for gradient in whole.values()) > 0.1
    same(pairs, whole, 1e-12)
    same(single, whole, 1e-12)


def test_gradients_are_those_of_the_documented_loss(tmp_path):
    sentences = [s for s in mixed_sentences(20) if len(s) <= 5]
    assert {s.tags is None for s in sentences} == {True, False}
    teacher = tiny_model(1).double()
    found = first_step(
        tmp_path,
        tiny_model().double(),
        "0.7 * structural + 0.3 * nll",
        train=sentences,
        teacher=teacher,
        batch_words=12,
        accumulate=100,
    )
    student = tiny_model().double()
    total = torch.zeros((), dtype=torch.float64)
    for sentence in sentences:
        ours, agrees = enumerate_log_probs(student, sentence)
        theirs = enumerate_log_probs(teacher, sentence)[0].detach()
        kl = (theirs.exp() * (theirs - ours)).sum()
        nll = -ours[agrees].logsumexp(0)
        # Objectives are means over the words of a sentence; the loss is one over all words.
        total = total + len(sentence) * (0.7 * kl + 0.3 * nll) / len(sentence)
    (total / sum(len(sentence) for sentence in sentences)).backward()
    same(found, gradients(student), 1e-10)


def enumerate_log_probs(model: Model, sentence: Sentence) -> tuple[Tensor, Tensor]:
    """The log-probability of each tag sequence, and which of them agree with the annotation."""
    potentials = model([sentence]).potentials
    sequences = torch.tensor(list(itertools.product(range(len(LABELS)), repeat=len(sentence))))
    scores = potentials["start"][sequences[:, 0]] + potentials["end"][sequences[:, -1]]
    for i in range(len(sentence)):
        scores = scores + potentials["emissions"][0, i, sequences[:, i]]
        if i:
            scores = scores + potentials["transitions"][sequences[:, i - 1], sequences[:, i]]
    agrees = torch.ones(len(sequences), dtype=torch.bool)
    for i, tag in enumerate(sentence.tags or ()):
        if tag is not None:
            agrees &= sequences[:, i] == LABELS.index(tag)
    return scores.log_softmax(0), agrees


def test_a_step_says_what_it_did(tmp_path):
    sentences = mixed_sentences(12)
    teacher = tiny_model(1)
    run = training(
        tmp_path,
        tiny_model(),
        "0.5 * token + 2 * nll",
        train=sentences,
        teacher=teacher,
        batch_words=20,
        accumulate=2,
        epochs=2,
    )
    events = list(run)
    steps = [event for event in events if isinstance(event, Step)]
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert steps[0].progress == 0
    assert steps[len(steps) // 2].progress == 0.5
    words = sum(len(sentence) for sentence in sentences)
    assert sum(step.words for step in steps[: len(steps) // 2]) == words
    for step in steps:
        assert step.terms.keys() == {"token", "nll"}
        assert step.loss == pytest.approx(0.5 * step.terms["token"] + 2 * step.terms["nll"])
        assert step.seconds > 0
    epochs = [event for event in events if isinstance(event, Epoch)]
    assert [epoch.number for epoch in epochs] == [1, 2]
    assert epochs[0].best
    own = sum(step.seconds for step in steps[: len(steps) // 2])
    assert epochs[0].seconds == pytest.approx(own)


def test_schedules_reach_the_objective(tmp_path):
    run = training(
        tmp_path,
        tiny_model(),
        "linear(1.0, 0.0) * nll",
        epochs=2,
        batch_words=20,
        learning_rate=1e-9,
    )
    steps = [event for event in run if isinstance(event, Step)]
    assert len({step.progress for step in steps}) == len(steps) > 4
    for step in steps:
        assert step.loss == pytest.approx((1 - step.progress) * step.terms["nll"])


# The teacher


@dataclass
class Spy:
    """A teacher that remembers how it was called."""

    model: Model
    with_gradients: list[bool] = field(default_factory=list)
    training: list[bool] = field(default_factory=list)

    def __call__(self, sentences: Sequence[Sentence]) -> Structure:
        self.with_gradients.append(torch.is_grad_enabled())
        self.training.append(self.model.training)
        return self.model(sentences)


def test_nothing_flows_into_the_teacher(tmp_path):
    spy = Spy(tiny_model(1))
    before = {name: weights.clone() for name, weights in spy.model.state_dict().items()}
    list(training(tmp_path, tiny_model(), "structural + substructure", teacher=spy, epochs=1))
    assert spy.with_gradients
    assert not any(spy.with_gradients)
    assert all(parameter.grad is None for parameter in spy.model.parameters())
    same(spy.model.state_dict(), before)


def test_a_teacher_that_was_just_trained_does_not_drop_out(tmp_path):
    teacher = tiny_model(1, dropout=0.5).train()
    step = next(training(tmp_path, tiny_model(), "structural", teacher=teacher))
    assert not teacher.training
    again = next(training(tmp_path, tiny_model(), "structural", teacher=teacher))
    assert step.loss == again.loss


def test_an_objective_without_teacher_never_calls_it(tmp_path):
    def teacher(sentences: Sequence[Sentence]) -> Structure:
        raise AssertionError("asked")

    assert list(training(tmp_path, tiny_model(), "nll", teacher=teacher, epochs=1))


# The optimizer


def test_each_group_follows_the_schedule_from_its_own_peak(tmp_path):
    model = tiny_model()
    heads = {id(parameter) for parameter in model.head.parameters()}
    seen: list[dict[str, float]] = []

    def see(optimizer: torch.optim.Optimizer) -> None:
        rates: dict[str, float] = {}
        for group in optimizer.param_groups:
            of_head = {id(parameter) in heads for parameter in group["params"]}
            assert len(of_head) == 1
            vectors = {parameter.dim() <= 1 for parameter in group["params"]}
            assert vectors == {group["weight_decay"] == 0}
            rates[f"{'head' if of_head.pop() else 'encoder'} {vectors.pop()}"] = group["lr"]
        seen.append(rates)

    with watched(see):
        events = training(
            tmp_path,
            model,
            epochs=4,
            batch_words=20,
            warmup=0.25,
            learning_rate=3e-3,
            head_learning_rate=5e-2,
            weight_decay=0.1,
        )
        steps = [event for event in events if isinstance(event, Step)]
    total = len(steps)
    assert total % 4 == 0
    for number, (step, rates) in enumerate(zip(steps, seen, strict=True)):
        quarter = total // 4
        share = number / quarter if number < quarter else (total - number) / (total - quarter)
        assert rates.keys() == {"encoder True", "encoder False", "head True", "head False"}
        for group, rate in rates.items():
            assert rate == pytest.approx(share * (5e-2 if "head" in group else 3e-3)), number
        assert step.learning_rate == pytest.approx(share * 3e-3)


def test_one_rate_serves_all_if_the_head_has_none(tmp_path):
    rates: set[float] = set()
    with watched(lambda optimizer: rates.update(group["lr"] for group in optimizer.param_groups)):
        next(training(tmp_path, tiny_model(), warmup=0, learning_rate=4e-3))
    assert rates == {4e-3}


def test_gradients_are_clipped_to_the_norm_and_reported_before(tmp_path):
    raw = first_step(tmp_path, tiny_model(), "nll")
    norm = math.sqrt(sum(float(gradient.square().sum()) for gradient in raw.values()))
    model, clipped = tiny_model(), []
    with watched(lambda _: clipped.append(gradients(model))):
        step = next(training(tmp_path, model, clip=norm / 4))
    assert step.gradient_norm == pytest.approx(norm, rel=1e-5)
    same(clipped[0], {name: gradient / 4 for name, gradient in raw.items()}, 1e-5)


def test_training_learns(tmp_path):
    corpus = tiny_corpus(60)
    events = training(
        tmp_path, tiny_model(), train=corpus, epochs=6, batch_words=60, learning_rate=3e-2
    )
    epochs = [event for event in events if isinstance(event, Epoch)]
    assert epochs[-1].dev.score.main > 90


# The best model


class Scripted(Task):
    """Tagging, with dev scores that are given beforehand."""

    def __init__(self, scores: Sequence[float]):
        super().__init__(Labels(LABELS))
        self.scores = list(scores)

    def encode(self, sentences: Sequence[Sentence], structure: Structure) -> Parts:
        return TASK.encode(sentences, structure)

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


# Several processes


def test_two_processes_train_as_one_does(tmp_path):
    lengths = [len(sentence) for sentence in two_processes.CORPUS]
    for epoch in range(2):
        steps = _steps(lengths, Settings(accumulate=4, **two_processes.SETTINGS), epoch, 1)
        assert len(steps[-1]) == 3, "the processes have unequal shares of the last step"
    script = [sys.executable, "-m", "tests.two_processes", str(tmp_path / "two")]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    root = Path(__file__).parents[1]
    subprocess.run(script, check=True, cwd=root, env=environment, timeout=300)
    two_processes.train(tmp_path / "one", accumulate=4)
    expected = torch.load(tmp_path / "one" / "weights_0.pt")
    for process in range(2):
        same(torch.load(tmp_path / "two" / f"weights_{process}.pt"), expected, 1e-9)


def test_a_step_has_a_batch_for_every_process():
    lengths = [5] * 10  # two in a batch
    settings = Settings(batch_words=10, accumulate=2)
    assert [len(step) for step in _steps(lengths, settings, 0, 2)] == [4]
    assert [len(step) for step in _steps(lengths, settings, 0, 1)] == [2, 2, 1]
    with pytest.raises(
        TrainingError, match=r"10 sentences fill no batch for each of 6 processes: lower training"
    ):
        _steps(lengths, settings, 0, 6)


# What goes wrong, and what is written


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
        run = training(tmp_path, tiny_model(), train=tiny_corpus(40), **SETTINGS | {"seed": seed})
        return [event.words for event in run if isinstance(event, Step)]

    first, again, other = words(1), words(1), words(2)
    assert first == again != other
    each = len(first) // 3
    assert first[:each] != first[each : 2 * each]

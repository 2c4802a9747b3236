import itertools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.optim.optimizer import register_optimizer_step_pre_hook

from structdistill.data.sentence import Sentence
from structdistill.models.model import Model
from structdistill.progress import Epoch, Step
from structdistill.structures import Structure
from tests.tiny import LABELS, same, tiny_corpus, tiny_model, training


def mixed_sentences(count: int) -> list[Sentence]:
    """Annotated, unlabelled and partly annotated ones by turns."""
    sentences = tiny_corpus(count)
    sentences[1::3] = [sentence.unlabelled() for sentence in sentences[1::3]]
    for i, sentence in list(enumerate(sentences))[2::3]:
        tags = [None if position % 2 else tag for position, tag in enumerate(sentence.tags or ())]
        sentences[i] = Sentence(sentence.words, tuple(tags))
    return sentences


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
    student, teacher = tiny_model().double(), teacher.cpu()
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

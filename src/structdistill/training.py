"""The one training loop, for teachers and students, on Accelerate."""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Literal

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import set_seed
from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError
from torch import Tensor, nn

from structdistill.data.mixing import mixed
from structdistill.data.sentence import Sentence
from structdistill.epochs import steps_of_epoch
from structdistill.errors import RunError, TrainingError
from structdistill.evaluation import Teacher, evaluate
from structdistill.files import recover_folder, replaced_folder, writing
from structdistill.models.model import Model
from structdistill.objectives import Objective, WeightedSum
from structdistill.progress import Epoch, Launched, Position, Step
from structdistill.tasks.base import Task


class Settings(BaseModel):
    """How a model is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(5, ge=1, description="passes over the training data")
    batch_words: int = Field(800, ge=1, description="words in a batch, padding included")
    accumulate: int = Field(1, ge=1, description="batches in one step of the optimizer")
    learning_rate: float = Field(1e-3, gt=0, description="peak learning rate of the encoder")
    head_learning_rate: float | None = Field(None, gt=0, description="the head's, if another")
    weight_decay: float = Field(0.01, ge=0, description="of matrices, not of biases and norms")
    warmup: float = Field(0.1, ge=0, lt=1, description="share of training with a rising rate")
    clip: float = Field(1.0, gt=0, description="largest norm of the gradient")
    patience: int | None = Field(None, ge=1, description="stop after so many epochs without gain")
    mixed_precision: Literal["no", "fp16", "bf16"] = Field("no", description="as in Accelerate")
    checkpoint_minutes: float = Field(
        10, ge=0, description="between checkpoints of the complete state within an epoch"
    )
    seed: int = Field(1, ge=0, lt=2**32, description="of first weights, dropout and data order")


def fit(
    model: Model,
    task: Task,
    *,
    train: Sequence[Sentence],
    dev: Sequence[Sentence],
    objective: Objective,
    settings: Settings,
    folder: Path,
    teacher: Teacher | None = None,
    unlabelled_ratio: float | None = None,
    resume: bool = False,
) -> Iterator[Step | Epoch]:
    """Trains a model and yields what happens; printing and plotting are up to who iterates.

    The loss of a step is a mean over its words: the objective of each sentence times its words,
    summed, divided by the words of the whole step. So gradients do not depend on how a step is
    split into batches and over processes. Objectives are reduced here and nowhere else.

    Args:
        model: trained in place; the best one, by dev score, is kept in `folder/model`.
        task: turns annotation into parts and judges predictions.
        train: annotated, partly annotated and unlabelled sentences.
        dev: annotated sentences.
        objective: to be minimised.
        settings: of optimizer and loop.
        folder: of the run; gets `model`, `checkpoint` (the complete state) and `tensorboard`.
        teacher: if the objective needs one; a module is put into evaluation mode, on the device.
        unlabelled_ratio: words without annotation that an epoch has for each annotated one, others
            in each epoch (`data.mixing`); by default all.
        resume: go on from `folder/checkpoint` if there is one, exactly as if never interrupted;
            the epochs before it are yielded again.

    Raises:
        TrainingError: the loss is not finite; the last checkpoint is kept.
        RunError: the checkpoint is damaged, or cannot be written; then the last one is kept.
    """
    AcceleratorState._reset_state()  # else the precision of an earlier training stays
    accelerator = Accelerator(
        mixed_precision=settings.mixed_precision, log_with="tensorboard", project_dir=folder
    )
    accelerator.init_trackers("tensorboard")
    set_seed(settings.seed)
    fused = torch.optim.AdamW(
        model.parameter_groups(
            lr=settings.learning_rate,
            head_lr=settings.head_learning_rate or settings.learning_rate,
            weight_decay=settings.weight_decay,
        ),
        fused=True,  # one pass over the weights: large embeddings make this a third of a step
    )
    peaks = [group["lr"] for group in fused.param_groups]
    wrapped, optimizer = accelerator.prepare(model, fused)
    if isinstance(teacher, nn.Module):
        teacher.to(accelerator.device).eval()
    at = Position()
    accelerator.register_for_checkpointing(at)
    checkpoint = folder / "checkpoint"
    recover_folder(checkpoint)
    if resume and checkpoint.exists():
        _load_checkpoint(accelerator, checkpoint)
    yield from at.epochs
    annotated = [task.is_annotated(sentence) for sentence in train]
    saved = time.monotonic()

    while len(at.epochs) < settings.epochs and at.epochs_since_best != settings.patience:
        epoch = len(at.epochs)
        steps = steps_of_epoch(
            train,
            epoch,
            batch_words=settings.batch_words,
            accumulate=settings.accumulate,
            processes=accelerator.num_processes,
            seed=settings.seed,
            seen=mixed(train, annotated, ratio=unlabelled_ratio, seed=settings.seed, epoch=epoch),
        )
        wrapped.train()
        upcoming: list[list[Sentence]] = []
        launched: Launched | None = None
        while at.step_in_epoch < len(steps):
            started = time.perf_counter()
            progress = (epoch + at.step_in_epoch / len(steps)) / settings.epochs
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * _rate(progress, settings.warmup)
            sentences = upcoming or _of(train, steps[at.step_in_epoch])
            upcoming = _of(train, *steps[at.step_in_epoch + 1 : at.step_in_epoch + 2])
            now = WeightedSum.of(objective).at(progress)
            means = _accumulate_gradients(
                accelerator, wrapped, model, task, now, teacher, sentences, upcoming
            )
            norm = accelerator.clip_grad_norm_(wrapped.parameters(), settings.clip)
            if accelerator.scaler is None:
                # What is not finite is found out a step later; it must change no weight until then.
                fused.found_inf = 1 - norm.isfinite().float()  # type: ignore[attr-defined]
            optimizer.step()
            optimizer.zero_grad()
            at.step_in_epoch += 1
            at.step += 1
            latest = Launched(
                at.step, progress, now, means, norm, optimizer.param_groups[0]["lr"], sentences
            )
            done = [_read(launched, accelerator, checkpoint)] if launched else []
            launched = latest
            latest.seconds = time.perf_counter() - started
            at.seconds_in_epoch += latest.seconds
            due = time.monotonic() - saved > 60 * settings.checkpoint_minutes
            if due or at.step_in_epoch == len(steps):
                done.append(_read(latest, accelerator, checkpoint))
                launched = None
            if due:
                _save_checkpoint(accelerator, checkpoint)
                saved = time.monotonic()
            yield from done

        evaluation = evaluate(model, task, dev)
        accelerator.log({f"dev {evaluation.score.name}": evaluation.score.main}, step=at.step)
        best = evaluation.score.main > at.best
        if best and accelerator.is_main_process:
            with writing(folder / "model"), replaced_folder(folder / "model") as new:
                model.save_pretrained(new)
        at.epochs.append(Epoch(epoch + 1, evaluation, best, at.seconds_in_epoch))
        at.step_in_epoch, at.seconds_in_epoch = 0, 0.0
        _save_checkpoint(accelerator, checkpoint)
        saved = time.monotonic()
        yield at.epochs[-1]
    for tracker in accelerator.trackers:
        tracker.finish()


def _rate(progress: float, warmup: float) -> float:
    """The learning rate as a share of its peak: up in a straight line, and down to 0."""
    return progress / warmup if progress < warmup else (1 - progress) / (1 - warmup)


def _of(train: Sequence[Sentence], *steps: Sequence[Sequence[int]]) -> list[list[Sentence]]:
    """The sentences of the batches of some steps."""
    return [[train[i] for i in batch] for step in steps for batch in step]


def _accumulate_gradients(
    accelerator: Accelerator,
    wrapped: nn.Module,
    model: Model,
    task: Task,
    objective: WeightedSum,
    teacher: Teacher | None,
    sentences: Sequence[Sequence[Sentence]],
    upcoming: Sequence[Sequence[Sentence]],
) -> Tensor:
    """Adds the gradients of a whole step; returns the mean of each term over its words.

    Args:
        wrapped: the model as several processes share it.
        upcoming: batches of the step after it.
    """
    words = sum(len(sentence) for batch in sentences for sentence in batch)
    means = torch.zeros(len(objective.terms), device=accelerator.device)
    ask = None if teacher is None or not objective.needs_teacher else torch.no_grad()(teacher)
    own = sentences[accelerator.process_index :: accelerator.num_processes]
    following = [*own[1:], *upcoming[accelerator.process_index :][:1]]
    for number, batch in enumerate(own, start=1):
        # Processes exchange gradients once a step, with their last batch.
        with accelerator.no_sync(wrapped) if number < len(own) else nullcontext():
            student = wrapped(batch)
            for after in following[number - 1 : number]:
                model.collate_ahead(after)
            theirs = ask(batch).to(student.lengths.device) if ask else None
            values = objective.values(student, theirs, task.encode(batch, student))
            sums = values @ student.lengths.to(values.dtype) / words
            # Accelerate averages the gradients of the processes; they should add.
            loss = sums.new_tensor(objective.weights) @ sums * accelerator.num_processes
            # Processes wait for the gradients of all parameters, also where no term has any.
            reached = torch.stack([tensor.sum() for tensor in student.potentials.values()])
            accelerator.backward(loss + 0 * reached.sum())
            means += sums.detach()
    reduced: Tensor = accelerator.reduce(means, "sum")
    return reduced


def _read(launched: Launched, accelerator: Accelerator, checkpoint: Path) -> Step:
    """A step's figures, which are logged; raises if they are not finite."""
    step = launched.read()
    # In half precision an infinite gradient is normal: it lowers the scale of the loss.
    if not math.isfinite(step.loss + (0 if accelerator.scaler else step.gradient_norm)):
        raise TrainingError(_not_finite(step, launched.sentences, checkpoint))
    figures = {"loss": step.loss, **step.terms, "gradient_norm": step.gradient_norm}
    accelerator.log({**figures, "learning_rate": step.learning_rate}, step=step.number)
    return step


def _save_checkpoint(accelerator: Accelerator, checkpoint: Path) -> None:
    """Writes the complete state; every process has its part in it."""
    beside = nullcontext(checkpoint.with_name(f"{checkpoint.name}.new"))
    here = replaced_folder(checkpoint) if accelerator.is_main_process else beside
    with writing(checkpoint), here as new:
        accelerator.wait_for_everyone()
        accelerator.save_state(str(new))
        accelerator.wait_for_everyone()


def _load_checkpoint(accelerator: Accelerator, checkpoint: Path) -> None:
    try:
        accelerator.load_state(str(checkpoint))
    except (OSError, RuntimeError, ValueError, LookupError, EOFError, SafetensorError) as error:
        raise RunError(f"{checkpoint} is damaged ({error}); start anew (--overwrite)") from error


def _not_finite(step: Step, sentences: Sequence[Sequence[Sentence]], checkpoint: Path) -> str:
    places = [s.origin or " ".join(s.words[:8]) for batch in sentences for s in batch]
    kept = f"kept in {checkpoint}" if checkpoint.exists() else "not yet written"
    return (
        f"step {step.number}: the loss is {step.loss}, the norm of its gradient "
        f"{step.gradient_norm}; the last checkpoint is {kept}. Lower the learning rate, or look "
        f"at these sentences: {', '.join(places)}"
    )

"""From a recipe to a run: `train` a model, `distill` a student, and measure it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from accelerate import PartialState
from accelerate.utils import set_seed

from structdistill.corpus import Corpus
from structdistill.data.annotated import read_annotations
from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError, RunError
from structdistill.evaluation import (
    Evaluation,
    Teacher,
    annotate,
    evaluate,
    make_task,
    measure,
    structures,
    task_of,
)
from structdistill.models.initialisation import initialise
from structdistill.models.model import Model
from structdistill.recipe import Recipe
from structdistill.run import Run
from structdistill.structures import Structure
from structdistill.tasks.base import Counts, Task
from structdistill.teachers.annotations import Annotations
from structdistill.teachers.cache import CachedTeacher
from structdistill.teachers.huggingface import HuggingFace
from structdistill.teachers.pairing import check_objective, check_tasks, in_order
from structdistill.teaching import Caching, cached, is_annotations, load_teacher, taught
from structdistill.training import Epoch, Step, fit

_Teaching = Model | HuggingFace | Annotations

Watcher = Callable[[Caching | Step | Epoch], None]
"""Is told what happens: of the teacher's cache, of every step and epoch of training."""


def train(
    recipe: Recipe,
    folder: Path | str,
    *,
    resume: bool = False,
    overwrite: bool = False,
    watch: Watcher | None = None,
) -> Run:
    """Trains a model on annotation alone.

    Args:
        recipe: names training and development data.
        folder: of the new run.
        resume: go on with the run in the folder as if it had never stopped.
        overwrite: replace the run in the folder.
        watch: is told of every step and epoch.

    Raises:
        StructdistillError: the recipe, the data or the folder cannot be used, and nothing has been
            changed; or the loss is not finite, and the last checkpoint of this run is kept.
    """
    if recipe.parsed_objective().needs_teacher:
        raise RecipeError(
            f"the objective {recipe.objective!r} needs a teacher: distill, or use nll"
        )
    Run.check_free(folder, recipe, resume=resume, overwrite=overwrite)
    corpus = Corpus.read(recipe.data, task=recipe.task_class())
    corpus = replace(corpus, train=corpus.annotated)
    return _run(recipe, folder, corpus, corpus.labels, None, resume, overwrite, watch)


def distill(
    recipe: Recipe,
    folder: Path | str,
    *,
    resume: bool = False,
    overwrite: bool = False,
    cache: bool = True,
    watch: Watcher | None = None,
) -> Run:
    """Trains a student on annotation and on what a teacher says of it and of unlabelled text.

    The student gets the teacher's labels. A teacher that is a file of annotations is text of its
    own, too; training data that it lacks are taught by their own annotation, and their labels are
    added. Further arguments and errors are those of `train`.

    Args:
        recipe: names a teacher, too.
        cache: write the teacher's potentials down, once, for this and every later student: beside
            the teacher, or in the run if the teacher is no folder. Else it runs in every epoch.
    """
    if recipe.teacher is None:
        raise RecipeError("there is no teacher: name a run folder or a model of the hub")
    if not recipe.parsed_objective().needs_teacher:
        raise RecipeError(
            f"the objective {recipe.objective!r} asks no teacher: train, or choose another, such "
            "as 0.9 * structural + 0.1 * nll"
        )
    if overwrite and Path(recipe.teacher).resolve().is_relative_to(Path(folder).resolve()):
        raise RunError(f"{folder} holds the teacher; choose another folder for the student")
    Run.check_free(folder, recipe, resume=resume, overwrite=overwrite)
    corpus, teacher = _taught(recipe, recipe.teacher)
    corpus = replace(corpus, train=corpus.train + corpus.unlabelled)
    labels = recipe.task_class().learnt(teacher.labels)
    return _run(recipe, folder, corpus, labels, teacher, resume, overwrite, watch, cache)


def evaluate_run(
    folder: Path | str,
    file: str | None = None,
    *,
    teacher: str | None = None,
    settings: Sequence[str] = (),
) -> dict[str, Any]:
    """The figures of a run's model on a file.

    Args:
        folder: of the run.
        file: annotated sentences; by default the recipe's test data.
        teacher: to report the agreement with it, named as for `load_teacher`.
        settings: changes of the recipe, such as `data.format.tag=3`.

    Raises:
        StructdistillError: the run, the file or the teacher cannot be used.
    """
    run = Run.open(folder)
    recipe = run.recipe(settings=settings)
    file = file or recipe.data.test
    if file is None:
        raise RecipeError("there is nothing to evaluate on: name a file, or set data.test")
    model = run.model()
    return measure(model, _evaluated(model, recipe, file, teacher))


def remeasure(folder: Path | str, *, settings: Sequence[str] = ()) -> dict[str, Any]:
    """Evaluates a finished run anew, and keeps the figures in it as if they had been there.

    So a run gets those that its version did not know, or those of further data. Its speed stays
    that of its end; it agrees with its teacher as much as it did.

    Args:
        folder: of the run.
        settings: changes of the recipe, such as `data.ood=other.conll`.

    Returns:
        all figures, as in `metrics.json`.

    Raises:
        StructdistillError: the run, its data or its teacher cannot be used; nothing is changed.
    """
    run = Run.open(folder)
    recipe, model, metrics = run.recipe(settings=settings), run.model(), run.metrics()
    counts: dict[str, Sequence[Counts]] = dict(run.counts())
    for split, file in (("test", recipe.data.test), ("ood", recipe.data.ood)):
        if file is None:
            continue
        before = {k: metrics.get(split, {}).get(k) for k in ("agreement", "words_per_second")}
        known = {key: value for key, value in before.items() if value is not None}
        ask = "agreement" not in known and not is_annotations(recipe.teacher or "")
        found = _evaluated(model, recipe, file, recipe.teacher if ask else None)
        metrics[split], counts[split] = measure(model, found) | known, found.counts
    run.write_counts(counts)
    run.write("metrics.json", metrics)
    return metrics


def _evaluated(model: Model, recipe: Recipe, file: str, teacher: str | None) -> Evaluation:
    """A model on a file that is read as the recipe says, beside a teacher of that name."""
    task = task_of(model)
    sentences = recipe.data.read(file, task=type(task))
    for sentence in sentences:
        task.check(sentence)
    theirs = None
    if teacher is not None:
        other = load_teacher(teacher, task=model.task, scheme=recipe.data.scheme)
        if not isinstance(other, Annotations):
            check_tasks(teacher, teacher=other.task, student=model.task)
        theirs = _annotated_by(other, None, sentences)
    return evaluate(model, task, sentences, teacher=theirs, calibrate=True)


def _taught(recipe: Recipe, name: str) -> tuple[Corpus, _Teaching]:
    """The sentences of a recipe, and the teacher of that name."""
    if not is_annotations(name):
        return taught(recipe, name)
    task = recipe.task_class()
    annotated = read_annotations(name, layer=task.layer, scheme=recipe.data.scheme)
    corpus = Corpus.read(recipe.data, task=task, annotated=annotated)
    annotations = Annotations(annotated, make_task(recipe.task, corpus.labels), gold=corpus.train)
    annotations.annotate(corpus.train + corpus.unlabelled)  # raises if it lacks one of them
    return corpus, annotations


def _knows(teacher: _Teaching, sentences: Sequence[Sentence]) -> bool:
    """Whether a teacher can annotate all of these; a model can annotate anything."""
    return not isinstance(teacher, Annotations) or all(each in teacher for each in sentences)


def _annotated_by(
    teacher: _Teaching, answers: CachedTeacher | None, sentences: Sequence[Sentence]
) -> list[Sentence]:
    """The sentences as a teacher annotates them, whose answers may be written down."""
    if isinstance(teacher, Annotations):
        return teacher.annotate(sentences)
    told = make_task(teacher.task, teacher.labels)
    return annotate(teacher if answers is None else answers, told, sentences)


def _run(
    recipe: Recipe,
    folder: Path | str,
    corpus: Corpus,
    labels: Labels,
    teacher: _Teaching | None,
    resume: bool,
    overwrite: bool,
    watch: Watcher | None,
    cache: bool = False,
) -> Run:
    set_seed(recipe.training.seed)
    task = make_task(recipe.task, labels)
    model = Model(
        encoder=recipe.model.encoder,
        labels=labels.names,
        structure=recipe.model.structure,
        task=recipe.task,
        head=recipe.model.head,
    )
    if recipe.model.initialise == "teacher":
        if not isinstance(teacher, Model):
            raise RecipeError('initialise = "teacher" needs a teacher that is a model of ours')
        initialise(model.encoder, teacher.encoder)
    _, alike = next(structures(model, corpus.train[:1]))
    taught = teacher.sentences() if isinstance(teacher, Annotations) else []
    task.check_trainable(corpus.train + taught, alike)
    objective = recipe.parsed_objective()
    if teacher is not None:
        _, example = next(structures(in_order(teacher, teacher.labels, task), corpus.train[:1]))
        check_objective(objective, student=alike, teacher=example, task=recipe.task)
    everyone = PartialState()
    everyone.wait_for_everyone()  # all processes have seen that the folder is free
    if everyone.is_main_process:
        Run.create(folder, recipe, resume=resume, overwrite=overwrite)
    everyone.wait_for_everyone()
    run = Run(folder)
    answers: CachedTeacher | None = None
    lessons: Teacher | None = None
    if teacher is not None:
        if cache and not isinstance(teacher, Annotations):
            beside = Path(recipe.teacher or "")
            home = (beside if beside.is_dir() else run.folder) / "cache"
            asked = corpus.train + corpus.dev + corpus.test + corpus.ood
            answers = cached(teacher, asked, home, watch=watch)
        lessons = in_order(teacher if answers is None else answers, teacher.labels, task)
    epochs = []
    for event in fit(
        model,
        task,
        train=corpus.train,
        dev=corpus.dev,
        objective=objective,
        settings=recipe.training,
        folder=run.folder,
        teacher=lessons,
        resume=resume,
    ):
        if isinstance(event, Epoch):
            epochs.append({"dev": event.dev.score.main, "seconds": event.seconds})
        if watch is not None:
            watch(event)
    best = run.model()
    metrics: dict[str, Any] = {"epochs": epochs, **_left_out(task, corpus.train, alike)}
    counts: dict[str, Sequence[Counts]] = {}
    for split in ("dev", "test", "ood"):
        sentences = getattr(corpus, split)
        if sentences:
            theirs = None
            if teacher is not None and _knows(teacher, sentences):
                theirs = _annotated_by(teacher, answers, sentences)
            found = evaluate(best, task, sentences, teacher=theirs, calibrate=True)
            metrics[split] = measure(best, found)
            if split != "dev":
                counts[split] = found.counts
    if everyone.is_main_process:
        run.write_counts(counts)
        run.write("metrics.json", metrics)
    everyone.wait_for_everyone()
    return run


def _left_out(task: Task, train: Sequence[Sentence], alike: Structure) -> dict[str, int]:
    """How many annotations the model cannot represent, such as trees with crossing arcs; if any."""
    annotated = filter(task.is_annotated, train)
    count = sum(not task.can_represent(sentence, alike) for sentence in annotated)
    return {"left_out": count} if count else {}

"""From a recipe to a run: `train` a model, `distill` a student, and measure it."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import filterfalse
from pathlib import Path
from typing import Any

from accelerate import PartialState

from structdistill.corpus import Corpus
from structdistill.data.labels import Labels
from structdistill.errors import RecipeError, RunError
from structdistill.evaluation import Evaluation, evaluate, measure, structures, task_of
from structdistill.folds import begin_folds
from structdistill.models.model import Model
from structdistill.progress import Epoch, Step
from structdistill.recipe import Recipe
from structdistill.run import Run
from structdistill.tasks.base import Counts
from structdistill.teachers.annotations import Annotations
from structdistill.teachers.lessons import Lessons, Source
from structdistill.teachers.pairing import check_objective, check_tasks
from structdistill.teachers.translation import Translation, translations
from structdistill.teaching import Caching, is_annotations, load_teacher, written_down
from structdistill.training import fit
from structdistill.unlabelled import Filtered, filtered
from structdistill.untrained import student_corpus, untrained

Watcher = Callable[[Caching | Filtered | Step | Epoch], None]
"""Is told what happens: of the teacher's cache, of what is filtered, of every step and epoch."""


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


def train_folds(
    recipe: Recipe,
    folder: Path | str,
    *,
    folds: int,
    resume: bool = False,
    overwrite: bool = False,
    watch: Watcher | None = None,
) -> list[Run]:
    """Trains teachers each of whom has not seen one fold of the training data.

    As a teacher the folder is a `CrossFitted`: nobody is asked for sentences that it was trained
    on. Further arguments and errors are those of `train`.

    Args:
        folder: gets a run for each, `1`, `2`, …
        folds: how many; sentences are divided by their words (`data.folds`).
    """
    runs = []
    for number, place in enumerate(
        begin_folds(Path(folder), folds, resume=resume, overwrite=overwrite), start=1
    ):
        data = recipe.data.model_copy(update={"without_fold": (number, folds)})
        one = recipe.model_copy(update={"data": data})
        again = overwrite and place.exists()
        runs.append(train(one, place, resume=resume, overwrite=again, watch=watch))
    return runs


def distill(
    recipe: Recipe,
    folder: Path | str,
    *,
    resume: bool = False,
    overwrite: bool = False,
    cache: bool | Path = True,
    test: bool = True,
    watch: Watcher | None = None,
) -> Run:
    """Trains a student on annotation and on what a teacher says of it and of unlabelled text.

    The student gets the teacher's labels. A teacher that is a file of annotations is text of its
    own, too; training data that it lacks are taught by their own annotation, and their labels are
    added. Further arguments and errors are those of `train`.

    Args:
        recipe: names a teacher, too.
        cache: write the teacher's potentials down, once, for this and every later student: beside
            the teacher, or in the run, or another folder that is given, if the teacher is no
            folder. Else it runs in every epoch.
        test: evaluate the student on the test data in the end, and out of the domain.
    """
    if not recipe.teachers():
        raise RecipeError("there is no teacher: name a run folder or a model of the hub")
    if not recipe.parsed_objective().needs_teacher:
        raise RecipeError(
            f"the objective {recipe.objective!r} asks no teacher: train, or choose another, such "
            "as 0.9 * structural + 0.1 * nll"
        )
    if overwrite:
        check_apart(recipe, folder)
    Run.check_free(folder, recipe, resume=resume, overwrite=overwrite)
    corpus, lessons = student_corpus(recipe)
    return _run(
        recipe, folder, corpus, lessons.labels, lessons, resume, overwrite, watch, cache, test
    )


def check_apart(recipe: Recipe, folder: Path | str) -> None:
    """Refuses to overwrite a teacher, or what it is in, with its student.

    Raises:
        RunError: the folder holds one of the recipe's teachers.
    """
    places = [Path(name).resolve() for name in recipe.teachers()]
    if any(place.is_relative_to(Path(folder).resolve()) for place in places):
        raise RunError(f"{folder} holds the teacher; choose another folder for the student")


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
        asked = [] if "agreement" in known else [*filterfalse(is_annotations, recipe.teachers())]
        found = _evaluated(model, recipe, file, asked[0] if len(asked) == 1 else None)
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
        if recipe.labels:
            _, (translation,) = translations(
                type(task), recipe.labels, own=task.labels, theirs=[other.labels]
            )
        else:
            translation = Translation.of_names(type(task), theirs=other.labels, ours=task.labels)
        theirs = Source(teacher, other, translation, other).annotate(sentences)
    return evaluate(model, task, sentences, teacher=theirs, calibrate=True)


def _run(
    recipe: Recipe,
    folder: Path | str,
    corpus: Corpus,
    labels: Labels,
    lessons: Lessons | None,
    resume: bool,
    overwrite: bool,
    watch: Watcher | None,
    cache: bool | Path = False,
    test: bool = True,
) -> Run:
    model, task, alike = untrained(recipe, corpus, labels, lessons)
    objective = recipe.parsed_objective()
    if lessons is not None:
        _, example = next(structures(lessons, corpus.train[:1]))
        check_objective(objective, student=alike, teacher=example, task=recipe.task)
    everyone = PartialState()
    everyone.wait_for_everyone()  # all processes have seen that the folder is free
    run, chosen = Run(folder), dict[str, Any]()
    with ExitStack() as stack:
        if everyone.is_main_process:
            begun = Run.begun(folder, recipe, resume=resume, overwrite=overwrite)
            stack.enter_context(begun)
        everyone.wait_for_everyone()
        if lessons is not None:
            lessons.on(everyone.device)
            if cache:
                needed = corpus.train + corpus.dev + corpus.test + corpus.ood
                place = cache if isinstance(cache, Path) else run.folder
                lessons = written_down(lessons, needed, place, watch=watch)
            if bounds := recipe.data.unlabelled_filter:
                kept, outcome = filtered(corpus.train, bounds, lessons, corpus.task)
                corpus, chosen = replace(corpus, train=kept), outcome.figures()
                if watch is not None:
                    watch(outcome)
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
        unlabelled_ratio=recipe.data.unlabelled_ratio,
        resume=resume,
    ):
        if isinstance(event, Epoch):
            epochs.append({"dev": event.dev.score.main, "seconds": event.seconds})
        if watch is not None:
            watch(event)
    best = run.model()
    metrics: dict[str, Any] = {"epochs": epochs, **corpus.left_out(task, alike), **chosen}
    counts: dict[str, Sequence[Counts]] = {}
    for split in ("dev", "test", "ood") if test else ("dev",):
        sentences = getattr(corpus, split)
        if sentences:
            theirs = lessons.annotate(sentences) if lessons else None
            found = evaluate(best, task, sentences, teacher=theirs, calibrate=True)
            metrics[split] = measure(best, found)
            if split != "dev":
                counts[split] = found.counts
    if everyone.is_main_process:
        run.write_counts(counts)
        run.write("metrics.json", metrics)
    everyone.wait_for_everyone()
    return run

"""Teachers by their names, and what they say, written down."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock

from structdistill.corpus import Corpus
from structdistill.data.annotated import read_annotations
from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError, RunError
from structdistill.evaluation import WORDS, Teacher, annotate, make_task, structures
from structdistill.folds import fold_folders, is_cross_fitted
from structdistill.models.folder import holds_model
from structdistill.models.model import Model
from structdistill.recipe import Recipe
from structdistill.run import Run
from structdistill.teachers.annotations import Annotations
from structdistill.teachers.cache import CachedTeacher, build
from structdistill.teachers.cross_fitted import CrossFitted
from structdistill.teachers.fingerprint import fingerprint_of
from structdistill.teachers.huggingface import HuggingFace
from structdistill.teachers.lessons import Lessons, Source, Teaching
from structdistill.teachers.pairing import check_tasks
from structdistill.teachers.translation import Translation, translations


@dataclass(frozen=True)
class Caching:
    """The teacher's potentials are being written down.

    Args:
        done: sentences that are there.
        total: sentences that are needed.
        seconds: since the beginning.
    """

    done: int
    total: int
    seconds: float


def load_teacher(name: str, *, task: str = "tagging", scheme: str = "auto") -> Teaching:
    """A teacher by its name.

    Args:
        name: a run folder, a folder of `train --folds`, the folder of a model of ours, a
            token-classification model of the Hugging Face hub or in a folder, or a file of
            annotations, `*.jsonl`.
        task: what is read from a file of annotations.
        scheme: how tags in such a file write segments; `plain` if they do not.

    Raises:
        RunError: the folder is damaged or something else.
        RecipeError: there is no such model.
        DataError: the file cannot be read.
    """
    if is_annotations(name):
        return Annotations.read(name, task=task, scheme=scheme)
    return load_model(name)


def is_annotations(name: str) -> bool:
    """Whether a teacher's name is that of a file of annotations."""
    return name.endswith(".jsonl")


def load_model(name: str) -> Model | HuggingFace | CrossFitted:
    """A teacher that is a model, or several without a fold each, as for `load_teacher`."""
    folder = Path(name)
    if is_cross_fitted(folder):
        models = [Run.open(each).model().eval() for each in fold_folders(folder)]
        return CrossFitted(models, labels=models[0].labels, task=models[0].task)
    if (folder / "recipe.toml").exists() or (folder / "checkpoint").exists():
        return Run.open(folder).model()
    if holds_model(folder):
        return Model.from_pretrained(folder)
    try:
        return HuggingFace(name)
    except RecipeError as error:
        raise RecipeError(f"{name} is no run folder, and no teacher otherwise: {error}") from error


def taught(recipe: Recipe) -> tuple[Corpus, Lessons]:
    """The sentences of a recipe, and what its teachers have to say of them.

    Raises:
        StructdistillError: one of them cannot be used, or a teacher's labels do not match.
    """
    names, task = recipe.teachers(), recipe.task_class()
    if not names:
        raise RecipeError("there is no teacher: name a run folder or a model of the hub")
    if recipe.teacher_weights and len(recipe.teacher_weights) != len(names):
        raise RecipeError(
            f"expected as many teacher_weights as teachers, {len(names)}; got "
            f"{len(recipe.teacher_weights)}"
        )
    if any(map(is_annotations, names)):
        return _annotations(recipe, names)
    corpus = Corpus.read(recipe.data, task=task).augmented(recipe.data.augmentation)
    models = [load_model(name) for name in names]
    for name, model in zip(names, models, strict=True):
        check_tasks(name, teacher=model.task, student=recipe.task)
    labels, translated = translations(
        task, recipe.labels, own=corpus.labels, theirs=[model.labels for model in models]
    )
    sources = map(Source, names, models, translated, models)
    lessons = Lessons(labels, tuple(sources), recipe.teacher_weights)
    return corpus, lessons.on(torch.device("cpu"))


def _annotations(recipe: Recipe, names: Sequence[str]) -> tuple[Corpus, Lessons]:
    """The same for a file of annotations."""
    if len(names) > 1:
        raise RecipeError(
            f"a file of annotations is a teacher of its own; got {', '.join(names)}. Put all "
            "annotations into one file, with weights"
        )
    if recipe.data.augmentation:
        raise RecipeError(
            f"{names[0]} has no annotation of sentences that data.augmentation would make: leave "
            "that out, or take a teacher that is a model"
        )
    task, scheme = recipe.task_class(), recipe.data.scheme
    annotated = read_annotations(names[0], layer=task.layer, scheme=scheme)
    if recipe.labels:
        theirs = task.collect(sentence for each in annotated for sentence in each.annotations)
        own = theirs if recipe.data.train is None else Corpus.read(recipe.data, task=task).labels
        _, (translation,) = translations(task, recipe.labels, own=own, theirs=[theirs])
        annotated = [each.renamed(translation.sentence) for each in annotated]
    corpus = Corpus.read(recipe.data, task=task, annotated=annotated)
    told = make_task(recipe.task, corpus.labels)
    annotations = Annotations(annotated, told, gold=corpus.train)
    annotations.annotate(corpus.train + corpus.unlabelled)  # raises if it lacks one of them
    labels = task.learnt(corpus.labels)
    same = {name: name for name in task.nameable(corpus.labels)}
    translation = Translation.make(task, theirs=corpus.labels, ours=labels, names=same)
    return corpus, Lessons(labels, (Source(names[0], annotations, translation, annotations),))


def written_down(
    lessons: Lessons,
    sentences: Sequence[Sentence],
    folder: Path,
    *,
    watch: Callable[[Caching], None] | None = None,
) -> Lessons:
    """The same lessons from what the teachers have written down, which gets what it lacks.

    Each teacher that is a folder has its cache there, whatever its labels become; so has each of
    those that were trained without one fold. The others' are in the student's run.

    Args:
        lessons: of the teachers themselves. Files of annotations stay as they are.
        sentences: that are needed.
        folder: of the student's run.
        watch: is told how far each teacher is.

    Raises:
        RunError: a cache cannot be written, or has what another teacher said.
    """

    def answers(source: Source) -> Teacher:
        teacher, place = source.teacher, Path(source.name)
        if isinstance(teacher, Annotations):
            return teacher
        if isinstance(teacher, CrossFitted):
            parts = teacher.parts(sentences)
            homes = [place / str(number) / "cache" for number in range(1, len(parts) + 1)]
            found = [
                cached(each, part, home, watch=watch) if part else each
                for each, part, home in zip(teacher.teachers, parts, homes, strict=True)
            ]
            return CrossFitted(found, labels=teacher.labels, task=teacher.task)
        home = place / "cache" if place.is_dir() else folder / "cache"
        if not place.is_dir() and len(lessons.sources) > 1:
            home = folder / "cache" / str(1 + lessons.sources.index(source))
        return cached(teacher, sentences, home, watch=watch)

    return lessons.answered_by(answers)


def cached(
    teacher: Teacher,
    sentences: Sequence[Sentence],
    folder: Path,
    *,
    watch: Callable[[Caching], None] | None = None,
) -> CachedTeacher:
    """The teacher as written down in a folder, which gets what it lacks.

    Args:
        teacher: is not asked for sentences that are there.
        sentences: that are needed.
        folder: of the cache.
        watch: is told how far it is.

    Raises:
        RunError: the folder cannot be written, or has what another teacher said.
    """
    assert isinstance(teacher, Model | HuggingFace)
    started = time.monotonic()
    fingerprint = {"weights": fingerprint_of(teacher), "labels": " ".join(teacher.labels.names)}
    writes = build(teacher, sentences, folder, fingerprint=fingerprint, batch_words=WORDS)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):  # students of one teacher may be trained side by side
            for done in writes:
                if watch is not None:
                    watch(Caching(done, len(sentences), time.monotonic() - started))
            return CachedTeacher(folder)
    except OSError as error:
        raise RunError(
            f"the teacher's cache {folder} cannot be written: {error}. Make room for it, or do "
            "without (--no-cache)"
        ) from error


def write_cache(
    recipe: Recipe, *, compare: bool = False, watch: Callable[[Caching], None] | None = None
) -> dict[str, Any]:
    """Writes down what the recipe's teacher says of all its sentences, where `distill` finds it.

    Args:
        recipe: names the teacher, a folder, and the data.
        compare: whether to measure what half precision loses, on the development data.
        watch: is told how far it is.

    Returns:
        the `folder`, `sentences` and `words` in it, its size in `bytes`, the `seconds` that this
        call has taken; compared, `kl`, the mean KL(teacher ‖ cache) of a sentence in nats, and the
        `score_name` with the `score` of the teacher and that of the cache, `cached_score`.

    Raises:
        StructdistillError: the recipe, the data, the teacher or the cache cannot be used.
    """
    started = time.monotonic()
    names = recipe.teachers()
    if not names or not all(Path(name).is_dir() for name in names):
        raise RecipeError(
            f"expected a teacher that is a folder, to keep its cache in; got {recipe.teacher!r}. "
            "What another teacher says is written into each student's run, by distill"
        )
    corpus, lessons = taught(recipe)
    sentences = corpus.train + corpus.unlabelled + corpus.dev + corpus.test + corpus.ood
    written = written_down(lessons, sentences, Path(names[0]), watch=watch)
    caches = [cache for source in written.sources for cache in _caches(source)]
    figures: dict[str, Any] = {
        "folder": ", ".join(str(cache.folder) for cache in caches),
        "sentences": sum(map(len, caches)),
        "words": sum(map(len, {sentence.words for sentence in sentences})),
        "bytes": sum(cache.size_bytes() for cache in caches),
        "seconds": time.monotonic() - started,
    }
    if not compare:
        return figures
    if len(caches) > 1 or not isinstance(caches[0], CachedTeacher):
        raise RecipeError("one teacher at a time is compared with its cache: name one")
    return figures | _loss(lessons.sources[0].teacher, caches[0], corpus.dev)


def _caches(source: Source) -> list[CachedTeacher]:
    answers = source.answers
    found = answers.teachers if isinstance(answers, CrossFitted) else (answers,)
    return [each for each in found if isinstance(each, CachedTeacher)]


def _loss(teacher: Teaching, cache: CachedTeacher, dev: Sequence[Sentence]) -> dict[str, Any]:
    """What a cache says otherwise than its teacher."""
    assert isinstance(teacher, Model | HuggingFace)
    task = make_task(teacher.task, teacher.labels)
    divergence = sum(
        float(structure.to("cpu").kl(cache([dev[i] for i in batch])).sum())
        for batch, structure in structures(teacher, dev)
    )
    ours, theirs = (task.score(dev, annotate(model, task, dev)) for model in (cache, teacher))
    return {
        "kl": divergence / len(dev),
        "score_name": ours.name,
        "score": theirs.main,
        "cached_score": ours.main,
    }

"""Teachers by their names, and what they say, written down."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from structdistill.corpus import Corpus
from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError, RunError
from structdistill.evaluation import WORDS, annotate, make_task, structures
from structdistill.models.folder import holds_model
from structdistill.models.model import Model
from structdistill.recipe import Recipe
from structdistill.run import Run
from structdistill.teachers.annotations import Annotations
from structdistill.teachers.cache import CachedTeacher, build
from structdistill.teachers.fingerprint import fingerprint_of
from structdistill.teachers.huggingface import HuggingFace
from structdistill.teachers.pairing import check_tasks


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


def load_teacher(
    name: str, *, task: str = "tagging", scheme: str = "auto"
) -> Model | HuggingFace | Annotations:
    """A teacher by its name.

    Args:
        name: a run folder, the folder of a model of ours, a token-classification model of the
            Hugging Face hub or in a folder, or a file of annotations, `*.jsonl`.
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


def load_model(name: str) -> Model | HuggingFace:
    """A teacher that is a model, as for `load_teacher`."""
    folder = Path(name)
    if (folder / "recipe.toml").exists() or (folder / "checkpoint").exists():
        return Run.open(folder).model()
    if holds_model(folder):
        return Model.from_pretrained(folder)
    try:
        return HuggingFace(name)
    except RecipeError as error:
        raise RecipeError(f"{name} is no run folder, and no teacher otherwise: {error}") from error


def taught(recipe: Recipe, name: str) -> tuple[Corpus, Model | HuggingFace]:
    """The sentences of a recipe, and the model of that name to teach them.

    Raises:
        StructdistillError: one of them cannot be used, or the model knows other labels.
    """
    corpus, teacher = Corpus.read(recipe.data, task=recipe.task_class()), load_model(name)
    check_tasks(name, teacher=teacher.task, student=recipe.task)
    if corpus.labels.difference(teacher.labels)[0]:
        corpus.labels.check_same(teacher.labels)
    return corpus, teacher


def cached(
    teacher: Model | HuggingFace,
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
    if recipe.teacher is None or not Path(recipe.teacher).is_dir():
        raise RecipeError(
            f"expected a teacher that is a folder, to keep its cache in; got {recipe.teacher!r}. "
            "What another teacher says is written into each student's run, by distill"
        )
    corpus, teacher = taught(recipe, recipe.teacher)
    sentences = corpus.train + corpus.unlabelled + corpus.dev + corpus.test + corpus.ood
    cache = cached(teacher, sentences, Path(recipe.teacher) / "cache", watch=watch)
    figures: dict[str, Any] = {
        "folder": str(cache.folder),
        "sentences": len(cache),
        "words": sum(map(len, {sentence.words for sentence in sentences})),
        "bytes": cache.size_bytes(),
        "seconds": time.monotonic() - started,
    }
    return figures | (_loss(teacher, cache, corpus.dev) if compare else {})


def _loss(
    teacher: Model | HuggingFace, cache: CachedTeacher, dev: Sequence[Sentence]
) -> dict[str, Any]:
    """What a cache says otherwise than its teacher."""
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

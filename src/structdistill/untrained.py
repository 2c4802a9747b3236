"""A model before its training: what it will learn from, and its first weights."""

from dataclasses import replace
from typing import NamedTuple

from accelerate.utils import set_seed

from structdistill.corpus import Corpus
from structdistill.data.labels import Labels
from structdistill.evaluation import make_task, structures
from structdistill.models.initialisation import initialise
from structdistill.models.model import Model
from structdistill.models.trimming import trim
from structdistill.recipe import Recipe
from structdistill.structures import Structure
from structdistill.tasks.base import Task
from structdistill.teachers.annotations import Annotations
from structdistill.teachers.lessons import Lessons, encoder_of
from structdistill.teaching import taught
from structdistill.unlabelled import check_ratio


class Untrained(NamedTuple):
    """A model with its first weights.

    Args:
        model: itself.
        task: of its labels.
        alike: what it says of a training sentence.
    """

    model: Model
    task: Task
    alike: Structure


def student_corpus(recipe: Recipe) -> tuple[Corpus, Lessons]:
    """The sentences that a student trains on, all of them in `train`, and what its teachers say.

    Raises:
        StructdistillError: the recipe, the data or a teacher cannot be used.
    """
    corpus, lessons = taught(recipe)
    corpus = replace(corpus, train=corpus.train + corpus.unlabelled)
    check_ratio(recipe.data.unlabelled_ratio, corpus.train, corpus.task)
    return corpus, lessons


def untrained(
    recipe: Recipe, corpus: Corpus, labels: Labels, lessons: Lessons | None = None
) -> Untrained:
    """The model that a recipe describes, as its seed begins it.

    Args:
        recipe: of the run.
        corpus: that it will train on.
        labels: that it will give.
        lessons: of its teachers, if it has any.

    Raises:
        StructdistillError: there is no such model, or it cannot learn from these sentences.
    """
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
        initialise(model.encoder, encoder_of(lessons))
    if recipe.model.vocabulary == "corpus":
        trim(model.encoder, corpus.train)
    _, alike = next(structures(model, corpus.train[:1]))
    told = [source.teacher for source in lessons.sources] if lessons else []
    annotated = [s for each in told if isinstance(each, Annotations) for s in each.sentences()]
    task.check_trainable(corpus.train + annotated, alike)
    return Untrained(model, task, alike)

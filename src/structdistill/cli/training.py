"""Commands that train: `train`, `distill`, `cache`."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from structdistill.cli.options import (
    AsJson,
    DryRun,
    Out,
    Overwrite,
    RecipeArgument,
    Resume,
    Settings,
    TeachersOption,
    UnlabelledOption,
    given,
)

if TYPE_CHECKING:
    from structdistill.recipe import Recipe


def train(
    recipe: RecipeArgument,
    out: Out = None,
    settings: Settings = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    folds: Annotated[
        int | None,
        typer.Option(
            min=2,
            metavar="K",
            help="Train K teachers, each without one K-th of the training data, for distill.",
        ),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Train a model on annotated text.

    It may become a teacher, or be a student without one. The folder gets the
    model that was best on the development data, the complete recipe, a
    checkpoint, the figures on the test data and, for TensorBoard, curves.

    \b
      structdistill train my.toml --out runs/teacher --set training.epochs=3
    """
    from structdistill import experiment
    from structdistill.display import TrainingDisplay, print_metrics
    from structdistill.recipe import Recipe

    read = Recipe.read(recipe, settings=settings or ())
    if dry_run:
        typer.echo(read.toml(), nl=False)
        return
    folder = given(out)
    with TrainingDisplay() as display:
        if folds is None:
            runs = [
                experiment.train(
                    read, folder, resume=resume, overwrite=overwrite, watch=display.update
                )
            ]
        else:
            runs = experiment.train_folds(
                read,
                folder,
                folds=folds,
                resume=resume,
                overwrite=overwrite,
                watch=display.update,
            )
    if as_json and folds is not None:
        typer.echo(json.dumps([run.metrics() for run in runs], indent=2, ensure_ascii=False))
        return
    for run in runs:
        print_metrics(run.metrics(), as_json=as_json)


def distill(
    recipe: RecipeArgument,
    teachers: TeachersOption = None,
    unlabelled: UnlabelledOption = None,
    out: Out = None,
    settings: Settings = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    cache: Annotated[
        bool,
        typer.Option(
            help="Write down what the teacher says, for later epochs and students, or ask it anew."
        ),
    ] = True,
    budget: Annotated[
        int | None,
        typer.Option(
            "--search",
            min=1,
            metavar="BUDGET",
            help="Train so many students, the first with the recipe's objective, the next with "
            "others, other weights and temperatures, and keep the best on the development data. "
            "Needs the extra search.",
        ),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Train a student to do what its teacher does.

    The recipe's objective says how the two are compared, its data.unlabelled
    names further text to compare them on. They may have different encoders,
    tokenizers and structures, and one may tag what the other segments; the
    recipe's labels.mapping says what labels are called otherwise. Several teachers
    are averaged. The folder gets what `structdistill train` writes.

    \b
      structdistill distill my.toml --teacher runs/teacher --out runs/student
      structdistill distill my.toml -t runs/teacher -o runs/more --unlabelled text.txt
      structdistill distill my.toml -t runs/teacher -o runs/best --search 20
    """
    from structdistill import experiment
    from structdistill.display import TrainingDisplay, print_metrics, print_trials
    from structdistill.recipe import Recipe
    from structdistill.search import search
    from structdistill.trials import Trials

    read = Recipe.read(recipe, settings=settings or ())
    read = _taught_on(read, teachers, unlabelled)
    if dry_run:
        typer.echo(read.toml(), nl=False)
        return
    folder = given(out)
    with TrainingDisplay() as display:
        if budget is None:
            run = experiment.distill(
                read, folder, resume=resume, overwrite=overwrite, cache=cache, watch=display.update
            )
        else:
            run = search(
                read,
                folder,
                budget=budget,
                resume=resume,
                overwrite=overwrite,
                cache=cache,
                watch=display.update,
            )
    metrics = run.metrics()
    if budget is not None:
        trials = Trials.read(folder)
        if as_json:
            metrics["search"] = trials.model_dump()
        else:
            print_trials(trials, metrics["dev"]["score_name"])
    print_metrics(metrics, as_json=as_json)


def cache(
    recipe: RecipeArgument,
    teachers: TeachersOption = None,
    unlabelled: UnlabelledOption = None,
    settings: Settings = None,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="Measure what half precision loses, on development data."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write down what a teacher says of a recipe's text.

    `structdistill distill` does it by itself, and finds what is there: beside
    the teacher, for all its students. Text that is there already costs nothing,
    and an interrupted cache goes on where it was.

    \b
      structdistill cache my.toml --teacher runs/teacher --compare
    """
    from structdistill.display import TrainingDisplay, print_cache
    from structdistill.recipe import Recipe
    from structdistill.teaching import write_cache

    read = Recipe.read(recipe, settings=settings or ())
    read = _taught_on(read, teachers, unlabelled)
    with TrainingDisplay() as display:
        figures = write_cache(read, compare=compare, watch=display.update)
    print_cache(figures, as_json=as_json)


def _taught_on(
    recipe: "Recipe", teachers: list[str] | None, unlabelled: list[str] | None
) -> "Recipe":
    """The recipe with other teachers and other text without annotation, if any are named."""
    changed: dict[str, object] = {}
    if teachers:
        changed["teacher"] = teachers[0] if len(teachers) == 1 else tuple(teachers)
    if unlabelled:
        changed["data"] = recipe.data.model_copy(update={"unlabelled": tuple(unlabelled)})
    return recipe.model_copy(update=changed)

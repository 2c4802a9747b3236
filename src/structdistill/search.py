"""A search for the objective that makes the best student."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accelerate import PartialState

from structdistill import experiment
from structdistill.errors import RecipeError, RunError, TrainingError
from structdistill.evaluation import structures
from structdistill.objectives import NLL, parse
from structdistill.progress import Epoch, Step
from structdistill.recipe import Recipe
from structdistill.run import Run
from structdistill.teachers.pairing import obstacle
from structdistill.teaching import Caching
from structdistill.trials import Trial, Trials, is_search, trial_folder
from structdistill.unlabelled import Filtered
from structdistill.untrained import student_corpus, untrained

if TYPE_CHECKING:
    import optuna

Watcher = Callable[[Trial | Caching | Filtered | Step | Epoch], None]
"""Is told of every trial at its beginning and its end, and of what happens in it."""

_SQUARED_ERROR = "substructure"
_CANDIDATES = (
    "structural",
    "posterior",
    "token",
    "top_k",
    _SQUARED_ERROR,
    "substructure(measure='kl')",
)
# Proposals that have been tried before, until a search believes that there are no others.
_REPETITIONS = 100


def search(
    recipe: Recipe,
    folder: Path | str,
    *,
    budget: int,
    resume: bool = False,
    overwrite: bool = False,
    cache: bool = True,
    watch: Watcher | None = None,
) -> Run:
    """Distils a student with one objective after the other, and keeps the best on development data.

    The recipe's own objective comes first, if it asks the teacher. The others are those that can
    compare student and teacher, with weights, temperatures and numbers of best structures that a
    sampler (TPE) proposes for what it knows of earlier trials. All else is as the recipe says. The
    recipe and its seed decide what is tried. Test data are looked at in the end, with the best.

    Args:
        recipe: names a teacher, too.
        folder: becomes the run of the best student; that of each trial is in its `trials`, and
            `search.json` lists them.
        budget: how many trials.
        resume: go on with the search in the folder; its trials are not repeated, and count.
        overwrite: replace what is in the folder.
        cache: as for `distill`; what is no folder has one cache for all trials.
        watch: is told what happens.

    Raises:
        RecipeError: optuna is not installed, or the recipe has a mistake.
        TrainingError: all trials have failed.
        StructdistillError: as for `distill`.
    """
    if budget < 1:
        raise RecipeError(f"expected a budget of one trial or more; got {budget}")
    study, folder = _study(recipe.training.seed), Path(folder)
    if overwrite:
        experiment.check_apart(recipe, folder)
    trials, kept = _before(recipe, folder, resume=resume)
    Run.check_free(folder, kept, resume=resume, overwrite=overwrite)
    trials.unsuited = _unsuited(recipe)

    def begin() -> None:
        Run.create(folder, kept, resume=resume, overwrite=overwrite)
        trials.write(folder)

    def note(trial: Trial) -> None:
        trials.put(trial)
        _once(lambda: trials.write(folder))
        if watch is not None:
            watch(trial)

    def tried(objective: str) -> Trial:
        trial = trials.of(objective)
        note(trial)
        if trial.status == "running":
            trial = _trained(trial, recipe, folder, cache=cache, watch=watch)
            note(trial)
        return trial

    _once(begin)
    _explore(study, recipe, [c for c in _CANDIDATES if c not in trials.unsuited], budget, tried)
    best = trials.best_first()[0]
    if best.score is None:
        failures = [f"{trial.objective}: {trial.reason}" for trial in trials.trials]
        raise TrainingError("\n".join([f"all trials in {folder} have failed", *failures]))
    run, chosen = Run(folder), _with(recipe, best.objective)
    if run.recipe() != chosen or not run.metrics():
        _once(lambda: run.take_over(Run.open(trial_folder(folder, best)), chosen))
        # Its training has come to an end, so that this only measures it.
        experiment.distill(chosen, folder, resume=True, cache=cache)
    return run


def _study(seed: int) -> "optuna.Study":
    try:
        import optuna
    except ImportError as error:
        raise RecipeError(
            "a search needs optuna, which is not installed: pip install 'structdistill[search]'"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # it would tell of studies in memory
    # A search is small: after a few random trials it should use what it knows.
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=5)
    return optuna.create_study(direction="maximize", sampler=sampler)


def _before(recipe: Recipe, folder: Path, *, resume: bool) -> tuple[Trials, Recipe]:
    """What was tried in the folder, and the recipe of the run that is in it."""
    if not resume or not is_search(folder):
        return Trials(objective=recipe.objective), recipe
    trials = Trials.read(folder)
    if trials.objective != recipe.objective:
        raise RunError(
            f"the search in {folder} began with the objective {trials.objective!r}, not "
            f"{recipe.objective!r}. Go on with the same one, or start anew (--overwrite)"
        )
    return trials, _with(recipe, Run(folder).recipe().objective)


def _with(recipe: Recipe, objective: str) -> Recipe:
    return recipe.model_copy(update={"objective": objective})


def _unsuited(recipe: Recipe) -> dict[str, str]:
    """The candidates that cannot compare a recipe's student with its teacher, and why."""
    corpus, lessons = student_corpus(recipe)
    student = untrained(recipe, corpus, lessons.labels, lessons).alike
    _, teacher = next(structures(lessons, corpus.train[:1]))
    found = {name: obstacle(parse(name), student, teacher) for name in _CANDIDATES}
    return {name: why for name, why in found.items() if why}


def _explore(
    study: "optuna.Study",
    recipe: Recipe,
    candidates: list[str],
    budget: int,
    tried: Callable[[str], Trial],
) -> None:
    """Tries so many objectives; the study is told what each is worth.

    The study proposes the same again if it is told the same: so a search that is resumed comes by
    all that was tried before it goes on, and goes on as if it had never stopped.
    """
    from optuna.trial import TrialState

    seen, repetitions = set[str](), 0
    if recipe.parsed_objective().needs_teacher:
        tried(recipe.objective)
        seen.add(str(recipe.parsed_objective()))
    while candidates and len(seen) < budget and repetitions < _REPETITIONS:
        asked = study.ask()
        objective = _proposed(asked, candidates)
        if objective in seen:
            repetitions += 1
            study.tell(asked, state=TrialState.FAIL)
            continue
        seen.add(objective)
        trial = tried(objective)
        # A trial that failed is no better than the worst, and so nothing to come back to.
        state = TrialState.PRUNED if trial.score is None else TrialState.COMPLETE
        study.tell(asked, trial.score, state=state)


def _proposed(asked: "optuna.Trial", candidates: list[str]) -> str:
    """The objective that a sampler proposes, in few digits."""
    name = asked.suggest_categorical("objective", candidates)
    settings: dict[str, Any] = {}
    if name != _SQUARED_ERROR:
        temperature = asked.suggest_float("temperature", 0.5, 4, log=True)
        settings["temperature"] = float(f"{temperature:.2g}")
    if name == "top_k":
        settings["k"] = asked.suggest_int("k", 1, 16, log=True)
    comparison: Any = parse(name)
    comparison = replace(comparison, **settings)
    weight = round(asked.suggest_float("weight", 0.5, 1, step=0.05), 2)
    if weight == 1:
        return str(comparison)
    return str(weight * comparison + round(1 - weight, 2) * NLL())


def _trained(
    trial: Trial, recipe: Recipe, folder: Path, *, cache: bool, watch: Watcher | None
) -> Trial:
    """What becomes of a trial."""
    place = trial_folder(folder, trial)
    try:
        run = experiment.distill(
            _with(recipe, trial.objective),
            place,
            resume=place.exists(),
            cache=folder if cache else False,
            test=False,
            watch=watch,
        )
    except (TrainingError, TypeError, ValueError) as error:  # what an objective may come to
        return trial.model_copy(update={"status": "failed", "reason": str(error)})
    metrics = run.metrics()
    seconds = sum(epoch["seconds"] for epoch in metrics["epochs"])
    found = {"status": "finished", "score": metrics["dev"]["score"], "seconds": seconds}
    return trial.model_copy(update=found)


def _once(work: Callable[[], None]) -> None:
    """Has one of all processes do something, between what all did before and will do next."""
    everyone = PartialState()
    everyone.wait_for_everyone()
    if everyone.is_main_process:
        work()
    everyone.wait_for_everyone()

"""Distil accurate structured predictors into small, fast ones, sub-structure by sub-structure."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structdistill.data.sentence import Sentence
    from structdistill.evaluation import evaluate
    from structdistill.experiment import distill, train
    from structdistill.models.model import Model
    from structdistill.objectives import parse
    from structdistill.prediction import predict
    from structdistill.recipe import Recipe
    from structdistill.run import Run
    from structdistill.structures import (
        ConstituencyTree,
        Independent,
        LinearChain,
        NonProjectiveTree,
        ProjectiveTree,
        SemiMarkov,
        Structure,
    )
    from structdistill.teaching import load_teacher
    from structdistill.training import fit

__version__ = "0.1.0"

__all__ = [
    "ConstituencyTree",
    "Independent",
    "LinearChain",
    "Model",
    "NonProjectiveTree",
    "ProjectiveTree",
    "Recipe",
    "Run",
    "SemiMarkov",
    "Sentence",
    "Structure",
    "distill",
    "evaluate",
    "fit",
    "load_teacher",
    "parse",
    "predict",
    "train",
]

_HOMES = {
    "Sentence": "data.sentence",
    "Model": "models.model",
    "parse": "objectives",
    "Recipe": "recipe",
    "Run": "run",
    "Structure": "structures",
    "LinearChain": "structures",
    "Independent": "structures",
    "SemiMarkov": "structures",
    "ProjectiveTree": "structures",
    "NonProjectiveTree": "structures",
    "ConstituencyTree": "structures",
    "evaluate": "evaluation",
    "distill": "experiment",
    "load_teacher": "teaching",
    "train": "experiment",
    "predict": "prediction",
    "fit": "training",
}


def __getattr__(name: str) -> object:
    """Imports a public name when first asked for: torch takes seconds, `--help` should not."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

"""What a student minimises. Written over `Structure` alone, so each serves every structure."""

from structdistill.objectives.base import Distillation, Objective, WeightedSum
from structdistill.objectives.expression import parse
from structdistill.objectives.nll import NLL
from structdistill.objectives.posterior import Posterior
from structdistill.objectives.schedules import Linear
from structdistill.objectives.structural import Structural
from structdistill.objectives.substructure import Substructure
from structdistill.objectives.token import Token
from structdistill.objectives.top_k import TopK

__all__ = [
    "NLL",
    "Distillation",
    "Linear",
    "Objective",
    "Posterior",
    "Structural",
    "Substructure",
    "Token",
    "TopK",
    "WeightedSum",
    "parse",
]

"""What the laws must know of an objective, and students with teachers to compare.

An objective is found by its test file: `test_<name>.py` defines `LAWS`.
"""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from structdistill.objectives import Objective
from structdistill.structures import Structure
from tests.oracle import Arrays, Oracle
from tests.structures import test_independent, test_linear_chain
from tests.structures.families import Case, Setting, draw, partner


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Laws:
    """What an objective promises.

    Args:
        instances: the objective in all its settings.
        value: of one sentence, by enumeration: from the objective, student, teacher and gold.
        gradient: the same as the docstring has it, for each of the student's potentials.
        zero_at_teacher: whether the value is 0, the minimum, if student and teacher are the same.
        repeats: whether a sentence said twice has the same value, if words are independent.
        serves: whether it can compare these two families.
    """

    instances: Sequence[Objective]
    value: Callable[[Objective, Oracle, Oracle, np.ndarray], float]
    gradient: Callable[[Objective, Oracle, Oracle, np.ndarray], Arrays]
    zero_at_teacher: bool = True
    repeats: bool = True
    serves: Callable[[Objective, Structure, Structure], bool] = lambda *_: True


@cache
def laws() -> dict[str, Laws]:
    """Those of all test files of this folder, by the name of the objective."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py"))
    modules = {name: importlib.import_module(f"tests.objectives.{name}") for name in names}
    return {
        name.removeprefix("test_"): vars(module)["LAWS"]
        for name, module in modules.items()
        if "LAWS" in vars(module)
    }


@dataclass(frozen=True, eq=False, repr=False)
class Pair:
    """A student, its teacher, and an annotation for the student."""

    name: str
    student: Case
    teacher: Case

    def __str__(self) -> str:
        return self.name

    @property
    def gold(self) -> np.ndarray:
        """Sentences annotated in full, in part, ambiguously or not at all, in turn."""
        random, annotations = np.random.default_rng(5), []
        for i, oracle in enumerate(self.student.oracles):
            possible = np.flatnonzero(np.isfinite(oracle.scores))
            decisive = self.student.structure.decisive
            gold = oracle.members.parts[decisive][random.choice(possible)]
            if i % 4 in (1, 2):
                some = self.student.setting.family.observe(gold, random)
                gold = some if i % 4 == 2 else some * gold
            annotations.append(gold * (i % 4 < 3))
        return np.stack(annotations)

    @property
    def gold_parts(self) -> dict[str, Tensor]:
        """The annotation as an objective gets it."""
        return {self.student.structure.decisive: torch.tensor(self.gold)}


def pairs(*, forbidden: bool = False) -> list[Pair]:
    """Students and teachers that factorise alike or differently.

    Where parts are forbidden, the teacher forbids all that the student does, and more.
    """
    independent, chain = test_independent.FAMILY, test_linear_chain.FAMILY
    settings = {
        "independent": Setting(family=independent, lengths=LENGTHS),
        "chain": Setting(family=chain, lengths=LENGTHS),
        "positions": Setting(family=chain, form=3, lengths=LENGTHS),
    }
    found = []
    for student, teacher in [
        ("independent", "independent"),
        ("chain", "chain"),
        ("chain", "positions"),
        ("independent", "chain"),
        ("chain", "independent"),
    ]:
        theirs = draw(replace(settings[teacher], forbidden=forbidden))
        ours = theirs if student == teacher else draw(settings[student])
        found.append(Pair(f"{teacher} teaches {student}", partner(ours), theirs))
    return found


LENGTHS = (4, 5, 3, 2, 0, 1, 4, 2)


def softmax(values: np.ndarray) -> np.ndarray:
    """Over all axes."""
    weights = np.exp(values - values.max())
    return weights / weights.sum()


def kl(p: np.ndarray, q: np.ndarray) -> float:
    """Of two arrays of probabilities, over all axes."""
    possible = p > 0
    return float((p[possible] * np.log(p[possible] / q[possible])).sum())

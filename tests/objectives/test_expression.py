"""Objectives as they are written in recipes."""

from dataclasses import dataclass

import pytest

from structdistill.errors import RecipeError
from structdistill.objectives import (
    NLL,
    Linear,
    Objective,
    Posterior,
    Structural,
    Substructure,
    Token,
    TopK,
    WeightedSum,
    parse,
)
from tests.objectives.families import laws


@pytest.mark.parametrize(
    ("expression", "objective"),
    [
        ("nll", NLL()),
        (" top_k(5) ", TopK(k=5)),
        ("token(temperature=2)", Token(temperature=2)),
        ("substructure(transitions=False, measure='kl')", Substructure(False, measure="kl")),
        ("0.9 * posterior + 0.1 * nll", 0.9 * Posterior() + 0.1 * NLL()),
        ("structural * 2", 2.0 * Structural()),
        ("0.5 * (nll + 3 * token)", 0.5 * NLL() + 1.5 * Token()),
        ("linear(1, 0) * token + nll", Linear(1, 0) * Token() + NLL()),
        ("nll * linear(0, 1, until=0.5)", Linear(0, 1, until=0.5) * NLL()),
        ("structdistill.objectives.NLL", NLL()),
        ("structdistill.objectives.top_k.TopK(k=2) + nll", TopK(k=2) + NLL()),
    ],
)
def test_expressions_are_read(expression: str, objective: Objective) -> None:
    assert parse(expression) == objective


@pytest.mark.parametrize(
    "objective",
    [
        *(instance for each in laws().values() for instance in each.instances),
        *(0.3 * instance + NLL() for each in laws().values() for instance in each.instances),
        NLL() * (1 / 3) + 1e-05 * Token(),
        Linear(1 / 3, 0, until=0.1 + 0.2) * TopK(k=2) + 7 * NLL(),
        (Linear(1, 0) * Token() + Linear(0, 1) * NLL()).at(0.3),
    ],
    ids=str,
)
def test_what_is_written_reads_back(objective: Objective) -> None:
    assert parse(str(objective)) == objective


def test_a_lone_term_of_weight_one_is_written_as_the_term() -> None:
    alone = WeightedSum.of(NLL())
    assert str(alone) == "nll"
    assert WeightedSum.of(parse(str(alone))) == alone


@dataclass(frozen=True)
class NotAnObjective:
    """Of another kind."""


class Undeclared(Objective):
    """An objective whose settings cannot be known."""


HERE = __name__


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "cannot read the objective ''"),
        ("nll +", "cannot read the objective 'nll +'"),
        ("nll - token", "cannot read 'nll - token' in the objective"),
        ("-1 * nll", "cannot read '-1' in the objective"),
        ("2 * 3 * nll", "cannot read '2 * 3' in the objective"),
        ("nll * token", "cannot read 'nll * token' in the objective"),
        ("1 + nll", "cannot read '1 + nll' in the objective"),
        ("nll(1)(2)", "cannot read 'nll(1)(2)' in the objective"),
        ("'nll'", ": objectives are written like `0.9 * substructure"),
        ("3", "'3' is a weight without an objective"),
        ("linear(1, 0)", "is a weight without an objective: objectives are written like"),
        ("substrcture", "unknown objective 'substrcture'. Did you mean 'substructure'?"),
        ("base", "unknown objective 'base'. Known: nll, posterior"),
        ("token(temprature=2)", "token has no setting 'temprature'. Did you mean 'temperature'?"),
        ("token(**{})", "token has no setting '**'"),
        ("nll(weight=2)", "nll has no setting 'weight'. it has none"),
        (
            "token(temperature=hot)",
            "numbers, True or False, and words in quotes; cannot read 'hot'",
        ),
        (
            "substructure(transitions=true)",
            "True or False, and words in quotes; cannot read 'true'",
        ),
        ("top_k(k=0)", "cannot use the objective 'top_k(k=0)': k must be at least 1; got 0"),
        ("token(temperature=0)", "temperature must be positive; got 0"),
        ("substructure(temperature=2)", "the squared error has no temperature"),
        ("nll(1)", "cannot use the objective"),
        ("linear(1) * nll", "cannot use the objective"),
        ("linear(1, 0, until=2) * nll", "until is a share of training"),
        ("linear(1, 0) * (linear(1, 0) * nll)", "a product of two schedules"),
        ("somewhere.Else", "cannot import 'somewhere.Else'"),
        ("structdistill.objectives.Nothing", "has no class 'Nothing'"),
        (f"{HERE}.Undeclared", "is no objective: it must be a dataclass, based on Objective"),
        (f"{HERE}.NotAnObjective", "is no objective: it must be a dataclass, based on Objective"),
    ],
)
def test_what_cannot_be_read_is_explained(expression: str, message: str) -> None:
    with pytest.raises(RecipeError) as error:
        parse(expression)
    assert message in str(error.value)

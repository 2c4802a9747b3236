"""Objectives as they are written in recipes: `0.9 * substructure(transitions=True) + 0.1 * nll`."""

import ast
from dataclasses import fields, is_dataclass
from typing import Any

from structdistill.errors import RecipeError
from structdistill.names import resolve, suggestion
from structdistill.objectives.base import Objective, Weight
from structdistill.objectives.schedules import Linear

_GRAMMAR = (
    "objectives are written like `0.9 * substructure(transitions=False) + linear(1, 0) * nll`: "
    "names with settings, weighted and added"
)


def parse(expression: str) -> Objective:
    """The objective that an expression stands for.

    Names are modules of `structdistill.objectives`, or dotted paths of other people's classes;
    a weight is a number or a schedule.

    Raises:
        RecipeError: the expression is not of this form, or a name or setting is unknown.
    """
    try:
        objective = _evaluate(ast.parse(expression.strip(), mode="eval").body, expression)
    except SyntaxError as error:
        raise RecipeError(f"cannot read the objective {expression!r}: {_GRAMMAR}") from error
    except RecipeError:
        raise
    except (TypeError, ValueError) as error:
        raise RecipeError(f"cannot use the objective {expression!r}: {error}") from error
    if not isinstance(objective, Objective):
        raise RecipeError(f"{expression!r} is a weight without an objective: {_GRAMMAR}")
    return objective


def _evaluate(node: ast.expr, whole: str) -> Objective | Weight:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = _evaluate(left, whole), _evaluate(right, whole)
            if isinstance(first, Objective) and isinstance(second, Objective):
                return first + second
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            first, second = _evaluate(left, whole), _evaluate(right, whole)
            if isinstance(second, Objective) and not isinstance(first, Objective):
                return first * second
            if isinstance(first, Objective) and not isinstance(second, Objective):
                return first * second
        case ast.Name() | ast.Attribute():
            return _named(node, [], {})
        case ast.Call(func=ast.Name() | ast.Attribute() as name, args=args, keywords=keywords):
            settings = {keyword.arg or "**": _literal(keyword.value, whole) for keyword in keywords}
            return _named(name, [_literal(arg, whole) for arg in args], settings)
    raise RecipeError(f"cannot read {ast.unparse(node)!r} in the objective {whole!r}: {_GRAMMAR}")


def _named(node: ast.expr, values: list[object], settings: dict[str, object]) -> Objective | Weight:
    name = ast.unparse(node)
    found: Any = Linear if name == "linear" else resolve("objectives", name)
    usable = issubclass(found, Objective | Linear) and is_dataclass(found)
    if not usable:
        raise RecipeError(f"{name!r} is no objective: it must be a dataclass, based on Objective")
    known = [field.name for field in fields(found)]
    for setting in settings:
        if setting not in known:
            hint = suggestion(setting, known) if known else "it has none"
            raise RecipeError(f"{name} has no setting {setting!r}. {hint}")
    made: Objective | Linear = found(*values, **settings)
    return made


def _literal(node: ast.expr, whole: str) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise RecipeError(
            f"settings are numbers, True or False, and words in quotes; cannot read "
            f"{ast.unparse(node)!r} in the objective {whole!r}"
        ) from error

"""Whether a teacher can teach a student, found out before anything is trained."""

from structdistill.errors import RecipeError
from structdistill.models.heads import head_of
from structdistill.names import known, resolve
from structdistill.objectives import Objective, WeightedSum, parse
from structdistill.structures import Distribution, Structure
from structdistill.tasks.base import Task


def check_tasks(name: str, *, teacher: str, student: str) -> None:
    """Refuses a teacher that annotates another layer of sentences than its student.

    Args:
        name: of the teacher, for messages.
        teacher: its task.
        student: the student's task.

    Raises:
        RecipeError: one annotates tags, the other heads, for example.
    """
    ours, theirs = (_task(task) for task in (student, teacher))
    if ours.layer != theirs.layer:
        raise RecipeError(
            f"the teacher {name} was made for {teacher}, but the recipe's task is {student}: "
            "choose another teacher, or set task"
        )


def check_objective(
    objective: Objective, *, student: Structure, teacher: Distribution, task: str
) -> None:
    """Refuses an objective that cannot compare these two families.

    Args:
        objective: to be minimised.
        student: of any sentences.
        teacher: of the same sentences.
        task: the student's.

    Raises:
        RecipeError: tells why not, which objectives can, and which structure the student may have.
    """
    for _, term in WeightedSum.of(objective).terms:
        why = obstacle(term, student, teacher)
        if why:
            remedies = ["choose another teacher"]
            for name, family in head_of(task).structures.items():
                if family is type(teacher):
                    remedies.insert(0, f"set model.structure={name}, as the teacher's")
            able = [name for name in known("objectives") if _can(name, student, teacher)]
            if able:
                remedies.insert(0, f"choose another objective ({', '.join(able)})")
            raise RecipeError(
                f"{term} cannot compare the teacher's {type(teacher).__name__} with the student's "
                f"{type(student).__name__}: {', or '.join(remedies)}. {why}"
            )


def obstacle(objective: Objective, student: Structure, teacher: Distribution) -> str:
    """Why an objective cannot compare two structures; empty if it can."""
    try:
        objective(student, teacher)
    except (TypeError, ValueError) as error:
        return str(error)
    return ""


def _task(name: str) -> type[Task]:
    found = resolve("tasks", name)
    assert issubclass(found, Task)
    return found


def _can(name: str, student: Structure, teacher: Distribution) -> bool:
    objective = parse(name)
    return objective.needs_teacher and not obstacle(objective, student, teacher)

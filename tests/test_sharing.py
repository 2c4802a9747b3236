"""What the program does for machines that it has not to itself."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
import structdistill.cli
{then}
assert "torch" not in sys.modules, "it has read its environment already"
print(os.environ.get("GOMP_SPINCOUNT"), os.environ.get("OMP_WAIT_POLICY"))
"""
MAIN = """
sys.argv = ["structdistill", "--version"]
try:
    structdistill.cli.main()
except SystemExit:
    pass
"""


def waiting(then: str, **variables: str) -> str:
    """What a new process has for how threads wait, after its last printed line."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GOMP_", "OMP_"))}
    environment |= {"PYTHONPATH": os.pathsep.join(sys.path), **variables}
    command = [sys.executable, "-c", PROGRAM.format(then=then)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_threads_of_the_program_sleep_soon_and_it_is_said_before_torch_asks() -> None:
    assert waiting(MAIN) == "3000 None"


@pytest.mark.parametrize(
    ("variable", "told"),
    [({"GOMP_SPINCOUNT": "7"}, "7 None"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "None ACTIVE")],
)
def test_what_the_user_has_set_stays(variable: dict[str, str], told: str) -> None:
    assert waiting(MAIN, **variable) == told


def test_a_program_that_only_imports_the_library_stays_as_it_was() -> None:
    assert waiting("") == "None None"

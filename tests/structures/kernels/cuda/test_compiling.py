"""How kernels are compiled, also for devices that are not here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

compiling = pytest.importorskip("structdistill.structures.kernels.cuda.compiling")
PROGRAM = Path(__file__).with_name("compile_kernels.py")


def test_a_tile_is_as_large_as_its_rows_need_or_may_be() -> None:
    assert [compiling.columns(number) for number in (1, 2, 3, 9)] == [1, 2, 4, 16]
    assert [compiling.rows(number, 16) for number in (1, 5, 10_000)] == [1, 8, 64]
    assert compiling.rows(10, 1 << 14) == 1


def test_all_kernels_compile_for_a_device_that_is_not_here(tmp_path: Path) -> None:
    trees = ["projective_tree", "non_projective_tree", "constituency_tree"]
    families = ["linear_chain", "semi_markov", *trees]
    environment = {**os.environ, "TRITON_INTERPRET": "0", "TRITON_CACHE_DIR": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, str(PROGRAM), "80", *families],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 0, result.stderr
    told = [line.split(": ") for line in result.stdout.splitlines()]
    assert [family for family, _ in told] == families
    assert all(int(size) > 1000 for _, sizes in told for size in sizes.split()[:-1])

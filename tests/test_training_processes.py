import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from structdistill.errors import TrainingError
from structdistill.training import Settings, _steps
from tests import two_processes
from tests.tiny import same


def test_two_processes_train_as_one_does(tmp_path):
    lengths = [len(sentence) for sentence in two_processes.CORPUS]
    for epoch in range(2):
        steps = _steps(lengths, Settings(accumulate=4, **two_processes.SETTINGS), epoch, 1)
        assert len(steps[-1]) == 3, "the processes have unequal shares of the last step"
    script = [sys.executable, "-m", "tests.two_processes", str(tmp_path / "two")]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    root = Path(__file__).parents[1]
    subprocess.run(script, check=True, cwd=root, env=environment, timeout=300)
    two_processes.train(tmp_path / "one", accumulate=4)
    expected = torch.load(tmp_path / "one" / "weights_0.pt")
    for process in range(2):
        same(torch.load(tmp_path / "two" / f"weights_{process}.pt"), expected, 1e-9)


def test_a_step_has_a_batch_for_every_process():
    lengths = [5] * 10  # two in a batch
    settings = Settings(batch_words=10, accumulate=2)
    assert [len(step) for step in _steps(lengths, settings, 0, 2)] == [4]
    assert [len(step) for step in _steps(lengths, settings, 0, 1)] == [2, 2, 1]
    with pytest.raises(
        TrainingError, match=r"10 sentences fill no batch for each of 6 processes: lower training"
    ):
        _steps(lengths, settings, 0, 6)

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from structdistill.data.sentence import Sentence
from structdistill.epochs import steps_of_epoch
from structdistill.errors import TrainingError
from tests import two_processes
from tests.tiny import same


def test_two_processes_train_as_one_does(tmp_path):
    batch = two_processes.SETTINGS["batch_words"]
    for epoch in range(2):
        steps = steps_of_epoch(
            two_processes.CORPUS, epoch, batch_words=batch, accumulate=4, processes=1, seed=3
        )
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
    def steps(processes: int) -> list[list[list[int]]]:
        sentences = [Sentence(("a",) * 5)] * 10  # two in a batch
        return steps_of_epoch(
            sentences, 0, batch_words=10, accumulate=2, processes=processes, seed=1
        )

    assert [len(step) for step in steps(2)] == [4]
    assert [len(step) for step in steps(1)] == [2, 2, 1]
    with pytest.raises(
        TrainingError, match=r"10 sentences fill no batch for each of 6 processes: lower training"
    ):
        steps(6)

"""Trains with two processes, as `accelerate launch` does; `test_training.py` runs and checks it."""

import sys
from pathlib import Path

import torch
from accelerate import PartialState, debug_launcher

from structdistill.objectives import parse
from structdistill.tasks.tagging import Tagging
from structdistill.training import Settings, fit
from tests.tiny import tiny_corpus, tiny_model

OBJECTIVE = "token"  # leaves transitions without gradients, for which processes would wait
SETTINGS = {"epochs": 2, "batch_words": 20, "learning_rate": 1e-2, "seed": 3}
CORPUS = tiny_corpus(24)


def train(folder: Path, accumulate: int) -> None:
    """Trains in a folder; each process keeps its last weights there."""
    torch.set_num_threads(1)
    folder.mkdir(exist_ok=True)
    model = tiny_model().double()
    for _ in fit(
        model,
        Tagging(model.labels),
        train=CORPUS,
        dev=CORPUS[:4],
        objective=parse(OBJECTIVE),
        settings=Settings(accumulate=accumulate, **SETTINGS),
        folder=folder,
        teacher=tiny_model(1).double(),
    ):
        pass
    torch.save(model.state_dict(), folder / f"weights_{PartialState().process_index}.pt")


if __name__ == "__main__":
    debug_launcher(train, (Path(sys.argv[1]), 2), num_processes=2)

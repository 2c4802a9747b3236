"""What an epoch of training consists of: its sentences, in batches, in steps."""

from collections.abc import Sequence

from structdistill.data.batching import batches
from structdistill.data.sentence import Sentence
from structdistill.errors import TrainingError


def steps_of_epoch(
    sentences: Sequence[Sentence],
    epoch: int,
    *,
    batch_words: int,
    accumulate: int,
    processes: int,
    seed: int,
    seen: Sequence[int] | None = None,
) -> list[list[list[int]]]:
    """The sentences of each batch of each step of an epoch; every process has some of each.

    It depends on the arguments only: an interrupted epoch is what it was.

    Args:
        sentences: all that there are to train on.
        epoch: counted from 0; each has another order.
        batch_words: words in a batch, padding included.
        accumulate: batches in a step, of each process.
        processes: how many share a step.
        seed: of the run.
        seen: indices of the sentences of this epoch; by default all.

    Returns:
        indices of sentences.

    Raises:
        TrainingError: there are too few for all processes.
    """
    seen = range(len(sentences)) if seen is None else seen
    order = batches(
        [len(sentences[i]) for i in seen], words=batch_words, seed=seed * 1_000_003 + epoch
    )
    shuffled = [[seen[i] for i in batch] for batch in order]
    size = accumulate * processes
    steps = [shuffled[i : i + size] for i in range(0, len(shuffled) - processes + 1, size)]
    if not steps:
        raise TrainingError(
            f"{len(seen)} sentences fill no batch for each of {processes} processes: lower "
            "training.batch_words, or take fewer processes"
        )
    return steps

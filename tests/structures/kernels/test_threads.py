"""Sentences are shared out so that each is computed once."""

import threading

import numpy as np
import pytest
import torch

from structdistill.structures.kernels.threads import over_sentences


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
@pytest.mark.parametrize(
    "lengths",
    [[], [0], [5], [10_000], [3000] * 7, [10_000, 0, 0, 1], [0, 0, 50_000, 50_000]],
    ids=str,
)
def test_every_sentence_is_in_one_range(
    lengths: list[int], threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    counts = np.zeros(len(lengths))

    def kernel(first: int, last: int, counted: np.ndarray) -> None:
        counted[first:last] += 1

    over_sentences(kernel, np.array(lengths, dtype=np.int64), counts)
    assert (counts == 1).all()


def test_other_threads_work_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    meeting, names = threading.Barrier(2, timeout=10), set()

    def kernel(first: int, last: int) -> None:
        meeting.wait()
        names.add(threading.current_thread().name)

    over_sentences(kernel, np.array([5000, 5000]))
    assert len(names) == 2


def test_a_failure_in_another_thread_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)

    def kernel(first: int, last: int) -> None:
        if first == 0:
            raise MemoryError("too long")

    with pytest.raises(MemoryError, match="too long"):
        over_sentences(kernel, np.array([5000, 5000]))


def test_two_costly_groups_are_two_threads_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    ranges = list[tuple[int, int]]()
    over_sentences(lambda first, last: ranges.append((first, last)), np.array([6000, 4500]))
    assert sorted(ranges) == [(0, 1), (1, 2)]

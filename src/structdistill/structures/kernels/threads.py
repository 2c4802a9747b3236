"""Sentences shared out among threads."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from jaxtyping import Int

# Of the units below. Less is no slower in one thread: PyTorch's own, which spin for a while after
# every large operation, leave another no processor at once.
_WORTH_A_THREAD = 5000


def over_sentences(
    kernel: Callable[..., None], costs: Int[np.ndarray, " batch"], *arguments: Any
) -> None:
    """Calls `kernel(first, last, *arguments)` for ranges of sentences, of about equal costs.

    In as many threads as torch uses. They are Python's: a kernel releases the lock, calls from
    several threads do not disturb each other, and a forked process begins with a pool of its own.

    Args:
        costs: of each sentence, in units of about 0.1 µs: what a word takes in a chain.
    """
    ends = costs.cumsum()
    total = int(ends[-1]) if len(ends) else 0
    threads = max(1, min(torch.get_num_threads(), total // _WORTH_A_THREAD))
    if threads == 1:
        kernel(0, len(costs), *arguments)
        return
    # A border lies where most of the cost of what is before it falls into the share before it.
    shares = [total * i / threads for i in range(1, threads)]
    borders = [0, *np.searchsorted(ends - costs / 2, shares).tolist(), len(costs)]
    pool = _pool(os.getpid())
    others = [
        pool.submit(kernel, first, last, *arguments) for first, last in pairwise(borders[:-1])
    ]
    kernel(borders[-2], borders[-1], *arguments)
    for other in others:
        other.result()


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    """The threads of a process, which start when they are needed."""
    return ThreadPoolExecutor(thread_name_prefix=f"structdistill-{process}")

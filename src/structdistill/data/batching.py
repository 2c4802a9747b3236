"""Batches of sentences of similar length."""

import random
from collections.abc import Sequence

# Lengths are jittered by up to this share before sorting: enough to change a sentence's companions
# from epoch to epoch, too little to pad much.
_JITTER = 0.05


def batches(lengths: Sequence[int], *, words: int, seed: int | None = None) -> list[list[int]]:
    """Splits sentences into batches under a budget of padded words.

    A batch of k sentences costs k times its longest length. Neighbours in the order of length
    share a batch, so that little of it is padding: a few percent where there are many batches.
    Every sentence is in exactly one batch; one that is longer than the budget gets its own.

    Args:
        lengths: the number of words of each sentence.
        words: the most words in a batch, padding included.
        seed: shuffles sentences of about the same length, and the batches; another seed gives
            other batches. `None`: the shortest first, always the same.

    Returns:
        For each batch the indices of its sentences.

    Raises:
        ValueError: the budget is no positive number.
    """
    if words < 1:
        raise ValueError(f"words must be at least 1, got {words}")
    if seed is None:
        return _fill(sorted(range(len(lengths)), key=lengths.__getitem__), lengths, words)
    generator = random.Random(seed)
    # The half word makes equal lengths change places as well, where 5 % is less than a word.
    keys = [length + generator.uniform(-1, 1) * max(0.5, _JITTER * length) for length in lengths]
    found = _fill(sorted(range(len(lengths)), key=keys.__getitem__), lengths, words)
    generator.shuffle(found)
    return found


def _fill(order: Sequence[int], lengths: Sequence[int], words: int) -> list[list[int]]:
    found: list[list[int]] = []
    longest = 0
    for index in order:
        longest = max(longest, lengths[index])
        if not found or (len(found[-1]) + 1) * longest > words:
            found.append([])
            longest = lengths[index]
        found[-1].append(index)
    return found

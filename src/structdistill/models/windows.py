"""Overlapping windows over a sentence that is longer than an encoder can read at once."""

import numpy as np
from jaxtyping import Int


def windows(sizes: Int[np.ndarray, " word"], capacity: int) -> Int[np.ndarray, "window 2"]:
    """Word spans `[start, stop)` that cover a sentence, each of at most `capacity` sub-words.

    Neighbours overlap by about half, so that every word has context on both sides in one of them;
    the last window reaches back as far as it can.

    Args:
        sizes: sub-words of each word, each between 1 and `capacity`.
        capacity: sub-words that a window holds.
    """
    offsets = np.concatenate([[0], np.cumsum(sizes)])

    def first_to_reach(stop: int) -> int:
        return int(np.searchsorted(offsets, offsets[stop] - capacity))

    def last_from(start: int) -> int:
        return int(np.searchsorted(offsets, offsets[start] + capacity, side="right")) - 1

    spans, start, stop = [], 0, last_from(0)
    while stop < len(sizes):
        spans.append((start, stop))
        half = int(np.searchsorted(offsets, offsets[start] + capacity // 2))
        start = max(min(half, stop), first_to_reach(stop + 1))
        stop = last_from(start)
    spans.append((first_to_reach(stop), stop))
    return np.array(spans, dtype=np.int64)


def most_central(
    sizes: Int[np.ndarray, " word"], spans: Int[np.ndarray, "window 2"]
) -> Int[np.ndarray, " word"]:
    """The window of each word in which its nearest edge is farthest, counted in sub-words.

    Args:
        sizes: sub-words of each word.
        spans: word spans `[start, stop)` that cover the sentence.
    """
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    starts, stops = offsets[spans].T
    before = offsets[:-1, None] - starts
    after = stops - offsets[1:, None]
    # A word outside a window has a negative distance to one of its edges.
    chosen: Int[np.ndarray, " word"] = np.minimum(before, after).argmax(axis=1)
    return chosen

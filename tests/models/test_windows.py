"""Windows cover a sentence, and each word is read where it is most central."""

import itertools

import numpy as np

from structdistill.models.windows import most_central, windows

CASES = [
    (np.random.default_rng(seed).integers(1, largest + 1, length), capacity)
    for seed in range(4)
    for length in (1, 2, 7, 60)
    for capacity, largest in ((1, 1), (2, 2), (5, 5), (8, 1), (30, 7), (500, 9))
]


def test_a_sentence_that_fits_has_one_window() -> None:
    spans = windows(np.array([2, 1, 3]), 6)
    assert spans.tolist() == [[0, 3]]
    assert most_central(np.array([2, 1, 3]), spans).tolist() == [0, 0, 0]


def test_windows_overlap_by_half() -> None:
    sizes = np.ones(20, dtype=int)
    spans = windows(sizes, 8)
    assert spans.tolist() == [[0, 8], [4, 12], [8, 16], [12, 20]]
    # Word 5 has 2 words to the right in the first window, and 1 to the left in the second;
    # word 6 has 1 to the right in the first, and 2 to the left in the second.
    expected = [0] * 6 + [1] * 4 + [2] * 4 + [3] * 6
    assert most_central(sizes, spans).tolist() == expected


def test_the_last_window_reaches_back() -> None:
    assert windows(np.ones(10, dtype=int), 8).tolist() == [[0, 8], [2, 10]]


def test_a_window_holds_whole_words() -> None:
    # 3 + 3 do not fit into 5, so each word stands alone, with none left out.
    assert windows(np.array([3, 3, 4, 5]), 5).tolist() == [[0, 1], [1, 2], [2, 3], [3, 4]]


def test_every_word_is_covered_by_full_windows() -> None:
    for sizes, capacity in CASES:
        spans = windows(sizes, capacity).tolist()
        assert spans[0][0] == 0
        assert spans[-1][1] == len(sizes)
        for start, stop in spans:
            assert start < stop
            assert sizes[start:stop].sum() <= capacity
            assert stop == len(sizes) or sizes[start : stop + 1].sum() > capacity
        for (start, stop), (later, end) in itertools.pairwise(spans):
            assert start < later <= stop < end


def test_a_word_is_read_where_its_nearest_edge_is_farthest() -> None:
    for sizes, capacity in CASES:
        spans = windows(sizes, capacity)
        for word, chosen in enumerate(most_central(sizes, spans)):
            context = {
                i: min(sizes[start:word].sum(), sizes[word + 1 : stop].sum())
                for i, (start, stop) in enumerate(spans)
                if start <= word < stop
            }
            assert context[chosen] == max(context.values())

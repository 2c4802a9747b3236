"""The paired test: exact where it can be enumerated, uniform where nothing differs."""

import time
from itertools import product

import numpy as np
import pytest

from structdistill.significance import p_value
from structdistill.tasks.base import Counts


def system(generator, gold, right, *, seeds=(1, 2)):
    """Outputs that match gold with some probability, and about as many predictions."""
    found = {}
    for seed in seeds:
        matched = generator.binomial(gold, right)
        wrong = generator.binomial(gold, 1 - right)
        found[seed] = [
            Counts(int(m), int(g), int(m + w)) for m, g, w in zip(matched, gold, wrong, strict=True)
        ]
    return found


def mean_f1(counts):
    return np.mean([Counts.total(sentences).f1 for sentences in counts.values()])


def test_it_is_the_share_of_all_exchanges():
    generator = np.random.default_rng(5)
    gold = generator.integers(1, 5, 8)
    ours, theirs = (system(generator, gold, right) for right in (0.75, 0.6))
    observed = abs(mean_f1(ours) - mean_f1(theirs))
    extreme = 0
    for exchanged in product((False, True), repeat=8):
        a, b = {}, {}
        for seed in ours:
            rows = list(zip(exchanged, ours[seed], theirs[seed], strict=True))
            a[seed] = [y if swap else x for swap, x, y in rows]
            b[seed] = [x if swap else y for swap, x, y in rows]
        extreme += abs(mean_f1(a) - mean_f1(b)) >= observed - 1e-9
    assert 0.01 < extreme / 2**8 < 0.9
    assert p_value(ours, theirs) == pytest.approx(extreme / 2**8, abs=0.02)


def test_of_equal_systems_it_is_uniform():
    generator = np.random.default_rng(2)
    found = []
    for _ in range(300):
        gold = generator.integers(1, 9, 60)
        ours, theirs = (system(generator, gold, 0.7) for _ in range(2))
        found.append(p_value(ours, theirs, resamples=400))
    # Kolmogorov: at 300 draws a uniform variable is beyond 0.094 in one of a hundred tests.
    ranks = (np.arange(300) + 1) / 300
    assert abs(np.sort(found) - ranks).max() < 0.094
    assert np.mean(np.array(found) <= 0.05) < 0.09


def test_of_a_clear_difference_it_is_as_small_as_can_be():
    generator = np.random.default_rng(3)
    gold = generator.integers(1, 9, 300)
    ours, theirs = (system(generator, gold, right) for right in (0.9, 0.7))
    assert p_value(ours, theirs, resamples=999) == pytest.approx(1 / 1000)


def test_it_does_not_depend_on_who_comes_first_and_is_repeatable():
    generator = np.random.default_rng(4)
    gold = generator.integers(1, 9, 100)
    ours, theirs = (system(generator, gold, right) for right in (0.75, 0.72))
    found = p_value(ours, theirs)
    assert p_value(ours, theirs) == found
    assert p_value(theirs, ours) == pytest.approx(found, abs=0.02)


def test_a_system_does_not_differ_from_itself():
    counts = {1: [Counts(1, 2, 3), Counts(0, 0, 0)]}
    assert p_value(counts, counts) == 1


def test_seeds_that_both_have_are_compared():
    one, two = [Counts(1, 2, 2)] * 40, [Counts(2, 2, 2)] * 40
    assert p_value({1: one, 2: one}, {2: one, 3: two}) == 1
    with pytest.raises(ValueError, match=r"no seed in common: \[1\] and \[2\]; train both with"):
        p_value({1: one}, {2: two})


def test_other_sentences_cannot_be_compared():
    counts = {1: [Counts(1, 2, 2), Counts(1, 1, 1)]}
    for other in ([Counts(1, 2, 2)], [Counts(1, 3, 2), Counts(1, 1, 1)]):
        with pytest.raises(ValueError, match="evaluated on different sentences; use the same"):
            p_value(counts, {1: other})


def test_a_test_set_of_2000_sentences_takes_a_moment():
    generator = np.random.default_rng(6)
    gold = generator.integers(1, 20, 2000)
    ours, theirs = (system(generator, gold, 0.9, seeds=range(5)) for _ in range(2))
    started = time.perf_counter()
    p_value(ours, theirs)
    assert time.perf_counter() - started < 10  # 0.2 s alone; other work may go on beside it

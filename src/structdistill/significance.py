"""Whether one system is better than another, or its test set was kind to it."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Num

from structdistill.tasks.base import Counts

RESAMPLES = 10_000
SeedCounts = Mapping[int, Sequence[Counts]]
"""What a system counts in each sentence of a test set, by the seeds that it was trained with."""


def p_value(
    ours: SeedCounts, theirs: SeedCounts, *, resamples: int = RESAMPLES, seed: int = 0
) -> float:
    """The probability of so large a difference between two systems that are equally good.

    A paired test, two-sided, by approximate randomisation. A system's figure is the mean, over its
    seeds, of the F1 (or accuracy) of the whole test set. Under the null hypothesis it is arbitrary
    which of the two systems gave which output to a sentence: both outputs, of all seeds together,
    change sides with probability ½, sentence by sentence. p is the share of the resamples whose
    figures differ by as much as those observed, or by more, in either direction; the observation
    counts as one of them, so that p is never below 1 / (resamples + 1), and rejecting where p ≤ α
    is wrong with probability α at most.

    So p speaks of the sentences, which might have been others, and not of the seeds: it takes the
    models as they are. Whether other seeds would do the same is told by the spread over seeds.

    Randomisation rather than the bootstrap, since it is exact for test sets of any size, and the
    field's choice for F1: Chinchor (1992); Yeh (2000), *More accurate tests for the statistical
    significance of result differences*; Noreen (1989) for the estimate of p.

    Args:
        ours: counts of each sentence by seed.
        theirs: of the same sentences in the same order; the seeds that both have are compared.
        resamples: how many.
        seed: of the resamples.

    Raises:
        ValueError: they have no seed in common, or are of different sentences.
    """
    common = sorted(ours.keys() & theirs.keys())
    if not common:
        raise ValueError(
            f"the systems have no seed in common: {sorted(ours)} and {sorted(theirs)}; train both "
            "with the same seeds"
        )
    a, b = (np.array([counts[seed] for seed in common]) for counts in (ours, theirs))
    if a.shape != b.shape or (a[..., 1] != b[..., 1]).any():
        raise ValueError("the systems were evaluated on different sentences; use the same test set")
    differ = (a != b).any((0, 2))  # elsewhere it does not matter whose output is whose
    # Sums of counts are exact in single precision, which is what makes it fast.
    exchange = (b - a)[:, differ].swapaxes(0, 1).reshape(-1, 3 * len(common)).astype(np.float32)
    observed = abs(_difference(a.sum(1)[None], b.sum(1)[None])[0])
    generator = np.random.default_rng(seed)
    as_extreme, left = 1, resamples
    while left:
        count = min(left, 1000)
        changes = generator.integers(0, 2, (count, len(exchange)), dtype=np.int8)
        moved = (changes.astype(np.float32) @ exchange).reshape(count, len(common), 3)
        difference = _difference(a.sum(1) + moved, b.sum(1) - moved)
        as_extreme += int((abs(difference) >= observed - 1e-9).sum())
        left -= count
    return as_extreme / (resamples + 1)


def _difference(
    ours: Num[np.ndarray, "resamples seeds 3"], theirs: Num[np.ndarray, "resamples seeds 3"]
) -> np.ndarray:
    """By how much the mean figure of one system is above that of the other, in percent."""
    difference: np.ndarray = _f1(ours).mean(-1) - _f1(theirs).mean(-1)
    return difference


def _f1(counts: Num[np.ndarray, "*some 3"]) -> np.ndarray:
    """`Counts.f1` of many."""
    both = counts[..., 1] + counts[..., 2]
    figures: np.ndarray = 200 * counts[..., 0] / np.maximum(both, 1)
    return figures

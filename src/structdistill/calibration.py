"""Whether a model is right as often as it says."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np

BINS = 15
"""As in Guo et al. (2017)."""


@dataclass(frozen=True)
class Bin:
    """Predictions of similar confidence.

    Args:
        count: how many.
        confidence: their mean, in percent; 0 if there are none.
        accuracy: the percentage that is right; 0 if there are none.
    """

    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Calibration:
    """Confidences beside what came true, in bins of equal width from 0 to 1.

    Reference: Guo, Pleiss, Sun, Weinberger (2017), *On Calibration of Modern Neural Networks*,
    who take the one label of an input for what we take the predicted segments, arcs or
    constituents.

    Args:
        bins: of the confidences in (0, 1/m], (1/m, 2/m], …; the first has 0, too.
    """

    bins: tuple[Bin, ...]

    @classmethod
    def of(
        cls, confidences: Sequence[float], right: Sequence[bool], *, bins: int = BINS
    ) -> "Calibration":
        """Compares confidences with what came true.

        Args:
            confidences: of each prediction, from 0 to 1.
            right: whether it was.
            bins: how many, of equal width.

        Raises:
            ValueError: there are not as many of the one as of the other, or something is no
                probability.
        """
        sure, true = np.asarray(confidences, dtype=float), np.asarray(right, dtype=float)
        if sure.shape != true.shape:
            raise ValueError(
                f"{len(sure)} confidences of {len(true)} predictions; expected one each"
            )
        if not ((sure >= 0) & (sure <= 1)).all():
            raise ValueError("a confidence is not between 0 and 1")
        place = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
        counts = np.bincount(place, minlength=bins)
        sums = [100 * np.bincount(place, each, minlength=bins) for each in (sure, true)]
        means = [total / np.maximum(counts, 1) for total in sums]
        return cls(tuple(map(Bin, counts.tolist(), *(mean.tolist() for mean in means))))

    @property
    def count(self) -> int:
        """How many predictions there are."""
        return sum(each.count for each in self.bins)

    @property
    def error(self) -> float:
        """The expected calibration error, Σ count |accuracy − confidence| / Σ count, in percent.

        0 if there are no predictions. Few predictions never look calibrated: of n, evenly in m
        bins, chance alone makes an expected error of up to 100 √(m / 2πn).
        """
        gaps = sum(each.count * abs(each.accuracy - each.confidence) for each in self.bins)
        return gaps / max(1, self.count)

    @property
    def confidence(self) -> float:
        """The mean confidence, in percent; above the accuracy the model is overconfident."""
        return sum(each.count * each.confidence for each in self.bins) / max(1, self.count)

    @property
    def accuracy(self) -> float:
        """The percentage of the predictions that is right: precision, where they are segments."""
        return sum(each.count * each.accuracy for each in self.bins) / max(1, self.count)

    def figures(self) -> dict[str, Any]:
        """Plain numbers, for JSON."""
        return {
            "error": self.error,
            "confidence": self.confidence,
            "accuracy": self.accuracy,
            "count": self.count,
            "bins": [list(astuple(each)) for each in self.bins],
        }

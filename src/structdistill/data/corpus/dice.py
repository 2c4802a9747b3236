"""Chance, from one seed."""

import random
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import accumulate
from typing import TypeVar

_Choice = TypeVar("_Choice")


class Dice:
    """Draws that a seed determines."""

    def __init__(self, seed: int):
        self._random = random.Random(seed)

    def chance(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return self._random.random() < probability

    def between(self, low: int, high: int) -> int:
        """One of the numbers from low to high, both included."""
        return self._random.randint(low, high)

    def one(self, choices: Sequence[_Choice]) -> _Choice:
        """One of the choices, all equally likely."""
        return self._random.choice(choices)

    def zipf(self, choices: Sequence[_Choice]) -> _Choice:
        """One of the choices, the first the likeliest: few are frequent, most are rare."""
        return self._random.choices(choices, cum_weights=_zipf(len(choices)))[0]

    def weighted(self, weights: Mapping[_Choice, int | float]) -> _Choice:
        """One of the keys, as likely as its value says."""
        return self._random.choices(list(weights), list(weights.values()))[0]


@cache
def _zipf(count: int) -> list[float]:
    # Five ranks are skipped: without that the first word would be a fifth of all.
    return list(accumulate(1 / (rank + 5) for rank in range(count)))

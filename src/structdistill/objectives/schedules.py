"""Weights that change during training."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Linear:
    """A weight that goes from `start` to `end` in a straight line, and then stays.

    `linear(1, 0)` is teacher annealing (Clark et al. 2019, section 3.2).

    Args:
        start: the weight at the beginning of training.
        end: the weight when the share `until` of training is done.
        until: between 0 (excluded) and 1.
    """

    start: float
    end: float
    until: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.until <= 1:
            raise ValueError(f"until is a share of training, in (0, 1]; got {self.until}")

    def at(self, progress: float) -> float:
        """The weight when the share `progress` of training is done."""
        return self.start + (self.end - self.start) * min(1.0, progress / self.until)

    def __str__(self) -> str:
        until = "" if self.until == 1 else f", until={self.until}"
        return f"linear({shortest(self.start)}, {shortest(self.end)}{until})"


def shortest(number: float) -> str:
    """The shortest text that reads back as the same number: `2` rather than `2.0`."""
    return repr(float(number)).removesuffix(".0")

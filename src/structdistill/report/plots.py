"""Where the marks of two plots stand: score against speed, and confidence against truth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from structdistill.report.comparison import Comparison, System

WIDTH, HEIGHT = 460, 300
"""Of a plot's inner area, in pixels; y runs downwards."""


@dataclass(frozen=True)
class Mark:
    """A system in a plot.

    Args:
        name: what it is.
        points: where it is, in pixels.
        sizes: how large each point is, in pixels.
    """

    name: str
    points: Sequence[tuple[float, float]]
    sizes: Sequence[float] = ()


@dataclass(frozen=True)
class Plot:
    """Marks between two axes.

    Args:
        title: what it shows.
        across: the horizontal axis.
        up: the vertical axis.
        ticks_across: where the horizontal axis has which numbers.
        ticks_up: the same of the vertical one.
        marks: what is shown.
        diagonal: whether a line is drawn where both are the same.
        lines: whether points of a mark are joined.
    """

    title: str
    across: str
    up: str
    ticks_across: Sequence[tuple[float, str]]
    ticks_up: Sequence[tuple[float, str]]
    marks: Sequence[Mark]
    diagonal: bool = False
    lines: bool = False


def plots(comparison: Comparison) -> list[Plot]:
    """What a comparison shows at a glance; only what there are figures for."""
    systems = [row.system for row in comparison.rows]
    found = [_speed(comparison.score, systems)] if len(systems) > 1 else []
    return found + [plot for plot in [_reliability(systems)] if plot.marks]


def _speed(score: str, systems: Sequence[System]) -> Plot:
    """Score against words a second, on a logarithmic axis."""
    speeds = [math.log10(system.words_per_second()) for system in systems]
    scores = [mean(system.scores()) for system in systems]
    left, right = math.floor(min(speeds)), math.ceil(max(speeds) + 1e-9)
    step = next(s for s in (0.5, 1, 2, 5, 10, 20) if (max(scores) - min(scores)) / s <= 8)
    low = step * math.floor(min(scores) / step)
    high = step * math.ceil(max(scores) / step + 1e-9)

    def place(speed: float, figure: float) -> tuple[float, float]:
        across, up = (speed - left) / (right - left), (figure - low) / (high - low)
        return round(WIDTH * across, 1), round(HEIGHT * (1 - up), 1)

    marks = [
        Mark(_name(system), [place(speed, figure)], [5])
        for system, speed, figure in zip(systems, speeds, scores, strict=True)
    ]
    return Plot(
        title=f"{score} and speed",
        across="words a second",
        up=f"test {score}",
        ticks_across=[(place(power, low)[0], f"{10**power:,}") for power in range(left, right + 1)],
        ticks_up=[
            (place(left, low + i * step)[1], f"{low + i * step:g}")
            for i in range(round((high - low) / step) + 1)
        ],
        marks=marks,
    )


def _reliability(systems: Sequence[System]) -> Plot:
    """The share that is right against confidence, the bins of all seeds taken together."""
    marks = []
    for system in systems:
        found = [run.metrics["test"].get("calibration") for run in system.runs]
        bins = list(zip(*(each["bins"] for each in found if each), strict=True))
        kept = [_together(alike) for alike in bins]
        total = sum(count for count, _, _ in kept)
        points = [(count / total, a, b) for count, a, b in kept if count]
        if points:
            marks.append(
                Mark(
                    _name(system),
                    [
                        (round(WIDTH * a / 100, 1), round(HEIGHT - HEIGHT * b / 100, 1))
                        for _, a, b in points
                    ],
                    [round(2 + 8 * math.sqrt(share), 1) for share, _, _ in points],
                )
            )
    percents = range(0, 101, 20)
    return Plot(
        title="Reliability",
        across="confidence, %",
        up="right, %",
        ticks_across=[(WIDTH * percent / 100, str(percent)) for percent in percents],
        ticks_up=[(HEIGHT - HEIGHT * percent / 100, str(percent)) for percent in percents],
        marks=marks,
        diagonal=True,
        lines=True,
    )


def _together(bins: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    """Bins of the same confidences as one."""
    count = sum(each[0] for each in bins)
    sums = [sum(each[0] * each[i] for each in bins) for i in (1, 2)]
    return count, sums[0] / max(1, count), sums[1] / max(1, count)


def _name(system: System) -> str:
    return f"{system.student}, {system.variant}" if system.variant else system.student

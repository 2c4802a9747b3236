"""A comparison as text: its columns, what they mean, and the table as Markdown."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from structdistill.report.comparison import Comparison, Row, spread

NAMES = 2
"""So many columns, the first, hold names; the others hold numbers."""


@dataclass(frozen=True)
class Table:
    """Cells of text.

    Args:
        columns: their headings.
        meanings: what each heading means, in a sentence; empty where it is plain.
        rows: as many cells each; empty where there is nothing to say.
    """

    columns: Sequence[str]
    meanings: Sequence[str]
    rows: Sequence[Sequence[str]]


def table(comparison: Comparison, *, without: Iterable[str] = ()) -> Table:
    """The table of a comparison; columns in which no row has anything to say are left out.

    Args:
        comparison: what to show.
        without: keys of further columns to leave out, as in `_columns`.
    """
    rows, name = comparison.rows, comparison.score
    shown = [
        (heading, meaning, cells)
        for key, (heading, meaning, cell) in _columns(name).items()
        for cells in [[cell(row) for row in rows]]
        if key not in without and (any(cells) or key in ("student", "variant"))
    ]
    headings, meanings, columns = zip(*shown, strict=True)
    return Table(headings, meanings, list(zip(*columns, strict=True)))


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]], *, names: int = NAMES) -> str:
    """A table in Markdown.

    Args:
        headings: of the columns.
        rows: the cells.
        names: so many columns, the first, hold names and are aligned left.
    """
    rule = ["---"] * names + ["---:"] * (len(headings) - names)
    return "".join(f"| {' | '.join(line)} |\n" for line in (headings, rule, *rows))


_Column = tuple[str, str, Callable[[Row], str]]


def _columns(score: str) -> dict[str, _Column]:
    """All columns by key: heading, meaning, and what a row has there."""
    return {
        "student": ("student", "", lambda row: row.system.student),
        "variant": ("trained with", "", lambda row: row.system.variant),
        "score": (
            f"test {score}",
            "on test data, mean ± standard deviation over seeds",
            lambda row: spread(row.system.scores()),
        ),
        "gap": (
            "gap closed",
            "how much of the way from the student alone to its teacher it has gone",
            lambda row: _number(row.gap_closed, "{:z.0f} %"),
        ),
        "p": (
            "p",
            "probability of so large a difference from the student alone if both were equally "
            "good: paired approximate randomisation of the test sentences, for these very models",
            lambda row: _probability(row.p),
        ),
        "agreement": (
            "agrees",
            "words that are annotated as the teacher does",
            lambda row: _number(row.system.agreement(), "{:.1f} %"),
        ),
        "calibration": (
            "ECE",
            "expected calibration error: how far confidences are from the share that is right, "
            "in percent",
            lambda row: _number(row.system.calibration_error(), "{:.1f}"),
        ),
        "ood": (
            f"ood {score}",
            "on data out of the domain",
            lambda row: spread(row.system.scores("ood")) if row.system.scores("ood") else "",
        ),
        "seeds": ("seeds", "", lambda row: str(len(row.system.runs))),
        "seconds": (
            "s an epoch",
            "seconds of the fastest epoch",
            lambda row: _number(row.system.seconds(), "{:.0f}"),
        ),
        "speed": (
            "words/s",
            "words that the fastest run annotates in a second",
            lambda row: _number(row.system.words_per_second(), "{:,.0f}"),
        ),
        "parameters": (
            "parameters",
            "",
            lambda row: f"{row.system.runs[0].metrics['test']['parameters']:,}",
        ),
        "size": (
            "MB",
            "weights on disk",
            lambda row: _number(_megabytes(row.system.runs[0].size), "{:,.0f}"),
        ),
    }


def _number(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


def _probability(p: float | None) -> str:
    if p is None:
        return ""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _megabytes(size: int | None) -> float | None:
    return None if size is None else size / 1e6

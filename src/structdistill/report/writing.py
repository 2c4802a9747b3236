"""A report as a file: a page for the browser, or Markdown."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader

from structdistill import __version__
from structdistill.errors import RunError
from structdistill.files import write_text
from structdistill.report.comparison import Comparison
from structdistill.report.plots import HEIGHT, WIDTH, plots
from structdistill.report.table import NAMES, Table, markdown, table


def write_report(path: Path, comparisons: Sequence[Comparison], notes: Sequence[str]) -> None:
    """Writes a report; a file of that name is replaced.

    Args:
        path: `*.html`, one self-contained page, or `*.md`.
        comparisons: what it is about.
        notes: what is to be said of some runs.

    Raises:
        RunError: the file cannot be written, or is of another kind.
    """
    kinds = {".html": _page, ".md": _markdown}
    if path.suffix not in kinds:
        raise RunError(f"expected a file *.html or *.md to write the report to, got {path}")
    text = kinds[path.suffix](comparisons, notes)
    try:
        write_text(path, text)
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror}; choose another") from error


def _page(comparisons: Sequence[Comparison], notes: Sequence[str]) -> str:
    environment = Environment(
        loader=PackageLoader("structdistill.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sections = [
        {
            "title": comparison.test,
            "table": shown,
            "meanings": _meanings(shown),
            "plots": plots(comparison),
        }
        for comparison in comparisons
        for shown in [table(comparison)]
    ]
    return environment.get_template("page.html.jinja").render(
        sections=sections,
        notes=notes,
        names=NAMES,
        width=WIDTH,
        height=HEIGHT,
        version=__version__,
    )


def _markdown(comparisons: Sequence[Comparison], notes: Sequence[str]) -> str:
    parts = ["# Runs compared\n"]
    for comparison in comparisons:
        shown = table(comparison)
        parts += [f"## {comparison.test}\n", markdown(shown.columns, shown.rows)]
        parts.append("".join(f"- *{name}*: {meaning}.\n" for name, meaning in _meanings(shown)))
    if notes:
        parts += ["## Notes\n", "".join(f"- {note}\n" for note in notes)]
    return "\n".join(parts)


def _meanings(shown: Table) -> list[tuple[str, str]]:
    """Headings that want an explanation, with it."""
    pairs = zip(shown.columns, shown.meanings, strict=True)
    return [(heading, meaning) for heading, meaning in pairs if meaning]

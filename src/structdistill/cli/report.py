"""`structdistill report`: finished runs side by side."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="FOLDER", help="Runs, or folders with runs in them at any depth."),
    ],
    out: Annotated[
        list[Path] | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Write the report, too: *.html or *.md. May be repeated.",
        ),
    ] = None,
) -> None:
    """Compare finished runs: teachers, students, seeds.

    Runs whose recipes differ in nothing but the seed share a row. A student is
    set beside its teacher and beside the same model trained without one: how
    much of the gap between the two is closed, and how probable so large a
    difference would be were both equally good. Runs that were evaluated on
    different data get a table each.

    \b
      structdistill report runs --out report.html
    """
    from structdistill.display import print_comparisons
    from structdistill.report.comparison import compare
    from structdistill.report.result import find_runs
    from structdistill.report.writing import write_report

    results, notes = find_runs(folders)
    comparisons = compare(results)
    print_comparisons(comparisons, notes)
    for path in out or ():
        write_report(path, comparisons, notes)

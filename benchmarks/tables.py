"""Puts the figures of `benchmarks/results` into the tables of README.md and docs.

    python benchmarks/tables.py           writes them
    python benchmarks/tables.py --check   only says whether they are up to date

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; NAME is `quality/GRID`,
`demo` or `epoch`.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_TAUGHT_BY = re.compile(r"--teacher \S+/(\S+)")
_TABLE = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def quality(grid: Path) -> str:
    """The table of a grid: a row for each student and variant, over its seeds."""
    rows = []
    for folder in sorted(grid.rglob("*")):
        runs = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
        if runs:
            rows.append((folder.relative_to(grid).parts, runs))
    rows.sort(key=lambda row: (len(row[0]), row[0][0], mean(_scores(row[1]))))
    measured = f"test {rows[0][1][0]['test']['score_name']}"
    header = ("student", "trained with", measured, "gap closed", "seeds", "s an epoch", "words/s")
    means = {parts: mean(_scores(runs)) for parts, runs in rows}
    table = [
        (*_named(parts), _score(runs), _closed(parts, runs, means), *_figures(runs))
        for parts, runs in rows
    ]
    return _markdown((*header, "parameters"), table, names=2)


def demo(path: Path) -> str:
    """The table of `make demo`."""
    rows = json.loads(path.read_text())
    return _markdown(tuple(rows[0]), [tuple(row.values()) for row in rows], names=1)


def epoch(path: Path) -> str:
    """The table of `epoch.py`: a row for each student and what it was trained with."""
    rows = [
        (student, name, f"{row['seconds']:.1f}", f"{row['ratio']:.2f}")
        for student, variants in json.loads(path.read_text())["students"].items()
        for name, row in variants.items()
    ]
    return _markdown(("student", "trained with", "s an epoch", "times *none*"), rows, names=2)


def _named(parts: Sequence[str]) -> tuple[str, str]:
    student, variant = (*parts, "")[:2]
    return student.replace("_", " "), variant.replace("_", " ")


def _score(runs: Sequence[dict[str, Any]]) -> str:
    scores = _scores(runs)
    spread = f" ± {stdev(scores):.2f}" if len(scores) > 1 else ""
    return f"{mean(scores):.2f}{spread}"


def _closed(
    parts: tuple[str, ...],
    runs: Sequence[dict[str, Any]],
    means: Mapping[tuple[str, ...], float],
) -> str:
    """How much of the way from the undistilled twin to its teacher a student has gone."""
    taught, alone = _TAUGHT_BY.search(runs[0]["command"]), means.get((parts[0], "none"))
    if taught is None or alone is None:
        return ""
    return f"{round(100 * (means[parts] - alone) / (means[taught[1],] - alone))} %"


def _figures(runs: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    # Whatever else the machine does makes a run slower, never faster.
    seconds = min(epoch["seconds"] for run in runs for epoch in run["epochs"])
    speed = max(run["test"]["words_per_second"] for run in runs)
    return (
        str(len(runs)),
        f"{seconds:.0f}",
        f"{speed:,.0f}",
        f"{runs[0]['test']['parameters']:,}",
    )


def _scores(runs: Iterable[dict[str, Any]]) -> list[float]:
    return [run["test"]["score"] for run in runs]


def _markdown(header: Sequence[str], rows: Iterable[Sequence[str]], *, names: int) -> str:
    """A table whose first `names` columns hold names and whose others hold numbers."""
    rule = ["---"] * names + ["---:"] * (len(header) - names)
    return "".join(f"| {' | '.join(line)} |\n" for line in (header, rule, *rows))


def filled(page: str) -> str:
    """A page with its tables made anew."""

    def table(match: re.Match[str]) -> str:
        name = match[2]
        singles = {"demo": demo, "epoch": epoch}
        single = singles.get(name)
        made = single(RESULTS / f"{name}.json") if single else quality(RESULTS / name)
        return match[1] + made + match[3]

    return _TABLE.sub(table, page)


def main() -> None:
    """Writes or checks all pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    stale = [page for page in PAGES if filled(page.read_text()) != page.read_text()]
    for page in stale:
        if not check:
            page.write_text(filled(page.read_text()))
        print(f"{page.relative_to(ROOT)}: {'out of date' if check else 'written'}")
    sys.exit(bool(check and stale))


if __name__ == "__main__":
    main()

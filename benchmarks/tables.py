"""Puts the figures of `benchmarks/results` into the tables of README.md and docs.

    python benchmarks/tables.py           writes them
    python benchmarks/tables.py --check   only says whether they are up to date

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; NAME is `quality/GRID`,
`search/GRID`, or one of `headline`, `demo`, `epoch`, `structures`, `structures_cuda`, `growth`,
`sharing` and `padding`.
"""

import argparse
import json
import re
import sys
import tomllib
from functools import cache
from pathlib import Path
from statistics import mean

from structdistill.report.comparison import Comparison, compare
from structdistill.report.result import Result
from structdistill.report.table import markdown, table
from structdistill.run import read_counts

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_PEERS = ("pytorch-crf", "supar", "torch-struct")
_HEADLINE = {
    "conll2000": "chunks, CoNLL-2000",
    "gum_ner": "entities, GUM",
    "wnut17": "entities, WNUT-17",
    "gum_dep": "dependencies, GUM",
    "gum_const": "constituents, GUM",
}
"""What the grids of the first table are about."""
_TAUGHT_BY = re.compile(r"--teacher (\S+)")
_SETTING = re.compile(r"--set=([\w.]+)=(.*?)(?= --set=|$)")
_OBJECTIVE = re.compile(r'--set=objective="([^"]+)"')
_TABLE = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def quality(grid: Path) -> str:
    """The table of a grid: a row for each student and variant, over its seeds."""
    shown = table(_comparison(grid), without=("agreement", "size"))
    return markdown(shown.columns, shown.rows)


def headline(path: Path) -> str:
    """What the default objective is worth on each data set, by whichever text it was tried with."""
    distilled = ("distilled", "gap closed", "with more text", "gap closed", "of its teacher's")
    columns = ("data", "student", "teacher", "alone", *distilled)
    lines = []
    for name, data in _HEADLINE.items():
        comparison = _comparison(path.parent / "quality" / name)
        cells = {shown[:2]: shown[2:4] for shown in table(comparison).rows}
        systems = [row.system for row in comparison.rows]
        means = {(s.student, s.variant): mean(s.scores()) for s in systems}
        (teacher,) = (row for row in cells if row[0] == "teacher")
        for student in ("convolutional", "frozen subwords", "bilstm"):
            training, *texts = (
                (student, f"structural {variant}")
                for variant in ("augmented", "all text more rows", "all text", "more text")
            )
            more = next((each for each in texts if each in cells), texts[-1])
            if (student, "none") not in cells or not {training, more} & cells.keys():
                continue
            share = f"{100 * means[more] / means[teacher]:.1f} %" if more in cells else ""
            start = data, student, cells[teacher][0], cells[student, "none"][0]
            figures = *cells.get(training, ("", "")), *cells.get(more, ("", ""))
            lines.append((*start, *figures, share))
    return markdown(columns, lines)


def search(grid: Path) -> str:
    """The table of a grid that tries settings of objectives: of each the best on dev first."""
    tried: dict[str, list[tuple[float, float, str]]] = {}
    for path in _figures(grid, "1.json"):
        figures = json.loads(path.read_text())
        objective = _OBJECTIVE.search(figures["command"])[1]
        found = figures["dev"]["score"], figures["test"]["score"], objective
        tried.setdefault(re.search(r"\* (\w+)", objective)[1], []).append(found)
    rows = [
        (name, f"`{objective}`", f"{dev:.2f}", f"{test:.2f}")
        for name, found in sorted(tried.items(), key=lambda item: max(item[1]))
        for dev, test, objective in sorted(found, reverse=True)
    ]
    return markdown(("objective", "setting", "dev F1", "test F1"), rows)


def demo(path: Path) -> str:
    """The table of `make demo`."""
    rows = json.loads(path.read_text())
    return markdown(tuple(rows[0]), [tuple(row.values()) for row in rows], names=1)


def epoch(path: Path) -> str:
    """The table of `epoch.py`: a row for each student and what it was trained with."""
    rows = [
        (student, name, f"{row['seconds']:.1f}", f"{row['ratio']:.2f}")
        for student, variants in json.loads(path.read_text())["students"].items()
        for name, row in variants.items()
    ]
    return markdown(("student", "trained with", "s an epoch", "times *none*"), rows)


def structures(path: Path) -> str:
    """The table of `structures.py`: times of each library, and the ratio of the fastest to ours."""
    result = json.loads(path.read_text())
    libraries = ["structdistill", *_PEERS, "published loop"]
    libraries = [
        name for name in libraries if any(name in r["milliseconds"] for r in result["rows"])
    ]
    rows = []
    for row in result["rows"]:
        times = [row["milliseconds"].get(name) for name in libraries]
        shown = ["" if t is None else f"{t:.2f}" if t < 10 else f"{t:.0f}" for t in times]
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.1f}"
        rows.append((row["work"], row["size"], ratio, *shown))
    return markdown(("work", "size", "times as fast", *libraries), rows)


def growth(path: Path) -> str:
    """The table of `growth.py`."""
    rows = [
        (
            str(row["words"]),
            str(row["tags"]),
            str(row["batch"]),
            f"{row['milliseconds']:,.1f}",
            f"{row['nanoseconds_a_word_and_pair_of_tags']:.3f}",
            f"{row['peak_mebibytes']:,.0f}",
            f"{row['potentials_mebibytes']:,.1f}",
        )
        for row in json.loads(path.read_text())["rows"]
    ]
    header = ("words", "tags", "sentences", "ms", "ns a word and pair", "MiB at peak", "MiB given")
    return markdown(header, rows, names=0)


def sharing(path: Path) -> str:
    """The table of `sharing.py`."""
    rows = [
        (student, waiting, *(f"{rates[key]:,}" for key in ("alone", "shared")))
        for student, by in json.loads(path.read_text())["students"].items()
        for waiting, rates in by.items()
    ]
    header = ("student", "threads wait as with", "words/s alone", "beside a busy process")
    return markdown(header, rows)


def padding(path: Path) -> str:
    """The table of `padding.py`."""
    rows = [
        (
            corpus,
            kind,
            f"{row['words']:,}",
            *(f"{100 * row['padding'][how]:.0f} %" for how in ("one block", "blocks")),
            f"{row['times_as_fast']:.2f}",
        )
        for corpus, kinds in json.loads(path.read_text())["corpora"].items()
        for kind, row in kinds.items()
    ]
    header = (
        "sentences",
        "read for",
        "words a batch",
        "padding, one block",
        "blocks",
        "times as fast",
    )
    return markdown(header, rows)


@cache  # the first table and the grid's own show the same
def _comparison(grid: Path) -> Comparison:
    """All runs of a grid beside each other."""
    (comparison,) = compare([_result(path, grid) for path in _figures(grid)])
    return comparison


def _figures(grid: Path, name: str = "*.json") -> list[Path]:
    """The files of a grid's runs, and of those that stand `beside` it, as it says."""
    about = tomllib.loads((ROOT / "benchmarks" / f"{grid.name}.toml").read_text())
    folders = [grid, *(grid.parent / other for other in about.get("beside", ()))]
    found = (path for folder in folders for path in sorted(folder.rglob(name)))
    return [path for path in found if not path.name.endswith(".counts.json")]


def _result(path: Path, grid: Path) -> Result:
    """What a file of `quality.py` has to say; its folders are its student and variant."""
    metrics = json.loads(path.read_text())
    counts = path.with_suffix(".counts.json")
    taught = _TAUGHT_BY.search(metrics["command"])
    place = (grid.name, *path.relative_to(grid.parent).with_suffix("").parts[1:])
    return Result(
        place=place[:-1] if len(place) == 3 else place,  # teachers have one run
        system="/".join(place[:-1]),
        student=place[1],
        seed=int(path.stem),
        test=grid.name,
        metrics=metrics,
        counts=read_counts(counts)["test"] if counts.exists() else (),
        teacher=Path(taught[1]).parts if taught else None,
        size=metrics.get("bytes"),
        settings=dict(_SETTING.findall(metrics["command"])),
    )


_TABLES = {
    "headline": headline,
    "quality": quality,
    "search": search,
    "demo": demo,
    "epoch": epoch,
    "structures": structures,
    "structures_cuda": structures,
    "growth": growth,
    "sharing": sharing,
    "padding": padding,
}


def filled(page: str) -> str:
    """A page with its tables made anew."""

    def table(match: re.Match[str]) -> str:
        kind, _, grid = match[2].partition("/")
        source = RESULTS / "quality" / grid if grid else RESULTS / f"{kind}.json"
        return match[1] + _TABLES[kind](source) + match[3]

    return _TABLE.sub(table, page)


def main() -> None:
    """Writes or checks all pages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    stale = {page: text for page in PAGES if (text := filled(page.read_text())) != page.read_text()}
    for page, text in stale.items():
        if not check:
            page.write_text(text)
        print(f"{page.relative_to(ROOT)}: {'out of date' if check else 'written'}")
    sys.exit(bool(check and stale))


if __name__ == "__main__":
    main()

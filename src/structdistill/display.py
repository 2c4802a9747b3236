"""What a person sees in the terminal."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from structdistill.environment import Environment
from structdistill.progress import Epoch, Step
from structdistill.report.comparison import Comparison
from structdistill.report.table import NAMES, table
from structdistill.teaching import Caching
from structdistill.trials import Trial, Trials
from structdistill.unlabelled import Filtered

_FIGURES = {"precision": "precision", "recall": "recall", "F1": "F1"}


class TrainingDisplay:
    """A progress bar on standard error: loss and its terms, words a second, time left."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[status]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._bar = self._progress.add_task("training", total=1.0, status="")
        self._words_per_second = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._progress.live.is_started:
            if kind is None:
                self._progress.update(self._bar, completed=1.0)
            self._progress.stop()

    def update(self, event: Trial | Caching | Filtered | Step | Epoch) -> None:
        """Shows what happened; the bar appears with the first event."""
        self._progress.start()
        if isinstance(event, Trial):
            self._progress.console.print(
                _told(event), markup=False, highlight=False, soft_wrap=True
            )
            return
        if isinstance(event, Caching):
            done, total = event.done, event.total
            status = f"{done:,} of {total:,} sentences, {event.seconds:.0f} s"
            self._progress.update(
                self._bar, description="teacher", completed=done / total, status=status
            )
            return
        if isinstance(event, Filtered):
            self._progress.console.print(
                f"text without annotation: {event.kept:,} of {event.total:,} sentences kept, "
                f"{event.words:,} words, with {event.bounds}",
                highlight=False,
            )
            return
        if isinstance(event, Epoch):
            score, mark = event.dev.score, "  best so far" if event.best else ""
            self._progress.console.print(
                f"epoch {event.number}: dev {score.name} {score.main:.2f}, "
                f"{event.seconds:.0f} s{mark}",
                highlight=False,
            )
            return
        speed = event.words / event.seconds
        smooth = 0.95 * self._words_per_second + 0.05 * speed
        self._words_per_second = smooth if self._words_per_second else speed
        terms = ", ".join(f"{name} {value:.3f}" for name, value in event.terms.items())
        loss = f"loss {event.loss:.3f}" + (f" ({terms})" if len(event.terms) > 1 else "")
        status = f"{loss}  {self._words_per_second:,.0f} words/s"
        self._progress.update(
            self._bar, description="training", completed=event.progress, status=status
        )


def print_metrics(metrics: Mapping[str, Any], *, as_json: bool) -> None:
    """Prints what was measured on the test data, else on the development data."""
    if as_json:
        print(json.dumps(metrics, indent=2, ensure_ascii=False))
        return
    console = Console()
    split = "test" if "test" in metrics else "dev"
    figures = metrics[split]
    if figures["per_label"]:
        console.print(_label_table(figures, split))
    else:
        console.print(f"{split} {figures['score_name']} {figures['score']:.2f}", highlight=False)
    values = {k: v for k, v in figures["values"].items() if k not in _FIGURES}
    about = [
        *(f"{name} {value:.2f}" for name, value in values.items()),
        f"{figures['parameters']:,} parameters",
        f"{figures['words_per_second']:,.0f} words/s",
    ]
    if figures.get("calibration"):
        about.insert(len(values), f"calibration error {figures['calibration']['error']:.2f} %")
    if figures["agreement"] is not None:
        about.insert(len(values), f"agreement with the teacher {figures['agreement']:.2f} %")
    console.print(", ".join(about), highlight=False, soft_wrap=True)
    if "ood" in metrics:
        console.print(
            f"out of the domain: {_outline(metrics['ood'])}", highlight=False, soft_wrap=True
        )
    if metrics.get("left_out"):
        console.print(
            f"{metrics['left_out']:,} training sentences have an annotation that the model's "
            "structure cannot represent, and were learnt from without it",
            highlight=False,
            soft_wrap=True,
        )


def print_trials(trials: Trials, score_name: str) -> None:
    """Prints the trials of a search, best first, and which objectives there were none of."""
    table = Table(title="trials", title_justify="left", box=SIMPLE)
    table.add_column("trial", justify="right")
    table.add_column("objective", overflow="fold")
    table.add_column(f"dev {score_name}", justify="right")
    table.add_column("seconds", justify="right")
    for trial in trials.best_first():
        score = trial.status if trial.score is None else f"{trial.score:.2f}"
        seconds = "" if trial.seconds is None else f"{trial.seconds:.0f}"
        table.add_row(str(trial.number), Text(trial.objective), score, seconds)
    console = Console()
    console.print(table)
    for trial in trials.trials:
        if trial.reason is not None:
            console.print(_told(trial), markup=False, highlight=False, soft_wrap=True)
    for name, why in trials.unsuited.items():
        console.print(f"not tried: {name}: {why}", markup=False, highlight=False, soft_wrap=True)


def print_comparisons(comparisons: Iterable[Comparison], notes: Iterable[str]) -> None:
    """Prints runs side by side, and on standard error what is to be said of some.

    Columns that find no room in the terminal follow in a table of their own.
    """
    console = Console()
    for comparison in comparisons:
        shown = table(comparison)
        names = [", ".join(filter(None, row[:NAMES])) for row in shown.rows]
        columns = [
            (heading, [row[place] for row in shown.rows])
            for place, heading in enumerate(shown.columns)
            if place >= NAMES
        ]
        console.print(comparison.test, highlight=False)
        while columns:
            # Without rules between columns it is as narrow as can be.
            printed = Table(box=SIMPLE)
            printed.add_column("")
            room = console.width - max(map(len, names)) - 5
            cells = [names]
            while columns and (len(cells) == 1 or room >= _width(columns[0])):
                room -= _width(columns[0])
                heading, column = columns.pop(0)
                printed.add_column(heading, justify="right", no_wrap=True)
                cells.append(column)
            for row in zip(*cells, strict=True):
                printed.add_row(*map(Text, row))
            console.print(printed)
    for note in notes:
        Console(stderr=True).print(note, highlight=False, soft_wrap=True)


def _width(column: tuple[str, list[str]]) -> int:
    """Of a column of a table, with the space around it."""
    return 3 + max(map(len, (column[0], *column[1])))


def print_cache(figures: Mapping[str, Any], *, as_json: bool) -> None:
    """Prints what `write_cache` returns."""
    if as_json:
        print(json.dumps(figures, indent=2, ensure_ascii=False))
        return
    print(
        f"{figures['sentences']:,} sentences in {figures['folder']}, "
        f"{figures['bytes'] / 1e6:,.1f} MB; {figures['seconds']:.0f} s"
    )
    if "kl" in figures:
        print(
            f"in half precision: KL {figures['kl']:.2g} nats a sentence, {figures['score_name']} "
            f"{figures['cached_score']:.2f} instead of {figures['score']:.2f}"
        )


def print_environment(environment: Environment, *, as_json: bool) -> None:
    """Prints what runs here, for bug reports and for programs."""
    if as_json:
        print(json.dumps(asdict(environment), indent=2, ensure_ascii=False))
        return
    facts = Table(show_header=False)
    for name, found in environment.versions.items():
        facts.add_row(name, found)
    for name, found in environment.devices.items():
        facts.add_row(f"device {name}", found)
    facts.add_row("threads", str(environment.threads))
    computed = Table()
    for heading in ("structure", "potentials", "device", "precision", "computed by"):
        computed.add_column(heading, overflow="fold")
    # Precisions that are computed alike share a row.
    alike: dict[tuple[str, str, str, str], list[str]] = {}
    for each in environment.computations:
        key = (each.structure, each.potentials, each.device, each.implementation)
        alike.setdefault(key, []).append(each.dtype)
    for (structure, potentials, device, implementation), dtypes in alike.items():
        row = (structure, potentials, device, " ".join(dtypes), implementation)
        computed.add_row(*(Text(cell) for cell in row))
    console = Console()
    console.print(facts)
    console.print(computed)


def _outline(figures: Mapping[str, Any]) -> str:
    said = [f"{figures['score_name']} {figures['score']:.2f}"]
    if figures["agreement"] is not None:
        said.append(f"agreement with the teacher {figures['agreement']:.2f} %")
    if figures["calibration"]:
        said.append(f"calibration error {figures['calibration']['error']:.2f} %")
    return ", ".join(said)


def _told(trial: Trial) -> str:
    """A trial that begins, has come to its end, or has failed."""
    if trial.score is not None:
        return f"trial {trial.number}: dev {trial.score:.2f}"
    if trial.reason is not None:
        return f"trial {trial.number} failed: {trial.reason}"
    return f"trial {trial.number}: {trial.objective}"


def _label_table(figures: Mapping[str, Any], split: str) -> Table:
    table = Table(title=f"{split} data", title_justify="left")
    table.add_column("label")
    for name in (*_FIGURES, "gold"):
        table.add_column(name, justify="right")
    for label, row in figures["per_label"].items():
        table.add_row(label, *(f"{row[name]:.2f}" for name in _FIGURES), f"{row['support']:,}")
    if not _FIGURES.keys() <= figures["values"].keys():
        return table
    table.add_section()
    total = sum(row["support"] for row in figures["per_label"].values())
    table.add_row("all", *(f"{figures['values'][name]:.2f}" for name in _FIGURES), f"{total:,}")
    return table

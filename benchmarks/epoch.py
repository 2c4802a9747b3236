"""What an epoch of distillation costs beside an epoch of the student alone.

    python benchmarks/epoch.py runs/conll2000/teacher

For each student of CoNLL-2000: training without a teacher (the floor), each objective with the
teacher's cache, one with the teacher itself, and the two previous methods as their published code
does them. They take turns, a few hundred sentences at a time; an epoch's seconds are the median of
the turns, scaled to the whole training data.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from environment import COMPUTING, processor
from memory import peak
from published import PublishedPosterior, PublishedTopK

from structdistill.corpus import Corpus
from structdistill.data.batching import batches
from structdistill.data.sentence import Sentence
from structdistill.environment import versions
from structdistill.evaluation import WORDS, Teacher, make_task, structures
from structdistill.models.model import Model
from structdistill.objectives import Objective, parse
from structdistill.progress import Step
from structdistill.recipe import Recipe
from structdistill.teachers.cache import CachedTeacher, build
from structdistill.teaching import load_teacher
from structdistill.training import fit

RESULTS = Path(__file__).parent / "results" / "epoch.json"
SENTENCES, TURNS, THREADS, SKIPPED = 600, 3, 2, 2
TRANSFORMER = 'model.encoder={name="pretrained", layers="even:3"}'
STUDENTS = {
    "convolutional": ("conll2000_convolutional", ()),
    "bilstm": ("conll2000_bilstm", ()),
    "transformer": ("conll2000_teacher", (TRANSFORMER,)),
}
NAMES = ("token", "substructure", "structural", "posterior", "top_k")


def variants() -> dict[str, tuple[Objective, str]]:
    """By name, the objective, and whether the teacher is missing, a cache, or itself."""
    gold = 0.1 * parse("nll")
    return {
        "none": (parse("nll"), ""),
        **{name: (0.9 * parse(name) + gold, "cache") for name in NAMES},
        "structural, live teacher": (0.9 * parse("structural") + gold, "live"),
        "published posterior": (0.9 * PublishedPosterior() + gold, "cache"),
        "published top-k": (0.9 * PublishedTopK() + gold, "cache"),
    }


class Measurement:
    """One student, ready to be trained for a part of an epoch.

    Args:
        student: one of STUDENTS.
        teachers: by the names that `variants` uses.
        corpus: the whole one.
    """

    def __init__(self, student: str, teachers: dict[str, Teacher], corpus: Corpus):
        name, settings = STUDENTS[student]
        self.recipe = Recipe.read(name, settings=settings)
        self.teachers, self.corpus = teachers, corpus

    def seconds(self, objective: Objective, teacher: str) -> float:
        """Of a whole epoch."""
        architecture = self.recipe.model
        model = Model(
            encoder=architecture.encoder,
            labels=self.corpus.labels.names,
            structure=architecture.structure,
            task="tagging",
            head=architecture.head,
        )
        with tempfile.TemporaryDirectory() as folder:
            events = fit(
                model,
                make_task("tagging", self.corpus.labels),
                train=self.corpus.train[:SENTENCES],
                dev=self.corpus.dev[:5],
                objective=objective,
                settings=self.recipe.training.model_copy(update={"epochs": 1}),
                folder=Path(folder),
                teacher=self.teachers.get(teacher),
            )
            steps = [event for event in events if isinstance(event, Step)]
        per_word = sum(s.seconds for s in steps[SKIPPED:]) / sum(s.words for s in steps[SKIPPED:])
        return per_word * sum(map(len, self.corpus.train))


def main() -> None:
    """Measures all and writes the result."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("teacher", type=Path, help="a run of the recipe conll2000_teacher")
    parser.add_argument("--students", nargs="+", choices=STUDENTS, default=list(STUDENTS))
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    corpus = Corpus.read(Recipe.read("conll2000_convolutional").data)
    teacher = load_teacher(str(arguments.teacher))
    with tempfile.TemporaryDirectory() as folder:
        building = _building(teacher, corpus.train[:SENTENCES], Path(folder))
        cache = CachedTeacher(folder)
        teachers: dict[str, Teacher] = {"cache": cache, "live": teacher}
        students = {student: _student(student, teachers, corpus) for student in arguments.students}
    result = {
        "command": " ".join(["python", "benchmarks/epoch.py", *sys.argv[1:]]),
        "machine": {"processor": processor(), "threads": THREADS},
        "versions": versions(COMPUTING),
        "sentences": len(corpus.train),
        "padding": _padding(corpus.train, Recipe.read("conll2000_convolutional")),
        "cache": building,
        "students": students,
    }
    arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _student(student: str, teachers: dict[str, Teacher], corpus: Corpus) -> dict[str, Any]:
    measurement, found = Measurement(student, teachers, corpus), dict[str, list[float]]()
    memory = dict[str, list[float]]()
    for _ in range(TURNS):
        for name, (objective, source) in variants().items():
            seconds, used = peak(lambda o=objective, s=source: measurement.seconds(o, s))
            found.setdefault(name, []).append(seconds)
            memory.setdefault(name, []).append(used)
    floor = statistics.median(found["none"])
    rows = {}
    for name, times in found.items():
        seconds = statistics.median(times)
        rows[name] = {
            "seconds": round(seconds, 2),
            "ratio": round(seconds / floor, 2),
            "peak_mebibytes": round(statistics.median(memory[name])),
        }
        print(f"{student:14} {name:26} {rows[name]}", flush=True)
    return rows


def _building(teacher: Any, sentences: Sequence[Sentence], folder: Path) -> dict[str, float]:
    """Seconds of the teacher's bare forward pass, and of writing down what it says."""

    def timed(work: Callable[[], object]) -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    def write(number: int | None = None) -> list[int]:
        place = folder if number is None else folder / str(number)
        return list(build(teacher, sentences, place, fingerprint={}, batch_words=WORDS))

    bare, written = [], []
    for turn in range(3):
        bare.append(timed(lambda: list(structures(teacher, sentences))))
        written.append(timed(lambda turn=turn: write(turn)))
    write()
    ratio = statistics.median(written) / statistics.median(bare)
    return {
        "bare": round(min(bare), 2),
        "written": round(min(written), 2),
        "ratio": round(ratio, 3),
    }


def _padding(sentences: Sequence[Sentence], recipe: Recipe) -> float:
    """The share of the padded words of an epoch that are padding."""
    lengths = [len(sentence) for sentence in sentences]
    padded = sum(
        len(batch) * max(lengths[i] for i in batch)
        for batch in batches(lengths, words=recipe.training.batch_words, seed=1)
    )
    return round(1 - sum(lengths) / padded, 3)


if __name__ == "__main__":
    main()

"""What an epoch of distillation costs beside an epoch of the student alone.

    python benchmarks/epoch.py runs/conll2000/teacher

For each student of CoNLL-2000: training without a teacher (the floor), each objective with the
teacher's cache, one with the teacher itself, and the two previous methods as their published code
does them. All are trained at once and take turns, a few steps at a time, for a machine that is
shared changes its speed from second to second. An epoch's seconds are those of the median turn,
scaled to the whole training data; a ratio is the median of those to the student alone, by turns.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from environment import COMPUTING, processor
from memory import peak
from published import PublishedNLL, PublishedPosterior, PublishedTopK

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
SENTENCES, WRITTEN, TURNS, STEPS, THREADS = 3000, 600, 16, 5, 2
TRANSFORMER = 'model.encoder={name="pretrained", layers="even:3"}'
STUDENTS = {
    "convolutional": ("conll2000_convolutional", ()),
    "bilstm": ("conll2000_bilstm", ()),
    "transformer": ("conll2000_teacher", (TRANSFORMER,)),
}
NAMES = ("token", "substructure", "structural", "posterior", "top_k")


def variants() -> dict[str, tuple[Objective, str]]:
    """By name, the objective, and whether the teacher is missing, a cache, or itself."""
    gold, published_gold = 0.1 * parse("nll"), 0.1 * PublishedNLL()
    return {
        "none": (parse("nll"), ""),
        **{name: (0.9 * parse(name) + gold, "cache") for name in NAMES},
        "structural, live teacher": (0.9 * parse("structural") + gold, "live"),
        "published posterior": (0.9 * PublishedPosterior() + published_gold, "cache"),
        "published top-k": (0.9 * PublishedTopK() + published_gold, "cache"),
    }


class Measurement:
    """One student, to be trained in several ways.

    Args:
        student: one of STUDENTS.
        teachers: by the names that `variants` uses.
        corpus: the whole one.
    """

    def __init__(self, student: str, teachers: dict[str, Teacher], corpus: Corpus):
        name, settings = STUDENTS[student]
        self.recipe = Recipe.read(name, settings=settings)
        self.teachers, self.corpus = teachers, corpus

    def turns(self, objective: Objective, teacher: str) -> Iterator[float]:
        """Trains for a few steps at a time: the seconds of a whole epoch at that speed."""
        settings = self.recipe.training.model_copy(update={"epochs": 1})
        recipe = self.recipe.model_copy(update={"training": settings})
        few = replace(self.corpus, train=self.corpus.train[:SENTENCES])
        steps = training_steps(recipe, few, objective, self.teachers.get(teacher))
        while turn := list(islice(steps, STEPS)):
            per_word = sum(step.seconds for step in turn) / sum(step.words for step in turn)
            yield per_word * sum(map(len, self.corpus.train))


def training_steps(
    recipe: Recipe, corpus: Corpus, objective: Objective, teacher: Teacher | None = None
) -> Iterator[Step]:
    """The steps of a new tagger's training; its development data are next to nothing."""
    architecture = recipe.model
    model = Model(
        encoder=architecture.encoder,
        labels=corpus.labels.names,
        structure=architecture.structure,
        task="tagging",
        head=architecture.head,
    )
    with tempfile.TemporaryDirectory() as folder:
        events = fit(
            model,
            make_task("tagging", corpus.labels),
            train=corpus.train,
            dev=corpus.dev[:5],
            objective=objective,
            settings=recipe.training,
            folder=Path(folder),
            teacher=teacher,
        )
        yield from (event for event in events if isinstance(event, Step))


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
        building = _building(teacher, corpus.train, Path(folder))
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
    measurement = Measurement(student, teachers, corpus)
    training, memory = dict[str, Iterator[float]](), dict[str, float]()
    for name, (objective, source) in variants().items():
        training[name] = measurement.turns(objective, source)
        # The first steps of all, which are not timed: memory is taken then.
        _, memory[name] = peak(lambda t=training[name]: next(t))
    found = [{name: next(turns) for name, turns in training.items()} for _ in range(TURNS)]
    rows = {}
    for name, turns in training.items():
        turns.close()
        rows[name] = {
            "seconds": round(statistics.median(turn[name] for turn in found), 2),
            "ratio": round(statistics.median(turn[name] / turn["none"] for turn in found), 2),
            "peak_mebibytes": round(memory[name]),
        }
        print(f"{student:14} {name:26} {rows[name]}", flush=True)
    return rows


def _building(teacher: Any, sentences: Sequence[Sentence], folder: Path) -> dict[str, float]:
    """Seconds of the teacher's bare forward pass, and of writing down what it says.

    Leaves in the folder what it says of the sentences to be trained on.
    """

    def timed(work: Callable[[], object]) -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    def write(count: int, place: Path) -> list[int]:
        return list(build(teacher, sentences[:count], place, fingerprint={}, batch_words=WORDS))

    bare, written = [], []
    for turn in range(3):
        bare.append(timed(lambda: list(structures(teacher, sentences[:WRITTEN]))))
        written.append(timed(lambda turn=turn: write(WRITTEN, folder / str(turn))))
    write(SENTENCES, folder)
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

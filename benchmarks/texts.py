"""Files that `benchmarks/ablations.toml` learns from, and that no corpus has.

    python benchmarks/texts.py

writes into `runs/conll2000`, whose teacher has to be there: what it says of the training text and
of 12,000 sentences of Brown if nobody may ask for more than annotations of it, as of a language
model (`best.jsonl`, its best one; `one_sample.jsonl`, `five_samples.jsonl`); and the corpus with
the annotation of a sixteenth of the words of its training text, wherever they stand (`scattered`).
"""

import contextlib
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from structdistill.data.formats.jsonl import Jsonl
from structdistill.data.sentence import Sentence
from structdistill.evaluation import structures
from structdistill.recipe import Recipe
from structdistill.structures import Structure
from structdistill.teachers.lessons import Lessons
from structdistill.teaching import taught, written_down

ROOT = Path(__file__).parents[1]
HOME = ROOT / "runs" / "conll2000"
TEXT = (
    "data.augmentation.copies=0",
    'data.unlabelled=["data/unlabelled/brown.txt"]',
    "data.unlabelled_limit=12000",
)
ANNOTATED = 1 / 16
"""As much as 500 of the 8,000 sentences, which another row of the grid has."""


def write(path: Path, sentences: Iterable[Sentence]) -> None:
    """Writes sentences with their annotation."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        Jsonl().write(sentences, stream)


def write_samples(path: Path, teacher: Lessons, sentences: Sequence[Sentence], count: int) -> None:
    """Writes sentences with annotations that are drawn, the same in every run."""
    generator = torch.Generator().manual_seed(1)
    names = teacher.labels.names
    lines = [""] * len(sentences)
    for batch, structure in structures(teacher, sentences):
        assert isinstance(structure, Structure)
        drawn = structure.sample(count, generator=generator)["emissions"].argmax(-1)
        for index, samples in zip(batch, drawn.unbind(1), strict=True):
            words = sentences[index].words
            tags = [[names[tag] for tag in each[: len(words)]] for each in samples.tolist()]
            record = {"tokens": words, "annotations": [{"tags": each} for each in tags]}
            lines[index] = json.dumps(record, ensure_ascii=False)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_scattered(folder: Path, recipe: Recipe) -> None:
    """Writes the corpus; of its training text few words keep their tag, drawn at random.

    The first word of each tag does in any case: a model has the tags that it is trained on.
    """
    generator = random.Random(1)
    known = set[str | None]()

    def few(sentence: Sentence) -> Sentence:
        kept = list[str | None]()
        for tag in sentence.tags or ():
            kept.append(tag if generator.random() < ANNOTATED or tag not in known else None)
            known.add(tag)
        return replace(sentence, tags=tuple(kept))

    folder.mkdir(exist_ok=True)
    for split in ("train", "dev", "test"):
        sentences = recipe.data.read(getattr(recipe.data, split))
        write(folder / f"{split}.jsonl", map(few, sentences) if split == "train" else sentences)


def main() -> None:
    """Writes all of them."""
    settings = [*TEXT, f'teacher="{HOME / "teacher"}"']
    recipe = Recipe.read("conll2000_convolutional", settings=settings)
    with contextlib.chdir(ROOT):
        write_scattered(HOME / "scattered", recipe)
        corpus, lessons = taught(recipe)
        sentences = corpus.train + corpus.unlabelled
        teacher = written_down(lessons, sentences, HOME)
        best = teacher.annotate(sentences)
        assert best is not None  # a model has an annotation of everything
        write(HOME / "best.jsonl", best)
        write_samples(HOME / "one_sample.jsonl", teacher, sentences, 1)
        write_samples(HOME / "five_samples.jsonl", teacher, sentences, 5)


if __name__ == "__main__":
    main()

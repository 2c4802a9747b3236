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
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import torch

from structdistill.data.formats.jsonl import Jsonl
from structdistill.data.sentence import Sentence
from structdistill.evaluation import structures
from structdistill.recipe import Recipe
from structdistill.structures import Structure
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

Choice = Callable[[Structure], Iterable[torch.Tensor]]
"""Chooses taggings from a structure: indicators, (batch, word, tag) each."""


def write_annotations(path: Path, recipe: Recipe, choose: Choice) -> None:
    """Writes annotations by a recipe's teacher of all text that its students learn from."""
    corpus, lessons = taught(recipe)
    sentences = corpus.train + corpus.unlabelled
    names = lessons.labels.names
    lines = [""] * len(sentences)
    for batch, structure in structures(written_down(lessons, sentences, HOME), sentences):
        assert isinstance(structure, Structure)
        chosen = [tags.argmax(-1).tolist() for tags in choose(structure)]
        for place, index in enumerate(batch):
            words = sentences[index].words
            tags = [[names[tag] for tag in one[place][: len(words)]] for one in chosen]
            record = {"tokens": words, "annotations": [{"tags": each} for each in tags]}
            lines[index] = json.dumps(record, ensure_ascii=False)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def best(structure: Structure) -> Iterable[torch.Tensor]:
    """The most probable tags."""
    return [structure.argmax()["emissions"]]


def sampled(count: int) -> Choice:
    """Draws tags, the same in every run."""
    generator = torch.Generator().manual_seed(1)
    return lambda structure: structure.sample(count, generator=generator)["emissions"]


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
        written = map(few, sentences) if split == "train" else sentences
        with (folder / f"{split}.jsonl").open("w", encoding="utf-8", newline="") as stream:
            Jsonl().write(written, stream)


def main() -> None:
    """Writes all of them."""
    student = "conll2000_convolutional"
    corpus = Recipe.read(student)
    taught_by = Recipe.read(student, settings=[*TEXT, f'teacher="{HOME / "teacher"}"'])
    with contextlib.chdir(ROOT):
        write_scattered(HOME / "scattered", corpus)
        write_annotations(HOME / "best.jsonl", taught_by, best)
        write_annotations(HOME / "one_sample.jsonl", taught_by, sampled(1))
        write_annotations(HOME / "five_samples.jsonl", taught_by, sampled(5))


if __name__ == "__main__":
    main()

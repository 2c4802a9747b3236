"""The smallest models and corpora on which the upper half of the library does its work."""

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from structdistill.data.formats.columns import Columns
from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.models.model import Model
from structdistill.objectives import parse
from structdistill.progress import Epoch, Step
from structdistill.tasks.base import Task
from structdistill.tasks.tagging import Tagging
from structdistill.training import Settings, fit

LABELS = ("O", "B-LOC", "B-PER", "I-LOC", "I-PER")
TASK = Tagging(Labels(LABELS))

_PEOPLE = (("Ada",), ("Bob", "Stone"), ("Cleo", "von", "Ruhr"))
_PLACES = (("Oslo",), ("New", "York"), ("Cape", "Town"))
_TEXT = ("the", "old", "man", "saw", "a", "boat", "near", "it", ",", ".")


def encoder(*, dropout: float = 0.0) -> dict[str, object]:
    """Settings of an encoder of some hundred parameters."""
    embedding = {"name": "hashed", "width": 6, "rows": 40, "dropout": dropout}
    return {
        "name": "convolutional",
        "width": 8,
        "layers": 1,
        "embedding": embedding,
        "dropout": dropout,
    }


def tiny_model(
    seed: int = 0,
    *,
    labels: Sequence[str] = LABELS,
    structure: str = "linear_chain",
    dropout: float = 0.0,
) -> Model:
    """A model with the weights that a seed gives."""
    torch.manual_seed(seed)
    return Model(encoder=encoder(dropout=dropout), labels=labels, structure=structure)


def tiny_corpus(count: int, *, seed: int = 0) -> list[Sentence]:
    """Sentences of 1 to 9 words with a person or a place in most of them."""
    generator = random.Random(seed)
    return [_sentence(generator, f"tiny.txt:{number}") for number in range(1, count + 1)]


def write_data(
    folder: Path, *, train: list[Sentence], text: list[Sentence], **others: list[Sentence]
) -> dict[str, Any]:
    """Writes the files of a corpus; returns a recipe's `data`."""
    file = folder / "text.txt"
    file.write_text("".join(" ".join(sentence.words) + "\n" for sentence in text))
    splits = {"train": train, **others}
    return {
        **{name: write_columns(split, folder / f"{name}.txt") for name, split in splits.items()},
        "unlabelled": [str(file)],
    }


def write_columns(sentences: Iterable[Sentence], path: Path) -> str:
    """Writes words and tags; returns the path as recipes name it."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        Columns().write(sentences, stream)
    return str(path)


def training(
    folder: Path,
    model: Model,
    objective: str = "nll",
    *,
    train: Sequence[Sentence] = (),
    task: Task = TASK,
    teacher: Any = None,
    resume: bool = False,
    **settings: Any,
) -> Iterator[Step | Epoch]:
    """`fit` with few arguments; ten sentences to train on if not said otherwise."""
    return fit(
        model,
        task,
        train=train or tiny_corpus(10),
        dev=tiny_corpus(6, seed=99),
        objective=parse(objective),
        settings=Settings(**settings),
        folder=folder,
        teacher=teacher,
        resume=resume,
    )


def same(ours: dict[str, Tensor], theirs: dict[str, Tensor], tolerance: float = 0.0) -> None:
    """Whether weights or gradients of one model are those of another, on whatever device."""
    for name, expected in theirs.items():
        torch.testing.assert_close(
            ours[name], expected, rtol=tolerance, atol=tolerance, check_device=False
        )


def _sentence(generator: random.Random, origin: str) -> Sentence:
    words = generator.choices(_TEXT, k=generator.randint(0, 3))
    tags = ["O"] * len(words)
    label = generator.choice(("PER", "LOC", ""))
    if label or not words:
        label = label or "PER"
        name = generator.choice(_PEOPLE if label == "PER" else _PLACES)
        words += name
        tags += [f"B-{label}"] + [f"I-{label}"] * (len(name) - 1)
    rest = generator.choices(_TEXT, k=generator.randint(0, 3))
    return Sentence((*words, *rest), (*tags, *["O"] * len(rest)), origin=origin)

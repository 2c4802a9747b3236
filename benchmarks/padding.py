"""What it gains that a transformer reads sentences of similar size in blocks.

    python benchmarks/padding.py

MiniLM reads batches of training, forward and backward, and the larger ones of evaluation and of
teachers' caches, forward alone: each as one block, padded to its longest, and as the library does.
Both take turns, batch by batch; a ratio is the median over the batches. Words of a batch are padded
little, but sub-words are not words: an address is one word and dozens of sub-words.
"""

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from environment import COMPUTING, processor

from structdistill.corpus import Corpus
from structdistill.data.batching import batches
from structdistill.data.sentence import Sentence
from structdistill.environment import versions
from structdistill.evaluation import WORDS
from structdistill.models.encoders import pretrained
from structdistill.models.encoders.pretrained import Pretrained
from structdistill.recipe import Recipe

RESULTS = Path(__file__).parent / "results" / "padding.json"
CORPORA = {"CoNLL-2000": "conll2000_teacher", "GUM": "gum_dep_teacher"}
WARM, TURNS, THREADS = 2, {"training": 16, "evaluation": 6}, 2
NEVER = 10**9  # sub-words that no block saves


def main() -> None:
    """Measures all and writes the result."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    torch.manual_seed(1)
    result = {
        "command": "python benchmarks/padding.py",
        "machine": {"processor": processor(), "threads": THREADS},
        "versions": versions(COMPUTING),
        "corpora": {name: _corpus(recipe) for name, recipe in CORPORA.items()},
    }
    print(json.dumps(result, indent=1))
    arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _corpus(name: str) -> dict[str, Any]:
    """By kind of batch, its size, how much of it is padding, and the ratio of the times."""
    recipe = Recipe.read(name)
    sentences = Corpus.read(recipe.data, task=recipe.task_class()).train
    encoder = Pretrained(model="minilm")
    sizes = {"training": recipe.training.batch_words, "evaluation": WORDS}
    return {kind: _batches(encoder, sentences, kind, words) for kind, words in sizes.items()}


def _batches(
    encoder: Pretrained, sentences: Sequence[Sentence], kind: str, words: int
) -> dict[str, Any]:
    encoder.train(kind == "training")
    order = batches([len(sentence) for sentence in sentences], words=words, seed=1)
    ratios, rates, padding = list[float](), list[float](), dict[str, list[float]]()
    for number, indices in enumerate(order[: WARM + TURNS[kind]]):
        batch = [sentences[i] for i in indices]
        with patch.object(pretrained, "_CALL", NEVER):
            whole, padded = _read(encoder, batch)
        split, less = _read(encoder, batch)
        if number >= WARM:
            ratios.append(whole / split)
            rates.append(sum(map(len, batch)) / split)
            padding.setdefault("one block", []).append(padded)
            padding.setdefault("blocks", []).append(less)
    return {
        "words": words,
        "padding": {name: round(statistics.mean(shares), 3) for name, shares in padding.items()},
        "words_per_second": round(statistics.median(rates)),
        "times_as_fast": round(statistics.median(ratios), 2),
    }


def _read(encoder: Pretrained, batch: Sequence[Sentence]) -> tuple[float, float]:
    """The seconds that a batch takes, and the share of padding in what is read."""
    started = time.perf_counter()
    inputs = encoder.collate(batch)
    with torch.set_grad_enabled(encoder.training):
        vectors = encoder(inputs)
    if encoder.training:
        vectors.sum().backward()
        encoder.zero_grad()
    seconds = time.perf_counter() - started
    masks = [block[1] for name, block in inputs.items() if name.startswith("block")]
    read = sum(mask.numel() for mask in masks)
    return seconds, 1 - sum(int(mask.sum()) for mask in masks) / read


if __name__ == "__main__":
    main()

"""Hashed embeddings of a word's form, affixes and shape."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from structdistill.data.memo import Memo
from structdistill.data.sentence import Sentence
from structdistill.models.encoders.base import Encoder, check_sizes, word_mask


class Hashed(Encoder):
    """A word is a mix of the embeddings of its form, prefix, suffix and shape; no context.

    Any word in any language has a vector, without a vocabulary. Each text picks two rows of its
    table with independent hashes and is their sum, so that two texts share a vector only where
    both rows collide.

    Args:
        width: size of a word's vector.
        rows: of the table of lower-cased forms; suffixes have half as many, prefixes and shapes a
            quarter.
        dropout: of the vectors.
    """

    _affix = 3
    _shares = (1.0, 0.25, 0.5, 0.25)
    _candidates = 3

    def __init__(self, *, width: int = 96, rows: int = 10_000, dropout: float = 0.1):
        super().__init__()
        check_sizes(width=width, rows=rows)
        self.width, self.rows = width, rows
        self.sizes = [max(1, round(rows * share)) for share in self._shares]
        self.table = nn.Embedding(sum(self.sizes), width)
        nn.init.normal_(self.table.weight, std=0.1)
        self.mix = nn.Linear(len(self.sizes) * width, self._candidates * width)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self._memo: Memo[str, Int[np.ndarray, " row"]] = Memo()

    def collate(self, sentences: Sequence[Sentence]) -> dict[str, Tensor]:
        words = [word for sentence in sentences for word in sentence.words]
        mask = word_mask(sentences)
        rows = np.zeros((*mask.shape, 2 * len(self.sizes)), dtype=np.int64)
        rows[mask] = self._memo.look_up(words, lambda unseen: map(self._rows, unseen))
        return {"mask": torch.from_numpy(mask), "rows": torch.from_numpy(rows)}

    def forward(self, inputs: dict[str, Tensor]) -> Float[Tensor, "batch word width"]:
        pairs = self.table(inputs["rows"]).unflatten(2, (-1, 2))  # (b, n, text, 2, width)
        candidates = self.mix(pairs.sum(3).flatten(2)).unflatten(2, (self._candidates, -1))
        words: Tensor = self.dropout(self.norm(candidates.amax(2)))
        return words * inputs["mask"][..., None]

    def save(self, folder: Path) -> dict[str, Any]:
        options = {"width": self.width, "rows": self.rows, "dropout": self.dropout.p}
        return {"name": "hashed", **options}

    @classmethod
    def restore(cls, options: dict[str, Any], folder: Path) -> Self:
        return cls(**options)

    def _rows(self, word: str) -> Int[np.ndarray, " row"]:
        form = word.lower()
        texts = (form, form[: self._affix], form[-self._affix :], word_shape(word))
        found, first = [], 0
        for text, size in zip(texts, self.sizes, strict=True):
            found += [first + number % size for number in two_hashes(text)]
            first += size
        return np.array(found)


def two_hashes(text: str) -> tuple[int, int]:
    """Two independent numbers below 2³², the same on every machine and in every process."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest[:4], "big"), int.from_bytes(digest[4:], "big")


def word_shape(word: str) -> str:
    """Capitals as X, other letters as x, digits as d; more than four of a kind count as four.

    >>> word_shape("Amsterdam-1928")
    'Xxxxx-dddd'
    """
    kinds = "".join(
        "d" if char.isdigit() else char if not char.isalpha() else "X" if char.isupper() else "x"
        for char in word
    )
    return re.sub(r"(.)\1{4,}", r"\1\1\1\1", kinds, flags=re.DOTALL)

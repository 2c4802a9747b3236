"""Sub-word embeddings."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from structdistill.data.sentence import Sentence
from structdistill.files import write_text
from structdistill.models.checkpoint import load_tokenizer, load_transformer
from structdistill.models.encoders.base import Encoder, check_sizes, word_mask
from structdistill.models.pooling import pool, slots_and_shares
from structdistill.models.subword_tokenizer import SubwordTokenizer

_KEPT = "subwords.json"


class Subwords(Encoder):
    """A word is the mean of the embeddings of its sub-words; it sees no context.

    Args:
        model: the pretrained transformer that gives the tokenizer and the first values of the
            embeddings: `minilm`, a folder, or a name on the Hugging Face hub.
        width: size of the embeddings; they then start at random.
        frozen: whether they stay as they are. What training moves are the sub-words that it sees,
            away from those alike that it does not.
        tokenizer: in place of the model's.
    """

    def __init__(
        self,
        *,
        model: str = "minilm",
        width: int | None = None,
        frozen: bool = False,
        tokenizer: SubwordTokenizer | None = None,
    ):
        super().__init__()
        self.tokenizer = load_tokenizer(model) if tokenizer is None else tokenizer
        if width is None:
            pretrained: Tensor = (
                load_transformer(model).get_input_embeddings().get_parameter("weight").detach()
            )
            width = pretrained.shape[1]
            self.table = nn.Embedding(len(self.tokenizer), width)
            with torch.no_grad():
                # Either may have a few spare rows, for padding to a round number.
                rows = min(len(self.tokenizer), len(pretrained))
                self.table.weight[:rows] = pretrained[:rows]
        else:
            check_sizes(width=width)
            self.table = nn.Embedding(len(self.tokenizer), width)
        self.table.requires_grad_(not frozen)
        self.width, self.frozen = width, frozen
        self._kept: list[int] | None = None
        self._rows: Int[np.ndarray, " piece"] | None = None

    def embeddings(self) -> Float[Tensor, "piece width"]:
        """The vectors of all sub-words, by their numbers, those that share one included."""
        rows = slice(None) if self._rows is None else torch.from_numpy(self._rows)
        return self.table.weight.detach()[rows]

    def trim(self, kept: Collection[int]) -> None:
        """Leaves only some sub-words a vector of their own; all others share one, their mean.

        Args:
            kept: numbers of sub-words. What has been trimmed before stays so.
        """
        vectors, self._kept = self.embeddings(), sorted(set(kept))
        others = np.setdiff1d(np.arange(len(vectors)), self._kept)
        shared = vectors[others if len(others) else slice(None)].mean(0, keepdim=True)
        self.table = nn.Embedding.from_pretrained(
            torch.cat([shared, vectors[self._kept]]), freeze=self.frozen
        )
        self._rows = np.zeros(len(vectors), dtype=np.int64)
        self._rows[self._kept] = np.arange(1, len(self._kept) + 1)

    def collate(self, sentences: Sequence[Sentence]) -> dict[str, Tensor]:
        pieces = self.tokenizer([word for sentence in sentences for word in sentence.words])
        mask, numbers = word_mask(sentences), np.concatenate(pieces)
        rows = numbers if self._rows is None else self._rows[numbers]
        return {
            "mask": torch.from_numpy(mask),
            "pieces": torch.from_numpy(rows),
            **slots_and_shares(mask, np.array([len(piece) for piece in pieces])),
        }

    def forward(self, inputs: dict[str, Tensor]) -> Float[Tensor, "batch word width"]:
        return pool(
            self.table(inputs["pieces"]),
            slots=inputs["slots"],
            shares=inputs["shares"],
            mask=inputs["mask"],
        )

    def save(self, folder: Path) -> dict[str, Any]:
        self.tokenizer.save(folder)
        if self._kept is not None:
            write_text(folder / _KEPT, json.dumps(self._kept))
        return {"name": "subwords", "width": self.width, "frozen": self.frozen}

    @classmethod
    def restore(cls, options: dict[str, Any], folder: Path) -> Self:
        encoder = cls(**options, tokenizer=SubwordTokenizer.load(folder))
        if (folder / _KEPT).exists():
            encoder.trim(json.loads((folder / _KEPT).read_text("utf-8")))
        return encoder

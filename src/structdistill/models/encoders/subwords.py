"""Sub-word embeddings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from structdistill.data.sentence import Sentence
from structdistill.models.checkpoint import load_tokenizer, load_transformer
from structdistill.models.encoders.base import Encoder, check_sizes, word_mask
from structdistill.models.pooling import pool, slots_and_shares
from structdistill.models.subword_tokenizer import SubwordTokenizer


class Subwords(Encoder):
    """A word is the mean of the embeddings of its sub-words; it sees no context.

    Args:
        model: the pretrained transformer that gives the tokenizer and the first values of the
            embeddings: `minilm`, a folder, or a name on the Hugging Face hub.
        width: size of the embeddings; they then start at random.
        tokenizer: in place of the model's.
    """

    def __init__(
        self,
        *,
        model: str = "minilm",
        width: int | None = None,
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
        self.width = width

    def collate(self, sentences: Sequence[Sentence]) -> dict[str, Tensor]:
        pieces = self.tokenizer([word for sentence in sentences for word in sentence.words])
        mask = word_mask(sentences)
        return {
            "mask": torch.from_numpy(mask),
            "pieces": torch.from_numpy(np.concatenate(pieces)),
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
        return {"name": "subwords", "width": self.width}

    @classmethod
    def restore(cls, options: dict[str, Any], folder: Path) -> Self:
        return cls(**options, tokenizer=SubwordTokenizer.load(folder))

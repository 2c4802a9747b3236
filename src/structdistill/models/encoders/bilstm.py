"""Recurrent encoder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from structdistill.data.sentence import Sentence
from structdistill.models.encoders.base import Encoder, build, build_embedding, check_sizes


class Bilstm(Encoder):
    """A bidirectional LSTM over word embeddings.

    Args:
        width: of each direction; a word's vector is twice as wide.
        layers: stacked LSTMs.
        embedding: the encoder below: a pretrained model, whose sub-word embeddings it starts
            from and trains; `hashed`; or the settings of any encoder.
        dropout: before, between and after the layers.
    """

    def __init__(
        self,
        *,
        width: int = 200,
        layers: int = 1,
        embedding: str | dict[str, Any] | Encoder = "minilm",
        dropout: float = 0.33,
    ):
        super().__init__()
        check_sizes(width=width, layers=layers)
        self.width = 2 * width
        self.embedding = build_embedding(embedding)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(
            self.embedding.width,
            width,
            layers,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if layers > 1 else 0.0,
        )

    def collate(self, sentences: Sequence[Sentence]) -> dict[str, Tensor]:
        return self.embedding.collate(sentences)

    def forward(self, inputs: dict[str, Tensor]) -> Float[Tensor, "batch word width"]:
        mask = inputs["mask"]
        packed = pack_padded_sequence(
            self.dropout(self.embedding(inputs)),
            mask.sum(1).cpu(),
            batch_first=True,
            enforce_sorted=False,
        )
        words, _ = pad_packed_sequence(
            self.lstm(packed)[0], batch_first=True, total_length=mask.shape[1]
        )
        dropped: Tensor = self.dropout(words)
        return dropped

    def save(self, folder: Path) -> dict[str, Any]:
        return {
            "name": "bilstm",
            "width": self.width // 2,
            "layers": self.lstm.num_layers,
            "embedding": self.embedding.save(folder),
            "dropout": self.dropout.p,
        }

    @classmethod
    def restore(cls, options: dict[str, Any], folder: Path) -> Self:
        return cls(**{**options, "embedding": build(options["embedding"], folder)})

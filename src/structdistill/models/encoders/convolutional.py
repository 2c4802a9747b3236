"""Convolutional encoder: small and fast."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError
from structdistill.models.encoders.base import Encoder, build, build_embedding, check_sizes


class Convolutional(Encoder):
    """Gated residual convolutions over word embeddings.

    A word sees `layers · (kernel − 1) / 2` words on either side.

    Args:
        width: size of a word's vector.
        layers: stacked convolutions.
        kernel: words that a convolution reads at once; odd.
        embedding: the encoder below: `hashed`; a pretrained model, whose sub-word embeddings it
            starts from and trains; or the settings of any encoder.
        dropout: of what each convolution adds.

    Raises:
        RecipeError: the kernel is even.
    """

    def __init__(
        self,
        *,
        width: int = 96,
        layers: int = 4,
        kernel: int = 3,
        embedding: str | dict[str, Any] | Encoder = "hashed",
        dropout: float = 0.1,
    ):
        super().__init__()
        check_sizes(width=width, layers=layers, kernel=kernel)
        if kernel % 2 == 0:
            raise RecipeError(f"kernel must be odd, to have a middle; got {kernel}")
        self.width, self.kernel, self.dropout = width, kernel, dropout
        self.embedding = build_embedding(embedding)
        self.project = nn.Linear(self.embedding.width, width)
        self.layers = nn.ModuleList(_GatedLayer(width, kernel, dropout) for _ in range(layers))

    def collate(self, sentences: Sequence[Sentence]) -> dict[str, Tensor]:
        return self.embedding.collate(sentences)

    def forward(self, inputs: dict[str, Tensor]) -> Float[Tensor, "batch word width"]:
        mask = inputs["mask"][..., None]
        words: Tensor = self.project(self.embedding(inputs)) * mask
        for layer in self.layers:
            words = layer(words, mask)
        return words

    def save(self, folder: Path) -> dict[str, Any]:
        return {
            "name": "convolutional",
            "width": self.width,
            "layers": len(self.layers),
            "kernel": self.kernel,
            "embedding": self.embedding.save(folder),
            "dropout": self.dropout,
        }

    @classmethod
    def restore(cls, options: dict[str, Any], folder: Path) -> Self:
        return cls(**{**options, "embedding": build(options["embedding"], folder)})


class _GatedLayer(nn.Module):
    """norm(x + GLU(conv(x))), zero at padding, so that nothing leaks into the words beside it.

    The convolution is a linear map of windows of words: on CPUs that is faster than `nn.Conv1d`.
    """

    def __init__(self, width: int, kernel: int, dropout: float):
        super().__init__()
        self.kernel = kernel
        self.convolution = nn.Linear(width * kernel, 2 * width)
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(width)

    def forward(
        self, words: Float[Tensor, "batch word width"], mask: Bool[Tensor, "batch word 1"]
    ) -> Float[Tensor, "batch word width"]:
        padded = functional.pad(words, (0, 0, self.kernel // 2, self.kernel // 2))
        windows = padded.unfold(1, self.kernel, 1).flatten(2)
        gated = functional.glu(self.convolution(windows), dim=-1)
        normed: Tensor = self.norm(words + self.dropout(gated)) * mask
        return normed

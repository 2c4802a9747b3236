"""What an encoder is."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor, nn

from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError
from structdistill.names import known, resolve, suggestion


class Encoder(nn.Module, ABC):
    """From words to vectors, one a word.

    Constructors take keyword arguments only: the options that a recipe may set.
    """

    width: int
    """The size of a word's vector."""

    @abstractmethod
    def collate(self, sentences: Sequence[Sentence]) -> dict[str, Tensor]:
        """The work that needs no gradient: text to padded tensors, on the CPU.

        Returns:
            What `forward` reads; always with `mask[batch, word]`, where there are words.
        """

    @abstractmethod
    def forward(self, inputs: dict[str, Tensor]) -> Float[Tensor, "batch word width"]:
        """The vectors of all words; they do not depend on the batch, and padding is zero."""

    @abstractmethod
    def save(self, folder: Path) -> dict[str, Any]:
        """Writes the files it needs beside its weights, if any.

        Returns:
            Its name and options, fit for JSON, from which `restore` builds it again.
        """

    @classmethod
    @abstractmethod
    def restore(cls, options: dict[str, Any], folder: Path) -> Self:
        """The encoder that `save` described, weights aside, from nothing but the folder."""


def build(settings: dict[str, Any], folder: Path | None = None) -> Encoder:
    """The encoder with the name and options of `settings`.

    Args:
        settings: `name`, a module of `models.encoders` or a dotted class, and its options.
        folder: where `save` wrote, to restore a saved encoder.

    Raises:
        RecipeError: the name or an option is unknown, or an option's value is of no use.
    """
    options = dict(settings)
    family = resolve("models.encoders", str(options.pop("name", "")))
    if not issubclass(family, Encoder):
        raise RecipeError(f"{family.__qualname__} is no encoder: expected a subclass of Encoder")
    if folder is not None:
        return family.restore(options, folder)
    choices = set(inspect.signature(family).parameters)
    for option in options:
        if option not in choices:
            raise RecipeError(
                f"encoder {settings['name']!r} has no option {option!r}. "
                f"{suggestion(option, choices)}"
            )
    try:
        return family(**options)
    except RecipeError:  # says already what is wrong
        raise
    except (TypeError, ValueError, RuntimeError) as error:
        raise RecipeError(
            f"encoder {settings['name']!r} cannot be built with the options {options}: {error}"
        ) from error


def check_sizes(**sizes: int) -> None:
    """Refuses sizes below 1, of which torch would make empty layers.

    Raises:
        ValueError: names the first.
    """
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1; got {size}")


def build_embedding(embedding: str | dict[str, Any] | Encoder) -> Encoder:
    """The encoder on which another one stands.

    Args:
        embedding: an encoder; or its settings; or its name alone; or the name of a pretrained
            model, whose sub-word embeddings are meant.
    """
    if isinstance(embedding, Encoder):
        return embedding
    if isinstance(embedding, str):
        named = embedding in known("models.encoders")
        model = {"name": "subwords", "model": embedding}
        return build({"name": embedding} if named else model)
    return build(embedding)


def word_mask(sentences: Sequence[Sentence]) -> Bool[np.ndarray, "batch word"]:
    """Where the padded batch has words."""
    lengths = np.array([len(sentence) for sentence in sentences])
    return np.arange(lengths.max()) < lengths[:, None]

"""Pretrained transformers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError
from structdistill.models.blocks import blocks
from structdistill.models.checkpoint import (
    configuration,
    load_tokenizer,
    load_transformer,
    untrained_transformer,
)
from structdistill.models.encoders.base import Encoder, word_mask
from structdistill.models.layers import layer_list, select
from structdistill.models.pooling import pool, slots_and_shares
from structdistill.models.subword_tokenizer import SubwordTokenizer
from structdistill.models.windows import most_central, windows
from structdistill.names import suggestion

_POOLINGS = ("first", "mean")
_BLOCK = "block_"
# Sub-words that a further call of the transformer must save. A processor reads all weights once
# more for it; a GPU, which has time for thousands of sub-words until it has been told what to do,
# is told twice.
_CALL, _CALL_ON_GPU = 64, 8192


class Pretrained(Encoder):
    """Any transformer of the transformers library that reads a sentence at once.

    A sentence longer than a window is read in overlapping windows; each word takes its vector from
    the one where it is most central. A single word longer than a window is cut.

    Args:
        model: `minilm`, a folder, or a name on the Hugging Face hub.
        layers: the ones to keep: the first k, `"even:k"` for k evenly spaced ones, or a list of
            numbers from 0; by default all.
        pooling: a word is the `first` of its sub-words, or their `mean`.
        dropout: of the words' vectors, beside the transformer's own.
        window: sub-words read at once, with the special ones; by default as many as it can.
        config: a configuration of transformers (`model_type` and sizes), for a transformer with
            random weights; of the model, only the tokenizer is then used.
        tokenizer: in place of the model's.
        transformer: in place of the model: a module with a `config` that answers like one of
            transformers.

    Raises:
        RecipeError: there is no such model, layer, pooling or window.
    """

    def __init__(
        self,
        *,
        model: str = "minilm",
        layers: int | str | Sequence[int] | None = None,
        pooling: str = "first",
        dropout: float = 0.1,
        window: int | None = None,
        config: dict[str, Any] | None = None,
        tokenizer: SubwordTokenizer | None = None,
        transformer: nn.Module | None = None,
    ):
        super().__init__()
        if pooling not in _POOLINGS:
            raise RecipeError(f"unknown pooling {pooling!r}. {suggestion(pooling, _POOLINGS)}")
        self.tokenizer = load_tokenizer(model) if tokenizer is None else tokenizer
        if transformer is None:
            transformer = untrained_transformer(config) if config else load_transformer(model)
        self.transformer = transformer
        self.layers: list[int] | None = None
        if layers is not None:
            name, all_layers = self.numbered_layers()
            self.layers = select(layers, len(all_layers))
            kept = nn.ModuleList(all_layers[number] for number in self.layers)
            self.transformer.set_submodule(name, kept)
        self.pooling = pooling
        self.dropout = nn.Dropout(dropout)
        self.window = window
        self.width = self._config.hidden_size
        special = len(self.tokenizer.prefix) + len(self.tokenizer.suffix)
        longest = _longest_input(self.transformer)
        if window is not None and not special < window <= longest:
            raise RecipeError(
                f"window must be from {special + 1} (the tokenizer adds {special} special "
                f"sub-words) to {longest}, all that the model can read; got {window}"
            )
        self._capacity = (window or longest) - special

    def collate(self, sentences: Sequence[Sentence]) -> dict[str, Tensor]:
        words = [word for sentence in sentences for word in sentence.words]
        pieces = [piece[: self._capacity] for piece in self.tokenizer(words)]
        sizes = np.array([len(piece) for piece in pieces])
        rows, places = self._lay_out([len(sentence) for sentence in sentences], pieces, sizes)
        padded, begins = self._in_blocks(rows)
        mask = word_mask(sentences)
        used = sizes if self.pooling == "mean" else np.ones_like(sizes)
        nth = np.arange(used.sum()) - np.repeat(np.cumsum(used) - used, used)
        first = begins[places[:, 0]] + places[:, 1]
        return {
            "mask": torch.from_numpy(mask),
            **{f"{_BLOCK}{number}": block for number, block in enumerate(padded)},
            "pieces": torch.from_numpy(np.repeat(first, used) + nth),
            **slots_and_shares(mask, used),
        }

    def forward(self, inputs: dict[str, Tensor]) -> Float[Tensor, "batch word width"]:
        hidden = [
            self.transformer(input_ids=ids, attention_mask=mask).last_hidden_state.flatten(0, 1)
            for ids, mask in (inputs[name] for name in inputs if name.startswith(_BLOCK))
        ]
        words = pool(
            torch.cat(hidden)[inputs["pieces"]],
            slots=inputs["slots"],
            shares=inputs["shares"],
            mask=inputs["mask"],
        )
        dropped: Tensor = self.dropout(words)
        return dropped

    @property
    def _config(self) -> Any:  # torch's types do not know that the module has one
        return self.transformer.config

    def numbered_layers(self) -> tuple[str, dict[int, nn.Module]]:
        """The name of the transformer's list of layers, and those kept, by number."""
        numbers = self.layers or list(range(self._config.num_hidden_layers))
        name, layers = layer_list(self.transformer, len(numbers))
        return name, dict(zip(numbers, layers, strict=True))

    def _lay_out(
        self, lengths: list[int], pieces: list[np.ndarray], sizes: Int[np.ndarray, " word"]
    ) -> tuple[list[Tensor], Int[np.ndarray, "word 2"]]:
        """The sub-words of each window, and the window and column where each word begins."""
        prefix, suffix = self.tokenizer.prefix, self.tokenizer.suffix
        offsets = np.cumsum(sizes) - sizes
        rows: list[Tensor] = []
        places = np.zeros((len(pieces), 2), dtype=np.int64)
        begin = 0
        for length in lengths:
            sentence = slice(begin, begin + length)
            spans = windows(sizes[sentence], self._capacity)
            chosen = most_central(sizes[sentence], spans)
            starts = begin + spans[chosen, 0]
            places[sentence, 0] = len(rows) + chosen
            places[sentence, 1] = len(prefix) + offsets[sentence] - offsets[starts]
            for start, stop in begin + spans:
                row = np.concatenate([prefix, *pieces[start:stop], suffix])
                rows.append(torch.from_numpy(row))
            begin += length
        return rows, places

    def _in_blocks(
        self, rows: list[Tensor]
    ) -> tuple[list[Int[Tensor, "2 _ _"]], Int[np.ndarray, " row"]]:
        """Sub-words and attention mask of each block, and where each row is in all of them."""
        sizes = np.array([len(row) for row in rows])
        begins = np.zeros_like(sizes)
        device = next(self.transformer.parameters()).device.type
        padded, filled = list[Tensor](), 0
        for block in blocks(sizes, cost=_CALL if device == "cpu" else _CALL_ON_GPU):
            input_ids = pad_sequence(
                [rows[row] for row in block],
                batch_first=True,
                padding_value=self._config.pad_token_id or 0,
            )
            size = input_ids.shape[1]
            mask = torch.from_numpy(np.arange(size) < sizes[block, None])
            padded.append(torch.stack([input_ids, mask.long()]))
            begins[block] = filled + size * np.arange(len(block))
            filled += input_ids.numel()
        return padded, begins

    def save(self, folder: Path) -> dict[str, Any]:
        self.tokenizer.save(folder)
        return {
            "name": "pretrained",
            "config": configuration(self._config),
            "layers": self.layers,
            "pooling": self.pooling,
            "dropout": self.dropout.p,
            "window": self.window,
        }

    @classmethod
    def restore(cls, options: dict[str, Any], folder: Path) -> Self:
        return cls(**options, tokenizer=SubwordTokenizer.load(folder))


def _longest_input(transformer: nn.Module) -> int:
    """Sub-words that the transformer can read at once; 512 where nothing limits it."""
    for name, module in transformer.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            # RoBERTa counts positions from the number of its padding sub-word plus one.
            unused = 0 if module.padding_idx is None else module.padding_idx + 1
            return module.num_embeddings - unused
    limit: int = getattr(transformer.config, "max_position_embeddings", -1)
    return limit if limit > 0 else 512

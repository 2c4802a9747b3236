"""Tiny transformers and tokenizers with random weights, and an encoder of somebody else's."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor, nn
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
)

from structdistill.data.sentence import Sentence
from structdistill.models.encoders.base import Encoder

WORDS = ["the", "cat", "sat", "on", "mat", "un", "##believ", "##able"]
LETTERS = [*"abcdefghijklmnopqrstuvwxyz", *(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz")]
SIZES = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 20}


def sentence(text: str) -> Sentence:
    return Sentence(words=tuple(text.split(" ")))


def word_piece() -> Tokenizer:
    """Lower-cases, and drops control and zero-width characters, as BERT's does."""
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *LETTERS]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def byte_level() -> Tokenizer:
    """Bytes and one merge, as RoBERTa's; a word's first piece depends on the space before it."""
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *sorted(pre_tokenizers.ByteLevel.alphabet()), "Ġt"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges=[("Ġ", "t")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return tokenizer


def reference(folder: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of a folder, as transformers would use it for words."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if isinstance(tokenizer.backend_tokenizer.pre_tokenizer, pre_tokenizers.ByteLevel):
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    return tokenizer


def bert(folder: Path, **changes: Any) -> Path:
    config = BertConfig(
        vocab_size=len(word_piece().get_vocab()),
        num_hidden_layers=4,
        max_position_embeddings=32,
        **{**SIZES, **changes},
    )
    return _write(BertModel(config), word_piece(), "[UNK]", "[PAD]", folder)


def distilbert(folder: Path) -> Path:
    vocabulary = len(word_piece().get_vocab())
    config = DistilBertConfig(vocab_size=vocabulary, dim=16, n_heads=2, hidden_dim=20, n_layers=4)
    return _write(DistilBertModel(config), word_piece(), "[UNK]", "[PAD]", folder)


def roberta(folder: Path) -> Path:
    """Reads 18 sub-words: positions 0 and 1 of its 20 are never used."""
    config = RobertaConfig(
        vocab_size=len(byte_level().get_vocab()),
        num_hidden_layers=2,
        max_position_embeddings=20,
        pad_token_id=1,
        **SIZES,
    )
    return _write(RobertaModel(config), byte_level(), "<unk>", "<pad>", folder)


def _write(
    model: PreTrainedModel, tokenizer: Tokenizer, unknown: str, padding: str, folder: Path
) -> Path:
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token=unknown, pad_token=padding
    ).save_pretrained(folder)
    return folder


class Letters(Encoder):
    """Somebody else's encoder: a bag of letters, whose embedding is used twice."""

    def __init__(self, *, width: int = 4):
        super().__init__()
        self.width = width
        self.table = nn.Embedding(128, width)
        self.same_table = self.table

    def collate(self, sentences: Sequence[Sentence]) -> dict[str, Tensor]:
        lengths = torch.tensor([len(sentence) for sentence in sentences])
        letters = torch.zeros(len(sentences), int(lengths.max()), 128)
        for i, each in enumerate(sentences):
            for j, word in enumerate(each.words):
                for letter in word:
                    letters[i, j, ord(letter) % 128] += 1
        return {"letters": letters, "mask": letters.sum(2) > 0}

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        vectors: Tensor = inputs["letters"] @ (self.table.weight + self.same_table.weight)
        return vectors

    def save(self, folder: Path) -> dict[str, Any]:
        return {"name": "tests.models.tiny.Letters", "width": self.width}

    @classmethod
    def restore(cls, options: dict[str, Any], folder: Path) -> Self:
        return cls(**options)

"""Sub-word tokenization of single words."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from jaxtyping import Int
from tokenizers import Tokenizer

from structdistill.data.memo import Memo
from structdistill.errors import RunError

_FILE = "tokenizer.json"


class SubwordTokenizer:
    """Splits words into sub-words, each word by itself, and at least one a word.

    A word of which nothing is left (a control character, say) becomes the unknown sub-word.

    Args:
        backend: a tokenizer of the `tokenizers` library, handed over: its truncation and padding
            are switched off, and a byte-level one is told that a word follows a space.
    """

    def __init__(self, backend: Tokenizer):
        backend.no_truncation()
        backend.no_padding()
        _let_words_follow_spaces(backend)
        self._backend = backend
        self._memo: Memo[str, Int[np.ndarray, " piece"]] = Memo()
        names = (getattr(backend.model, "unk_token", None), "[UNK]", "<unk>")
        known = (backend.token_to_id(name) for name in names if name is not None)
        self._unknown = np.array([next((i for i in known if i is not None), 0)])
        probe = backend.encode(["a"], is_pretokenized=True)
        own = [i for i, word in enumerate(probe.word_ids) if word is not None]
        self.prefix = np.array(probe.ids[: own[0]], dtype=np.int64)
        """The special sub-words before a sentence."""
        self.suffix = np.array(probe.ids[own[-1] + 1 :], dtype=np.int64)
        """The special sub-words after a sentence."""

    def __call__(self, words: Sequence[str]) -> list[Int[np.ndarray, " piece"]]:
        """The numbers of each word's sub-words."""
        return self._memo.look_up(words, self._split)

    def __len__(self) -> int:
        """How many different sub-words there are."""
        return int(self._backend.get_vocab_size())

    def vocabulary(self) -> dict[str, int]:
        """All sub-words with their numbers."""
        return dict(self._backend.get_vocab())

    def save(self, folder: Path) -> None:
        """Writes `tokenizer.json`."""
        self._backend.save(str(folder / _FILE))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The tokenizer that `save` wrote.

        Raises:
            RunError: the file is missing or is no tokenizer.
        """
        path = folder / _FILE
        try:
            return cls(Tokenizer.from_buffer(path.read_bytes()))
        except (OSError, ValueError) as error:
            raise RunError(
                f"{path}: expected the tokenizer that was saved with the model, but it cannot be "
                f"read ({error}); copy the model folder again"
            ) from error

    def _split(self, words: list[str]) -> list[Int[np.ndarray, " piece"]]:
        # Half of a surrogate pair, which JSON can smuggle in, is no text that can be encoded.
        texts = [word.encode("utf-8", "replace").decode("utf-8") for word in words]
        encoding = self._backend.encode(texts, is_pretokenized=True, add_special_tokens=False)
        starts = np.searchsorted(np.array(encoding.word_ids), np.arange(1, len(words)))
        pieces = np.split(np.array(encoding.ids, dtype=np.int64), starts)
        return [piece if len(piece) else self._unknown for piece in pieces]


def _let_words_follow_spaces(backend: Tokenizer) -> None:
    """A byte-level tokenizer has other sub-words for words that follow a space."""
    pre_tokenizer = backend.pre_tokenizer
    if pre_tokenizer is not None:
        state = json.loads(pre_tokenizer.__getstate__())
        for part in state.get("pretokenizers", [state]):
            if part["type"] == "ByteLevel":
                part["add_prefix_space"] = True
        pre_tokenizer.__setstate__(json.dumps(state).encode())
        backend.pre_tokenizer = pre_tokenizer

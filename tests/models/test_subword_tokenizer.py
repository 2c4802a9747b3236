"""Words become sub-words as in the transformers library, and none is lost."""

import copy
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from structdistill.errors import RunError
from structdistill.models.checkpoint import load_tokenizer
from structdistill.models.subword_tokenizer import SubwordTokenizer
from tests.models import tiny

WORDS = ["The", "cats", "unbelievable", "sat,", "t", "on", "the", "Zürich!", "☃"]


@pytest.mark.parametrize("kind", ["bert", "distilbert", "roberta"])
def test_words_are_split_as_by_transformers(kind: str, transformers: dict[str, Path]) -> None:
    reference = tiny.reference(transformers[kind])
    tokenizer = load_tokenizer(str(transformers[kind]))
    encoding = reference(WORDS, is_split_into_words=True)
    pieces = tokenizer(WORDS)
    expected: list[list[int]] = [[] for _ in WORDS]
    for word, number in zip(encoding.word_ids(), encoding["input_ids"], strict=True):
        if word is not None:
            expected[word].append(number)
    assert [piece.tolist() for piece in pieces] == expected
    assert [
        *tokenizer.prefix.tolist(),
        *(number for piece in pieces for number in piece.tolist()),
        *tokenizer.suffix.tolist(),
    ] == encoding["input_ids"]
    assert len(tokenizer) == len(reference)


@pytest.mark.parametrize("word", ["\u200b", "\x07", "\u200d\u200b"])
def test_a_word_of_which_nothing_is_left_is_unknown(word: str) -> None:
    pieces = SubwordTokenizer(tiny.word_piece())(["the", word, word, "cat"])
    assert [piece.tolist() for piece in pieces] == [[4], [1], [1], [5]]


def test_half_a_surrogate_pair_is_read_as_a_question_mark() -> None:
    tokenizer = SubwordTokenizer(tiny.byte_level())
    assert tokenizer(["a\ud83d"])[0].tolist() == tokenizer(["a?"])[0].tolist()


def test_a_byte_level_word_follows_a_space_wherever_it_stands() -> None:
    for pre_tokenizer in (
        pre_tokenizers.ByteLevel(add_prefix_space=False),
        pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        ),
    ):
        backend = tiny.byte_level()
        backend.pre_tokenizer = pre_tokenizer
        first, second = SubwordTokenizer(backend)(["t", "to"])
        assert backend.id_to_token(first[0]) == backend.id_to_token(second[0]) == "Ġt"


def test_truncation_and_padding_of_the_backend_are_off() -> None:
    backend = tiny.word_piece()
    backend.enable_truncation(4)
    backend.enable_padding(length=64)
    pieces = SubwordTokenizer(backend)(["the"] * 3 + ["unbelievables"])
    assert [len(piece) for piece in pieces] == [1, 1, 1, 4]


def test_a_tokenizer_without_special_or_unknown_pieces_will_do() -> None:
    backend = Tokenizer(models.BPE({"a": 0, "b": 1}, merges=[]))
    tokenizer = SubwordTokenizer(backend)
    assert tokenizer.prefix.tolist() == tokenizer.suffix.tolist() == []
    assert [piece.tolist() for piece in tokenizer(["ab", "c"])] == [[0, 1], [0]]


def test_saved_and_loaded_and_copied_it_splits_alike(tmp_path: Path) -> None:
    tokenizer = SubwordTokenizer(tiny.byte_level())
    tokenizer.save(tmp_path)
    expected = [piece.tolist() for piece in tokenizer(WORDS)]
    for twin in (SubwordTokenizer.load(tmp_path), copy.deepcopy(tokenizer)):
        assert [piece.tolist() for piece in twin(WORDS)] == expected


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    message = r"tokenizer\.json: expected the tokenizer .* cannot be read"
    with pytest.raises(RunError, match=message):
        SubwordTokenizer.load(tmp_path)
    for content in ('{"model": 3}', "nonsense", ""):
        (tmp_path / "tokenizer.json").write_text(content)
        with pytest.raises(RunError, match=message):
            SubwordTokenizer.load(tmp_path)

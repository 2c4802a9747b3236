"""Hashed embeddings are the same everywhere, and similar words share parts."""

import numpy as np
import pytest
import torch

from structdistill.models.encoders.hashed import Hashed, two_hashes, word_shape
from tests.models.tiny import sentence


@pytest.mark.parametrize(
    ("text", "first", "second"),
    # printf the | b2sum -l 64
    [
        ("the", 0x5EDAAB6C, 0x90973A2E),
        ("Amsterdam", 0x78ABD1DA, 0x35BFE4C9),
        ("Zürich", 0x707438FA, 0xA779D508),
    ],
)
def test_hashes_are_those_of_blake2(text: str, first: int, second: int) -> None:
    assert two_hashes(text) == (first, second)


def test_a_word_picks_two_rows_of_each_table() -> None:
    encoder = Hashed(width=4, rows=100)
    assert encoder.sizes == [100, 25, 50, 25]
    rows = encoder.collate([sentence("the")])["rows"][0, 0].tolist()
    # The form, its first three and its last three letters are all "the".
    a, b = 0x5EDAAB6C, 0x90973A2E
    assert rows[:6] == [a % 100, b % 100, 100 + a % 25, 100 + b % 25, 125 + a % 50, 125 + b % 50]
    assert all(175 <= row < 200 for row in rows[6:])


def test_words_share_the_rows_of_what_they_share() -> None:
    rows = Hashed().collate([sentence("Unrest unrest Unjust understated 12.5 70.3")])["rows"][0]
    form, prefix, suffix, shape = rows.unflatten(1, (4, 2)).unbind(1)
    assert torch.equal(form[0], form[1])
    assert not torch.equal(shape[0], shape[1])
    assert torch.equal(shape[0], shape[2])
    assert torch.equal(prefix[0], prefix[1])
    assert not torch.equal(suffix[0], suffix[2])
    assert torch.equal(shape[4], shape[5])
    assert not torch.equal(form[4], form[5])


def test_rows_stay_within_the_table() -> None:
    words = [chr(97 + i % 26) * (i % 7 + 1) + str(i) for i in range(500)]
    encoder = Hashed(width=2, rows=7)
    rows = encoder.collate([sentence(" ".join(words))])["rows"].numpy()[0]
    bounds = np.repeat(np.cumsum(encoder.sizes), 2)
    assert (rows < bounds).all()
    assert (rows >= bounds - np.repeat(encoder.sizes, 2)).all()
    assert encoder.table.num_embeddings == sum(encoder.sizes)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("cat", "xxx"),
        ("Cat", "Xxx"),
        ("Amsterdam", "Xxxxx"),
        ("UNESCO", "XXXX"),
        ("1928", "dddd"),
        ("1,234,567.89", "d,ddd,ddd.dd"),
        ("-----", "----"),
        ("Zürich", "Xxxxx"),
        ("北京", "xx"),
        ("\n" * 9, "\n" * 4),
    ],
)
def test_shapes_keep_case_and_digits_and_cap_runs(word: str, expected: str) -> None:
    assert word_shape(word) == expected

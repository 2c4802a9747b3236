"""Transformers as encoders: as transformers computes it, for sentences of any length."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoModel

from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError
from structdistill.models.checkpoint import load_transformer
from structdistill.models.encoders.pretrained import Pretrained
from structdistill.models.subword_tokenizer import SubwordTokenizer
from tests.models import tiny
from tests.models.tiny import sentence


def encode(encoder: Pretrained, *sentences: Sentence) -> Tensor:
    with torch.no_grad():
        vectors: Tensor = encoder.eval()(encoder.collate(sentences))
    return vectors


@pytest.mark.parametrize("kind", ["bert", "distilbert", "roberta"])
@pytest.mark.parametrize("pooling", ["first", "mean"])
def test_words_have_the_vectors_of_their_sub_words(
    kind: str, pooling: str, transformers: dict[str, Path]
) -> None:
    folder = transformers[kind]
    reference = tiny.reference(folder)
    encoding = reference(["the", "tan", "cats"], is_split_into_words=True, return_tensors="pt")
    inputs = {name: encoding[name] for name in ("input_ids", "attention_mask")}
    with torch.no_grad():
        hidden = AutoModel.from_pretrained(folder).eval()(**inputs).last_hidden_state[0]
    pieces = [
        torch.stack([hidden[i] for i, owner in enumerate(encoding.word_ids(0)) if owner == word])
        for word in range(3)
    ]
    expected = [piece[0] if pooling == "first" else piece.mean(0) for piece in pieces]
    encoder = Pretrained(model=str(folder), pooling=pooling)
    torch.testing.assert_close(encode(encoder, sentence("the tan cats"))[0], torch.stack(expected))


def test_the_kept_layers_are_those_of_the_model(transformers: dict[str, Path]) -> None:
    folder = str(transformers["bert"])
    whole = load_transformer(folder)
    for layers, kept in (("even:2", [0, 3]), (2, [0, 1]), ([3, 1], [3, 1])):
        encoder = Pretrained(model=folder, layers=layers)
        assert encoder.layers == kept
        own = encoder.transformer.encoder.layer
        assert len(own) == len(kept)
        for layer, number in zip(own, kept, strict=True):
            torch.testing.assert_close(
                layer.state_dict(), whole.encoder.layer[number].state_dict(), rtol=0, atol=0
            )


def test_only_the_kept_layers_are_computed(transformers: dict[str, Path]) -> None:
    folder, words = str(transformers["bert"]), sentence("the cat sat")
    first = Pretrained(model=folder, layers=1)
    with torch.no_grad():
        inputs = first.collate([words])
        states = load_transformer(folder).eval()(
            input_ids=inputs["block_0"][0], output_hidden_states=True
        )
    torch.testing.assert_close(encode(first, words)[0], states.hidden_states[1][0, 1:-1])


def test_each_word_is_read_in_its_own_window(transformers: dict[str, Path]) -> None:
    # Ten sub-words at once, two of them special: words [0, 8), [4, 12), [8, 16) and [12, 20).
    encoder = Pretrained(model=str(transformers["bert"]), window=10)
    words = ("the cat sat on mat " * 4).split()
    vectors = encode(encoder, Sentence(words=tuple(words)))[0]
    for start, stop, own in ((0, 8, range(6)), (4, 12, range(6, 10)), (12, 20, range(14, 20))):
        alone = encode(encoder, Sentence(words=tuple(words[start:stop])))[0]
        for word in own:
            torch.testing.assert_close(vectors[word], alone[word - start])


@pytest.mark.parametrize("kind", ["bert", "distilbert", "roberta"])
@pytest.mark.parametrize("pooling", ["first", "mean"])
def test_every_one_of_2000_words_has_a_vector(
    kind: str, pooling: str, transformers: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    encoder = Pretrained(model=str(transformers[kind]), pooling=pooling)
    words = ("the unbelievable cats sat \u200b on mats " * 286).split(" ")[:2000]
    vectors = encode(encoder, Sentence(words=tuple(words)))[0]
    assert vectors.shape == (2000, 16)
    assert vectors.isfinite().all()
    assert (vectors.abs().sum(1) > 0.1).all()
    assert capfd.readouterr() == ("", "")  # no warning that the sequence is too long


def test_a_long_sentence_does_not_pad_short_ones(transformers: dict[str, Path]) -> None:
    encoder = Pretrained(model=str(transformers["bert"]))
    batch = [sentence("the cat"), sentence("the cat sat on mats " * 12), *6 * [sentence("a mat")]]
    blocks = [block for name, block in encoder.collate(batch).items() if "block" in name]
    assert [block.shape[1] for block in blocks] == [7, 4]  # the long one has four windows
    alone = [encode(encoder, each)[0] for each in batch]
    for vectors, expected in zip(encode(encoder, *batch), alone, strict=True):
        torch.testing.assert_close(vectors[: len(expected)], expected)


def test_a_word_longer_than_a_window_is_cut(transformers: dict[str, Path]) -> None:
    encoder = Pretrained(model=str(transformers["bert"]), window=10, pooling="mean")
    long, cut = sentence("the " + "z" * 90 + " cat"), sentence("the " + "z" * 8 + " cat")
    torch.testing.assert_close(encode(encoder, long), encode(encoder, cut))


def test_roberta_does_not_use_its_first_positions(transformers: dict[str, Path]) -> None:
    folder = str(transformers["roberta"])
    # Two sub-words a word and two special ones: all of a window of 18.
    words = sentence("ta " * 7 + "ta")
    assert Pretrained(model=folder).collate([words])["block_0"].shape == (2, 1, 18)
    with pytest.raises(RecipeError, match=r"window must be from 3 .* to 18, .*; got 19"):
        Pretrained(model=folder, window=19)


def test_a_window_must_hold_more_than_special_sub_words(transformers: dict[str, Path]) -> None:
    with pytest.raises(RecipeError, match=r"from 3 \(the tokenizer adds 2 special.* got 2"):
        Pretrained(model=str(transformers["bert"]), window=2)


def test_a_configuration_gives_random_weights(transformers: dict[str, Path]) -> None:
    config = {"model_type": "bert", "vocab_size": 70, **tiny.SIZES, "num_hidden_layers": 3}
    encoder = Pretrained(model=str(transformers["bert"]), config=config, layers="even:2")
    assert encoder.layers == [0, 2]
    assert encode(encoder, sentence("the cat")).shape == (1, 2, 16)


def test_a_transformer_without_a_limit_is_read_in_windows_of_512() -> None:
    config = {"model_type": "xlnet", "vocab_size": 70, "d_model": 8, "n_layer": 1, "n_head": 2}
    encoder = Pretrained(
        config={**config, "d_inner": 8}, tokenizer=SubwordTokenizer(tiny.word_piece())
    )
    inputs = encoder.collate([sentence("the " * 599 + "the")])
    assert inputs["block_0"].shape == (2, 2, 512)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pooling": "frist"}, "unknown pooling 'frist'. Did you mean 'first'.*Known: first, mean"),
        ({"layers": 9}, "layers must be a number from 1 to 4"),
    ],
)
def test_options_of_no_use_are_refused(
    options: dict[str, Any], message: str, transformers: dict[str, Path]
) -> None:
    with pytest.raises(RecipeError, match=message):
        Pretrained(model=str(transformers["bert"]), **options)

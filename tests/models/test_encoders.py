"""What every encoder promises, whatever it is made of."""

import copy
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError
from structdistill.models.encoders.base import Encoder, build, build_embedding
from structdistill.models.encoders.bilstm import Bilstm
from structdistill.models.encoders.convolutional import Convolutional
from structdistill.models.encoders.hashed import Hashed
from structdistill.models.encoders.subwords import Subwords
from tests.models.tiny import sentence

HASHED: dict[str, Any] = {"name": "hashed", "width": 6, "rows": 50}
# A string that names one of the tiny transformers stands for its folder.
ENCODERS: dict[str, dict[str, Any]] = {
    "pretrained, bert": {"name": "pretrained", "model": "bert"},
    "pretrained, bert, windows": {"name": "pretrained", "model": "bert", "window": 7},
    "pretrained, bert, mean": {"name": "pretrained", "model": "bert", "pooling": "mean"},
    "pretrained, bert, two layers": {"name": "pretrained", "model": "bert", "layers": "even:2"},
    "pretrained, distilbert": {"name": "pretrained", "model": "distilbert"},
    "pretrained, roberta": {"name": "pretrained", "model": "roberta", "pooling": "mean"},
    "subwords": {"name": "subwords", "model": "bert"},
    "subwords, random": {"name": "subwords", "model": "roberta", "width": 5},
    "hashed": HASHED,
    "bilstm, subwords": {"name": "bilstm", "width": 5, "embedding": "bert"},
    "bilstm, hashed": {"name": "bilstm", "width": 5, "layers": 2, "embedding": HASHED},
    "bilstm, pretrained": {
        "name": "bilstm",
        "width": 5,
        "embedding": {"name": "pretrained", "model": "bert", "layers": 1},
    },
    "convolutional, hashed": {"name": "convolutional", "width": 8, "embedding": "hashed"},
    "convolutional, subwords": {
        "name": "convolutional",
        "width": 8,
        "layers": 2,
        "kernel": 5,
        "embedding": "bert",
    },
    "joined": {"name": "joined", "parts": [{"name": "pretrained", "model": "bert"}, HASHED]},
    "joined, two tokenizers": {"name": "joined", "parts": ["bert", "roberta"]},
    "convolutional, joined": {
        "name": "convolutional",
        "width": 8,
        "embedding": {"name": "joined", "parts": ["bert", HASHED]},
    },
    "somebody else's": {"name": "tests.models.tiny.Letters"},
}
CONTEXT_FREE = {
    "joined, two tokenizers",
    "subwords",
    "subwords, random",
    "hashed",
    "somebody else's",
}
SENTENCES = [
    sentence("the cat sat on the unbelievable mats ☃ 12"),
    sentence("\u200b"),
    sentence("cats sat"),
    sentence("The \x07 CAT \ud83d zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz New\u00a0York"),
]


@pytest.fixture(params=ENCODERS)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def encoder(name: str, transformers: dict[str, Path]) -> Encoder:
    return build(located(ENCODERS[name], transformers)).eval()


def located(settings: dict[str, Any], folders: dict[str, Path]) -> dict[str, Any]:
    """The settings, with the folders of the tiny transformers in place of their names."""

    def local(value: Any) -> Any:
        if isinstance(value, dict):
            return located(value, folders)
        if isinstance(value, list):
            return [local(each) for each in value]
        return str(folders.get(value, value)) if isinstance(value, str) else value

    return {key: local(value) for key, value in settings.items()}


def encode(encoder: Encoder, *sentences: Sentence) -> Tensor:
    with torch.no_grad():
        vectors: Tensor = encoder(encoder.collate(sentences))
    return vectors


def test_every_word_has_a_vector(encoder: Encoder) -> None:
    vectors = encode(encoder, *SENTENCES)
    assert vectors.shape == (4, 9, encoder.width)
    assert vectors.isfinite().all()
    words = encoder.collate(SENTENCES)["mask"]
    assert words.sum(1).tolist() == [9, 1, 2, 6]
    assert (vectors[words].abs().sum(1) > 0).all()


def test_a_vector_does_not_depend_on_the_batch(encoder: Encoder) -> None:
    together = encode(encoder, *SENTENCES)
    for row, each in zip(together, SENTENCES, strict=True):
        alone = encode(encoder, each)[0]
        torch.testing.assert_close(row[: len(each)], alone, rtol=1e-5, atol=1e-5)


def test_padding_is_zero_in_training_too(encoder: Encoder) -> None:
    encoder.train()
    inputs = encoder.collate(SENTENCES)
    assert not encoder(inputs)[~inputs["mask"]].any()


def test_the_order_of_words_matters_where_there_is_context(name: str, encoder: Encoder) -> None:
    forward = encode(encoder, sentence("the cat sat"))[0]
    backward = encode(encoder, sentence("sat cat the"))[0].flip(0)
    assert torch.allclose(forward, backward, atol=1e-5) == (name in CONTEXT_FREE)


def test_gradients_reach_all_parameters(encoder: Encoder) -> None:
    vectors = encoder(encoder.collate(SENTENCES))
    (vectors * torch.randn_like(vectors)).sum().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None, name
        # Attention does not change with the bias of its keys.
        if not name.endswith(("key.bias", "k_lin.bias")):
            assert parameter.grad.abs().sum() > 0, name


def test_a_saved_encoder_needs_nothing_but_its_folder(
    name: str, transformers: dict[str, Path], tmp_path: Path
) -> None:
    folders = {
        kind: Path(shutil.copytree(folder, tmp_path / kind))
        for kind, folder in transformers.items()
    }
    original = build(located(ENCODERS[name], folders)).eval()
    expected = encode(original, *SENTENCES)
    saved = tmp_path / "saved"
    saved.mkdir()
    settings = original.save(saved)
    for folder in folders.values():
        shutil.rmtree(folder)
    restored = build(settings, saved).eval()
    restored.load_state_dict(original.state_dict())
    torch.testing.assert_close(encode(restored, *SENTENCES), expected, rtol=0, atol=0)
    assert str(tmp_path) not in str(settings)


@pytest.mark.parametrize("twin_of", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_copies_are_equal_and_share_nothing(
    encoder: Encoder, twin_of: Callable[[Encoder], Encoder]
) -> None:
    expected = encode(encoder, *SENTENCES)
    twin = twin_of(encoder)
    torch.testing.assert_close(encode(twin, *SENTENCES), expected, rtol=0, atol=0)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.zero_()
    torch.testing.assert_close(encode(encoder, *SENTENCES), expected, rtol=0, atol=0)


def test_an_embedding_is_named_described_or_given(transformers: dict[str, Path]) -> None:
    given = Hashed(width=3)
    assert build_embedding(given) is given
    assert isinstance(build_embedding("hashed"), Hashed)
    assert isinstance(build_embedding(str(transformers["bert"])), Subwords)
    assert build_embedding({"name": "hashed", "width": 7}).width == 7


def test_sub_words_start_from_the_models_embeddings(transformers: dict[str, Path]) -> None:
    encoder = Subwords(model=str(transformers["bert"]))
    stored = load_file(transformers["bert"] / "model.safetensors")
    table = stored["embeddings.word_embeddings.weight"]
    # "unbelievable" is un, ##believ, ##able: numbers 9, 10 and 11.
    expected = torch.stack([table[4], table[9:12].mean(0)])
    torch.testing.assert_close(encode(encoder, sentence("the unbelievable"))[0], expected)


def test_frozen_sub_words_stay_what_they_are(transformers: dict[str, Path], tmp_path: Path) -> None:
    encoder = Subwords(model=str(transformers["bert"]), frozen=True)
    assert not any(parameter.requires_grad for parameter in encoder.parameters())
    encoder.trim([4, 9])
    assert not encoder.table.weight.requires_grad
    described = encoder.save(tmp_path)
    assert not build(described, tmp_path).get_parameter("table.weight").requires_grad


def test_a_convolution_sees_as_far_as_it_says() -> None:
    encoder = Convolutional(width=8, layers=2, kernel=5, embedding=HASHED).eval()
    before = encode(encoder, sentence("a b c d e f g h i j k"))[0]
    after = encode(encoder, sentence("a b c d e X g h i j k"))[0]
    changed = (before != after).any(1).tolist()
    assert changed == [False] + [True] * 9 + [False]


def test_a_bilstm_is_as_wide_as_both_directions() -> None:
    encoder = Bilstm(width=5, embedding=HASHED).eval()
    assert encode(encoder, sentence("a b c")).shape == (1, 3, 10)
    # The forward half has not seen what follows, the backward half has.
    short, long = (encode(encoder, sentence(text))[0, 0] for text in ("a b", "a b c"))
    torch.testing.assert_close(short[:5], long[:5])
    assert not torch.allclose(short[5:], long[5:])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "bilstn"}, "unknown encoder 'bilstn'. Did you mean 'bilstm'"),
        ({}, "unknown encoder ''"),
        ({"name": "hashed", "widht": 3}, "'hashed' has no option 'widht'. Did you mean 'width'"),
        ({"name": "hashed", "width": "wide"}, "'hashed' cannot be built with the options"),
        ({"name": "hashed", "dropout": 2.0}, "'hashed' cannot be built with the options"),
        ({"name": "hashed", "width": 0}, "width must be at least 1; got 0"),
        ({"name": "subwords", "model": "no/such/model"}, "pretrained model 'no/such/model'"),
        ({"name": "convolutional", "kernel": 4}, "kernel must be odd, to have a middle; got 4"),
        ({"name": "collections.OrderedDict"}, "OrderedDict is no encoder"),
        ({"name": "bilstm", "embedding": {"name": "bilst"}}, "unknown encoder 'bilst'"),
    ],
)
def test_settings_of_no_encoder_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        build(settings)

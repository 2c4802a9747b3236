"""A model is one function and one folder."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from structdistill.errors import RunError
from structdistill.models.encoders.hashed import Hashed
from structdistill.models.model import Model
from structdistill.structures import Independent, LinearChain
from tests.models import tiny
from tests.models.tiny import sentence

LABELS = ["O", "B-Ort", "I-Ort", "B-Straße"]
SENTENCES = [sentence("the cat sat"), sentence("unbelievable"), sentence("on the mat")]
HASHED: dict[str, Any] = {"name": "hashed", "width": 6, "rows": 50}


def hashed_model() -> Model:
    return Model(encoder=HASHED, labels=LABELS)


def bert_model(transformers: dict[str, Path]) -> Model:
    encoder = {"name": "pretrained", "model": str(transformers["bert"]), "layers": [0, 3]}
    return Model(encoder=encoder, labels=LABELS)


def test_a_model_maps_sentences_to_a_structure() -> None:
    chain = hashed_model()(SENTENCES)
    assert isinstance(chain, LinearChain)
    assert chain.lengths.tolist() == [3, 1, 3]
    assert chain.potentials["emissions"].shape == (3, 3, 4)
    independent = Model(encoder=HASHED, labels=LABELS, structure="independent")(SENTENCES)
    assert isinstance(independent, Independent)


def test_potentials_do_not_depend_on_the_batch(transformers: dict[str, Path]) -> None:
    model = bert_model(transformers).eval()
    together = model(SENTENCES).log_partition()
    alone = torch.cat([model([each]).log_partition() for each in SENTENCES])
    torch.testing.assert_close(together, alone)


def test_collating_ahead_changes_nothing() -> None:
    model = hashed_model().eval()
    expected = model(SENTENCES).potentials["emissions"]
    model.collate_ahead(SENTENCES)
    assert torch.equal(model(SENTENCES).potentials["emissions"], expected)
    model.collate_ahead(SENTENCES[:1])  # and then another batch is asked for
    assert torch.equal(model(SENTENCES).potentials["emissions"], expected)
    assert torch.equal(model(SENTENCES).potentials["emissions"], expected)


def test_a_model_takes_an_encoder_or_its_settings() -> None:
    encoder = Hashed(width=3)
    assert Model(encoder=encoder, labels=LABELS).encoder is encoder
    assert hashed_model().encoder.width == 6


@pytest.mark.parametrize("structure", ["linear_chain", "independent"])
def test_a_loaded_model_is_the_saved_one(
    structure: str, transformers: dict[str, Path], tmp_path: Path
) -> None:
    source = Path(shutil.copytree(transformers["bert"], tmp_path / "bert"))
    for encoder in (
        {"name": "pretrained", "model": str(source), "layers": "even:2", "pooling": "mean"},
        {"name": "bilstm", "width": 3, "embedding": str(source)},
        {"name": "convolutional", "width": 4, "embedding": HASHED},
    ):
        model = Model(encoder=encoder, labels=LABELS, structure=structure).eval()
        model.save_pretrained(tmp_path / str(encoder["name"]))
        source.rename(tmp_path / "elsewhere")
        loaded = Model.from_pretrained(tmp_path / str(encoder["name"]))
        (tmp_path / "elsewhere").rename(source)
        assert not loaded.training
        assert loaded.labels.names == tuple(LABELS)
        torch.testing.assert_close(
            loaded(SENTENCES).potentials, model(SENTENCES).potentials, rtol=0, atol=0
        )


def test_a_folder_holds_text_weights_and_tokenizer(
    transformers: dict[str, Path], tmp_path: Path
) -> None:
    bert_model(transformers).save_pretrained(tmp_path / "new" / "bert")
    names = sorted(path.name for path in (tmp_path / "new" / "bert").iterdir())
    assert names == ["README.md", "config.json", "model.safetensors", "tokenizer.json"]
    config = json.loads((tmp_path / "new" / "bert" / "config.json").read_text("utf-8"))
    assert config["labels"] == LABELS
    assert config["encoder"]["layers"] == [0, 3]
    assert str(tmp_path.parent) not in str(config)


def test_saving_again_replaces_and_loading_changes_nothing(tmp_path: Path) -> None:
    hashed_model().save_pretrained(tmp_path)
    model = hashed_model()
    model.save_pretrained(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    loaded = Model.from_pretrained(tmp_path)
    loaded.save_pretrained(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    torch.testing.assert_close(loaded.state_dict(), model.state_dict(), rtol=0, atol=0)


def test_shared_weights_are_stored_once_and_stay_shared(tmp_path: Path) -> None:
    model = Model(encoder={"name": "tests.models.tiny.Letters"}, labels=LABELS)
    model.save_pretrained(tmp_path)
    stored = load_file(tmp_path / "model.safetensors")
    assert sum(weight.numel() for weight in stored.values()) == model.parameter_count()
    loaded = Model.from_pretrained(tmp_path)
    assert isinstance(loaded.encoder, tiny.Letters)
    assert loaded.encoder.same_table.weight is loaded.encoder.table.weight
    torch.testing.assert_close(loaded(SENTENCES).potentials, model(SENTENCES).potentials)


def test_an_interrupted_save_leaves_no_model_that_looks_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = hashed_model()
    model.save_pretrained(tmp_path)

    def full_disk(*args: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("structdistill.models.folder.save_model", full_disk)
    with pytest.raises(OSError, match="no space"):
        model.save_pretrained(tmp_path)
    with pytest.raises(RunError, match=r"there is no config\.json; .* saving was interrupted"):
        Model.from_pretrained(tmp_path)


def test_parameters_are_counted() -> None:
    model = Model(encoder={"name": "tests.models.tiny.Letters", "width": 5}, labels=LABELS)
    assert model.parameter_count() == 128 * 5 + (5 * 4 + 4) + 4 * 4 + 4 + 4


def test_parameters_come_in_groups(transformers: dict[str, Path]) -> None:
    model = bert_model(transformers)
    groups = model.parameter_groups(lr=1e-4, head_lr=1e-2, weight_decay=0.1)
    optimizer = torch.optim.AdamW(groups)
    found = {
        id(parameter): (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    assert len(found) == len(list(model.parameters()))
    for name, parameter in model.named_parameters():
        no_decay = name.endswith(("bias", "start", "end")) or "LayerNorm" in name
        rate = 1e-2 if name.startswith("head.") else 1e-4
        assert found[id(parameter)] == (rate, 0.0 if no_decay else 0.1), name


def test_frozen_parameters_are_in_no_group() -> None:
    model = hashed_model()
    model.encoder.requires_grad_(False)
    groups = model.parameter_groups(lr=1e-4, head_lr=1e-2, weight_decay=0.1)
    assert [group["lr"] for group in groups] == [1e-2, 1e-2]


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def cut(name: str) -> Callable[[Path], None]:
    def halve(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return halve


def configure(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text("utf-8")) | changes
        kept = {key: value for key, value in config.items() if value is not None}
        (folder / "config.json").write_text(json.dumps(kept))

    return change


def overwrite(name: str, content: bytes) -> Callable[[Path], None]:
    def replace(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return replace


def drop_a_weight(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["head.shared.start"]
    save_file(weights, folder / "model.safetensors")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (remove("config.json"), r"expected a saved model, but there is no config\.json"),
        (cut("config.json"), r"config\.json: expected a JSON file, but it cannot be read"),
        (overwrite("config.json", b"\xff"), r"config\.json: expected a JSON file"),
        (overwrite("config.json", b"[]"), "has no entry 'structdistill'; .* another program"),
        (configure(structdistill=None), "has no entry 'structdistill'; .* another program"),
        (configure(labels=None), r"cannot build .* saved by version .*KeyError\('labels'\)"),
        (configure(labels=["O", "O"]), "cannot build the model.*each once"),
        (configure(encoder={"name": "perceiver"}), "cannot build .*unknown encoder 'perceiver'"),
        (configure(encoder={"name": "hashed", "size": 1}), "cannot build .*'size'"),
        (configure(structure="lattice"), "cannot build .*unknown structure 'lattice'"),
        (configure(task="parsing"), "cannot build .*unknown task 'parsing'"),
        (remove("tokenizer.json"), r"tokenizer\.json: expected the tokenizer"),
        (remove("model.safetensors"), r"model\.safetensors: expected the model's weights"),
        (cut("model.safetensors"), r"model\.safetensors: expected the model's weights.*copy"),
        (drop_a_weight, "weights are not those of the model.*head.shared.start"),
        (configure(labels=["O"]), "weights are not those of the model.*size mismatch"),
    ],
)
def test_a_damaged_folder_says_what_is_wrong(
    damage: Callable[[Path], None],
    message: str,
    transformers: dict[str, Path],
    tmp_path: Path,
) -> None:
    bert_model(transformers).save_pretrained(tmp_path)
    damage(tmp_path)
    with pytest.raises(RunError, match=f"(?s){message}"):
        Model.from_pretrained(tmp_path)


def test_models_without_settings_of_a_head_can_be_loaded(
    transformers: dict[str, Path], tmp_path: Path
) -> None:
    model = bert_model(transformers).eval()
    model.save_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text("utf-8"))["head"] == {}
    configure(head=None)(tmp_path)  # as version 0.1.0 saved them
    again = Model.from_pretrained(tmp_path)
    ours, theirs = (m(SENTENCES).potentials["emissions"] for m in (model, again))
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


def test_a_model_that_is_nowhere_is_named() -> None:
    for name in ("no/such/folder", "nobody/nothing"):
        with pytest.raises(RunError, match=f"no model '{name}': it is no folder here, and no"):
            Model.from_pretrained(name)


def test_the_model_of_another_program_is_refused(transformers: dict[str, Path]) -> None:
    with pytest.raises(RunError, match="this is the model of another program"):
        Model.from_pretrained(transformers["bert"])


def test_a_model_is_a_module_like_any_other() -> None:
    model = hashed_model()
    assert isinstance(model, nn.Module)
    optimizer = torch.optim.SGD(model.parameter_groups(lr=0.1, head_lr=0.1, weight_decay=0.0))
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        structure = model(SENTENCES)
        emissions = structure.potentials["emissions"].detach()
        gold = structure.indicator(torch.zeros(emissions.shape[:2], dtype=torch.long))
        loss = -structure.log_prob(gold).sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.9 * losses[0]

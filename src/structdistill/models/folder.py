"""A saved model's folder: `config.json`, `model.safetensors`, and what its encoder adds."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch import nn

from structdistill import __version__
from structdistill.errors import RunError

_CONFIG, _WEIGHTS = "config.json", "model.safetensors"
_VERSION = "structdistill"


def write_model(model: nn.Module, config: dict[str, Any], folder: Path) -> None:
    """Writes weights and configuration.

    Args:
        model: whose weights are written; shared ones once.
        config: what else is needed to build it, fit for JSON.
        folder: an existing folder.
    """
    save_model(model, str(folder / _WEIGHTS))
    # Last, so that a folder with a configuration is complete.
    text = json.dumps({_VERSION: __version__, **config}, indent=2, ensure_ascii=False)
    (folder / _CONFIG).write_text(text + "\n", encoding="utf-8")


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration that `write_model` wrote, and `structdistill`, the version that did.

    Raises:
        RunError: it is missing, unreadable, or another program's.
    """
    path = folder / _CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(
            f"{folder}: expected a saved model, but there is no {_CONFIG}; this is another folder, "
            f"or saving was interrupted"
        ) from error
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: expected a JSON file, but it cannot be read: {error}") from error
    if not isinstance(config, dict) or _VERSION not in config:
        raise RunError(
            f"{path}: expected the configuration of a structdistill model, but it has no entry "
            f"{_VERSION!r}; this is the model of another program"
        )
    return config


def holds_model(folder: Path) -> bool:
    """Whether a folder has a model of ours, intact or not."""
    try:
        read_config(folder)
    except RunError:
        return False
    return True


def read_weights(model: nn.Module, folder: Path) -> None:
    """Loads the weights that `write_model` wrote.

    Raises:
        RunError: they are missing, truncated, or another model's.
    """
    path = folder / _WEIGHTS
    try:
        load_model(model, path)
    except (OSError, SafetensorError) as error:
        raise RunError(
            f"{path}: expected the model's weights, but they cannot be read ({error}); "
            f"copy the folder again"
        ) from error
    except RuntimeError as error:
        raise RunError(
            f"{path}: the weights are not those of the model in {_CONFIG}: {error}"
        ) from error

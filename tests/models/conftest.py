"""The tiny transformers, written once."""

from pathlib import Path

import pytest

from tests.models import tiny


@pytest.fixture(scope="session")
def transformers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders that transformers can load, by kind."""
    folder = tmp_path_factory.mktemp("transformers")
    return {
        "bert": tiny.bert(folder / "bert"),
        "roberta": tiny.roberta(folder / "roberta"),
        "distilbert": tiny.distilbert(folder / "distilbert"),
    }

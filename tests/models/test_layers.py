"""Which layers are kept."""

from typing import Any

import pytest
from transformers import AlbertConfig, AlbertModel, BertConfig, BertModel

from structdistill.errors import RecipeError
from structdistill.models.layers import layer_list, select


@pytest.mark.parametrize(
    ("layers", "count", "expected"),
    [
        (1, 6, [0]),
        (3, 6, [0, 1, 2]),
        (6, 6, [0, 1, 2, 3, 4, 5]),
        ("even:6", 12, [0, 2, 4, 7, 9, 11]),  # the choice of DistilBERT's authors
        ("even:2", 6, [0, 5]),
        ("even:1", 6, [0]),
        ("even:4", 4, [0, 1, 2, 3]),
        ([5, 0], 6, [5, 0]),
        ((1,), 2, [1]),
    ],
)
def test_layers_are_selected(layers: Any, count: int, expected: list[int]) -> None:
    assert select(layers, count) == expected


@pytest.mark.parametrize(
    "layers", [0, 7, -1, "even:0", "even:7", "odd:3", "3", "even:x", [6], [], [1, 1]]
)
def test_a_wrong_selection_names_the_right_ones(layers: Any) -> None:
    with pytest.raises(RecipeError, match=r"a number from 1 to 6.*'even:k'.*from 0 to 5; got"):
        select(layers, 6)


def test_the_list_of_layers_is_found() -> None:
    transformer = BertModel(
        BertConfig(
            vocab_size=9,
            hidden_size=4,
            num_attention_heads=1,
            num_hidden_layers=3,
            intermediate_size=4,
        )
    )
    name, layers = layer_list(transformer, 3)
    assert name == "encoder.layer"
    assert layers is transformer.encoder.layer


def test_shared_layers_cannot_be_selected() -> None:
    transformer = AlbertModel(
        AlbertConfig(
            vocab_size=9,
            embedding_size=4,
            hidden_size=4,
            num_attention_heads=1,
            num_hidden_layers=3,
            intermediate_size=4,
        )
    )
    with pytest.raises(RecipeError, match=r"layers of AlbertModel: .* its 3 layers, found 0"):
        layer_list(transformer, 3)

"""A student takes over what it shares with its teacher."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from structdistill.errors import RecipeError
from structdistill.models.encoders.hashed import Hashed
from structdistill.models.encoders.pretrained import Pretrained
from structdistill.models.initialisation import initialise
from structdistill.models.subword_tokenizer import SubwordTokenizer
from tests.models import tiny


def trained(model: str, layers: str | list[int] | None = None) -> Pretrained:
    """An encoder whose weights are no longer the pretrained ones."""
    encoder = Pretrained(model=model, layers=layers)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.add_(torch.randn_like(parameter))
    return encoder


def weights(encoder: Pretrained, number: int) -> dict[str, Tensor]:
    return encoder.numbered_layers()[1][number].state_dict()


def test_embeddings_and_common_layers_become_the_teachers(transformers: dict[str, Path]) -> None:
    model = str(transformers["bert"])
    for layers in (None, [3, 0, 1]):
        teacher = trained(model, layers)
        student = Pretrained(model=model, layers=[1, 3])
        initialise(student, teacher)
        for number in (1, 3):
            torch.testing.assert_close(
                weights(student, number), weights(teacher, number), rtol=0, atol=0
            )
        torch.testing.assert_close(
            student.transformer.embeddings.state_dict(),
            teacher.transformer.embeddings.state_dict(),
            rtol=0,
            atol=0,
        )


def test_student_and_teacher_share_no_memory(transformers: dict[str, Path]) -> None:
    model = str(transformers["bert"])
    student, teacher = Pretrained(model=model, layers=2), trained(model)
    initialise(student, teacher)
    before = [parameter.clone() for parameter in teacher.parameters()]
    with torch.no_grad():
        for parameter in student.parameters():
            parameter.zero_()
    torch.testing.assert_close(list(teacher.parameters()), before, rtol=0, atol=0)


def test_a_layer_that_the_teacher_lacks_is_named(transformers: dict[str, Path]) -> None:
    model = str(transformers["bert"])
    student, teacher = Pretrained(model=model, layers=[0, 2]), Pretrained(model=model, layers=2)
    with pytest.raises(RecipeError, match=r"no layers \[2\]; choose among \[0, 1\]"):
        initialise(student, teacher)


def test_another_transformer_is_no_teacher_to_start_from(transformers: dict[str, Path]) -> None:
    student = Pretrained(model=str(transformers["bert"]), layers=2)
    narrow = {**tiny.SIZES, "hidden_size": 8, "num_hidden_layers": 4}
    smaller = Pretrained(
        config={"model_type": "bert", "vocab_size": 64, "max_position_embeddings": 32, **narrow},
        tokenizer=SubwordTokenizer(tiny.word_piece()),
    )
    for teacher in (smaller, Pretrained(model=str(transformers["distilbert"]))):
        with pytest.raises(RecipeError, match="must be that of its teacher, layers aside"):
            initialise(student, teacher)


def test_only_transformers_start_from_transformers(transformers: dict[str, Path]) -> None:
    with pytest.raises(RecipeError, match="got Hashed and Pretrained"):
        initialise(Hashed(), Pretrained(model=str(transformers["bert"])))

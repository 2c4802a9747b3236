"""A student takes over what it shares with its teacher."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from structdistill.errors import RecipeError
from structdistill.models.encoders.bilstm import Bilstm
from structdistill.models.encoders.convolutional import Convolutional
from structdistill.models.encoders.hashed import Hashed
from structdistill.models.encoders.pretrained import Pretrained
from structdistill.models.encoders.subwords import Subwords
from structdistill.models.initialisation import initialise, reduced
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


def test_what_has_nothing_of_its_teacher_does_not_start_from_it(
    transformers: dict[str, Path],
) -> None:
    with pytest.raises(RecipeError, match="its teacher's weights; got Hashed and Pretrained"):
        initialise(Hashed(), Pretrained(model=str(transformers["bert"])))


# Embeddings


def test_reduced_embeddings_are_the_leading_singular_vectors() -> None:
    table = torch.randn(30, 8, dtype=torch.float64) + 3
    centred = table - table.mean(0)
    left, values, _ = torch.linalg.svd(centred, full_matrices=False)
    found = reduced(table, 3)
    torch.testing.assert_close(found.abs(), (left[:, :3] * values[:3]).abs())
    torch.testing.assert_close(found.mean(0), torch.zeros(3, dtype=torch.float64))
    # The best of rank 3: what is lost are the other singular values.
    lost = centred.square().sum() - found.square().sum()
    torch.testing.assert_close(lost, values[3:].square().sum())


def test_what_has_low_rank_loses_no_distance() -> None:
    table = torch.randn(20, 3, dtype=torch.float64) @ torch.randn(3, 9, dtype=torch.float64) + 1
    torch.testing.assert_close(torch.pdist(reduced(table, 3)), torch.pdist(table))


def test_reduced_embeddings_do_not_depend_on_chance_and_share_no_memory() -> None:
    table = torch.randn(30, 8)
    torch.testing.assert_close(reduced(table, 2), reduced(table.clone(), 2), rtol=0, atol=0)
    torch.testing.assert_close(reduced(table, 8), table, rtol=0, atol=0)
    assert reduced(table, 8).data_ptr() != table.data_ptr()
    with pytest.raises(ValueError, match="a width of at most 8; got 9"):
        reduced(table, 9)


@pytest.mark.parametrize("width", [4, None])
def test_subwords_start_from_the_embeddings_of_the_teacher(
    transformers: dict[str, Path], width: int | None
) -> None:
    model = str(transformers["bert"])
    embedding = {"name": "subwords", "model": model, "width": width}
    student = Bilstm(width=5, embedding={k: v for k, v in embedding.items() if v})
    teacher = trained(model)
    layers = [parameter.clone() for parameter in student.lstm.parameters()]
    initialise(student, teacher)
    theirs = teacher.transformer.get_input_embeddings().weight.detach()
    assert isinstance(student.embedding, Subwords)
    table = student.embedding.table.weight
    torch.testing.assert_close(table, reduced(theirs, table.shape[1])[: len(table)])
    torch.testing.assert_close(list(student.lstm.parameters()), layers, rtol=0, atol=0)
    # From a student that has learnt, too.
    grandchild = Convolutional(width=4, embedding=embedding | {"width": 2})
    initialise(grandchild, student)
    assert isinstance(grandchild.embedding, Subwords)
    torch.testing.assert_close(grandchild.embedding.table.weight, reduced(table.detach(), 2))


def test_subwords_that_the_teacher_does_not_have_are_counted(transformers: dict[str, Path]) -> None:
    teacher = Pretrained(model=str(transformers["bert"]))
    wide = Subwords(model=str(transformers["bert"]), width=99)
    with pytest.raises(RecipeError, match="start from its teacher's: expected a width of at most"):
        initialise(wide, teacher)
    other = Subwords(model=str(transformers["roberta"]), width=4)
    with pytest.raises(RecipeError, match=r"no embeddings of .* of the student's .* sub-words"):
        initialise(other, teacher)
    with pytest.raises(RecipeError, match="the teacher, Hashed, has no sub-word embeddings"):
        initialise(wide, Hashed())

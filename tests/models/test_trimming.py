"""Sub-words that a text does not have share a vector."""

from pathlib import Path

import numpy as np
import pytest
import torch

from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError
from structdistill.models.encoders.base import build
from structdistill.models.encoders.bilstm import Bilstm
from structdistill.models.encoders.hashed import Hashed
from structdistill.models.encoders.joined import Joined
from structdistill.models.encoders.subwords import Subwords
from structdistill.models.initialisation import initialise
from structdistill.models.trimming import trim
from tests.models import tiny

TEXT = [Sentence(tuple(tiny.WORDS[:4])), Sentence(tuple(tiny.WORDS[2:6]))]
OTHER = [Sentence(tuple(tiny.WORDS[6:]))]


@pytest.fixture
def encoder(transformers: dict[str, Path]) -> Subwords:
    return Subwords(model=str(transformers["bert"]))


def kept(encoder: Subwords) -> list[int]:
    words = [word for sentence in TEXT for word in sentence.words]
    return sorted({int(number) for piece in encoder.tokenizer(words) for number in piece})


def test_words_of_the_text_are_what_they_were(encoder: Subwords) -> None:
    before = encoder(encoder.collate(TEXT))
    trim(encoder, TEXT)
    torch.testing.assert_close(encoder(encoder.collate(TEXT)), before)
    assert len(encoder.table.weight) == 1 + len(kept(encoder))


def test_other_sub_words_are_the_mean_of_their_own(encoder: Subwords) -> None:
    before = encoder.embeddings().clone()
    trim(encoder, TEXT)
    after, ours = encoder.embeddings(), kept(encoder)
    others = np.setdiff1d(np.arange(len(before)), ours)
    torch.testing.assert_close(after[ours], before[ours])
    torch.testing.assert_close(after[others], before[others].mean(0).expand(len(others), -1))
    assert encoder(encoder.collate(OTHER)).isfinite().all()


def test_it_is_trained_on_and_trimmed_once(encoder: Subwords) -> None:
    trim(encoder, TEXT)
    before = encoder.embeddings().clone()
    trim(encoder, TEXT)
    torch.testing.assert_close(encoder.embeddings(), before)
    encoder(encoder.collate(TEXT)).sum().backward()
    assert encoder.table.weight.grad is not None
    assert encoder.table.weight.grad[1:].ne(0).any(1).all()
    assert encoder.table.weight.grad[0].eq(0).all()


def test_a_trimmed_encoder_is_restored(encoder: Subwords, tmp_path: Path) -> None:
    above = Joined(parts=[Hashed(width=3, rows=9), Bilstm(width=4, embedding=encoder)])
    trim(above, TEXT)
    restored = build(above.save(tmp_path), tmp_path)
    restored.load_state_dict(above.state_dict())
    for each in (above, restored):
        each.eval()
    batch = [*TEXT, *OTHER]
    torch.testing.assert_close(restored(restored.collate(batch)), above(above.collate(batch)))


def test_a_student_starts_from_a_trimmed_teacher(
    encoder: Subwords, transformers: dict[str, Path]
) -> None:
    trim(encoder, TEXT)
    student = Subwords(model=str(transformers["bert"]))
    initialise(student, encoder)
    torch.testing.assert_close(student.embeddings(), encoder.embeddings())


def test_without_sub_words_there_is_nothing_to_trim() -> None:
    with pytest.raises(RecipeError, match=r"is for encoders that .*; got Hashed"):
        trim(Hashed(), TEXT)

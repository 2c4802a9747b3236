from typing import Any

import pytest

from structdistill.corpus import Corpus
from structdistill.data_settings import Data
from structdistill.errors import DataError, RecipeError
from tests.tiny import LABELS, tiny_corpus, write_data

TRAIN, DEV, TEXT = (tiny_corpus(count, seed=count) for count in (20, 5, 9))


@pytest.fixture
def files(tmp_path) -> dict[str, Any]:
    """A recipe's `data`."""
    return write_data(tmp_path, train=TRAIN, dev=DEV, text=TEXT)


def test_all_files_are_read(files):
    corpus = Corpus.read(Data(**files))
    assert (corpus.train, corpus.dev, corpus.test) == (TRAIN, DEV, [])
    assert corpus.annotated == TRAIN
    assert corpus.unlabelled == [s.unlabelled() for s in TEXT]
    assert corpus.labels.names == LABELS
    assert Corpus.read(Data(**files, test=files["dev"])).test == DEV


def test_only_some_training_sentences_keep_their_annotation(files):
    corpus = Corpus.read(Data(**files, labelled=2))
    assert corpus.annotated == TRAIN[:2]
    assert corpus.train == TRAIN[:2] + [s.unlabelled() for s in TRAIN[2:]]
    assert corpus.labels.names == LABELS  # of all of them
    assert len(Corpus.read(Data(**files, labelled=1000)).annotated) == len(TRAIN)


def test_unlabelled_text_can_be_thinned_evenly(files):
    corpus = Corpus.read(Data(**files, unlabelled_limit=3))
    assert [s.words for s in corpus.unlabelled] == [TEXT[i].words for i in (0, 3, 6)]
    assert len(Corpus.read(Data(**files, unlabelled_limit=99)).unlabelled) == len(TEXT)
    assert Corpus.read(Data(**{**files, "unlabelled": ()})).unlabelled == []


@pytest.mark.parametrize("split", ["dev", "test"])
def test_a_label_that_training_lacks_is_told_with_its_line(files, tmp_path, split):
    file = tmp_path / "other.txt"
    file.write_text("the O\nAda B-PRE\n")
    with pytest.raises(DataError) as caught:
        Corpus.read(Data(**{**files, split: str(file)}))
    message = str(caught.value)
    assert message.startswith(f"{file}:2: word 2 ('Ada'): the tag 'B-PRE' is not among the labels")
    assert "Did you mean 'B-PER'?" in message


@pytest.mark.parametrize("split", ["train", "dev"])
def test_training_and_development_data_must_be_named(files, split):
    with pytest.raises(RecipeError, match=r"names no data: set data\.train and data\.dev"):
        Corpus.read(Data(**{**files, split: None}))

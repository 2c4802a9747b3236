"""Folds of sentences."""

from collections import Counter

from structdistill.data.folds import fold_of
from structdistill.data.sentence import Sentence
from tests.tiny import tiny_corpus


def test_equal_words_are_in_one_fold_whatever_else_differs() -> None:
    for sentence in tiny_corpus(20):
        assert fold_of(sentence, 5) == fold_of(Sentence(sentence.words, origin="else:1"), 5)


def test_folds_are_about_of_one_size() -> None:
    sentences = [Sentence((str(number), "words")) for number in range(1000)]
    counts = Counter(fold_of(sentence, 4) for sentence in sentences)
    assert sorted(counts) == [0, 1, 2, 3]
    assert all(200 < count < 300 for count in counts.values())

"""Every epoch draws its part of a text, and together they draw all of it alike."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structdistill.data.mixing import draw, mixed
from tests.tiny import tiny_corpus

LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=12)


@given(lengths=LENGTHS, words=st.integers(1, 60), epochs=st.integers(1, 6), seed=st.integers(0, 3))
def test_epochs_go_on_where_the_one_before_stopped(lengths, words, epochs, seed):
    parts = [draw(lengths, words=words, seed=seed, epoch=epoch) for epoch in range(epochs)]
    seen = Counter(i for part in parts for i in part)
    often = [seen[i] for i in range(len(lengths))]
    assert max(often) - min(often) <= 1
    total = sum(lengths[i] for part in parts for i in part)
    assert 0 <= total - epochs * words < max(lengths)  # the last one may begin in it and end later


@given(lengths=LENGTHS, words=st.integers(1, 60), epoch=st.integers(0, 9))
def test_an_epoch_has_its_words_but_for_a_sentence(lengths, words, epoch):
    part = draw(lengths, words=words, seed=1, epoch=epoch)
    assert abs(sum(lengths[i] for i in part) - words) < max(lengths)


def test_seeds_and_epochs_draw_otherwise_and_always_the_same():
    def drawn(seed: int, epoch: int) -> list[int]:
        return draw([3] * 50, words=30, seed=seed, epoch=epoch)

    assert drawn(1, 2) == drawn(1, 2)
    assert len({tuple(drawn(seed, epoch)) for seed in range(3) for epoch in range(3)}) == 9


def test_there_must_be_something_to_draw_from():
    with pytest.raises(ValueError, match="no text to draw from"):
        draw([], words=3, seed=1, epoch=0)


def test_all_that_is_annotated_is_in_every_epoch():
    sentences = tiny_corpus(40)
    annotated = [i % 4 == 0 for i in range(40)]
    ours = [i for i in range(40) if annotated[i]]
    words = sum(len(sentences[i]) for i in ours)
    for epoch in range(3):
        seen = mixed(sentences, annotated, ratio=0.5, seed=1, epoch=epoch)
        assert seen[: len(ours)] == ours
        others = seen[len(ours) :]
        assert not any(annotated[i] for i in others)
        assert abs(sum(len(sentences[i]) for i in others) - words / 2) <= 9
    assert mixed(sentences, annotated, ratio=None, seed=1, epoch=0) == list(range(40))
    assert mixed(sentences, [True] * 40, ratio=0.5, seed=1, epoch=0) == list(range(40))

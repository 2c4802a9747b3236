"""Copies for a teacher to annotate: what each switch does, alone, and what all keep."""

from collections import Counter

import pytest
from pydantic import ValidationError

from structdistill.data.augmentation import Augmentation, augmented
from structdistill.data.sentence import Sentence
from tests.tiny import tiny_corpus

CORPUS = tiny_corpus(60)
NOTHING = {"copies": 3, "mask": 0, "replace": 0, "segments": 0, "ngrams": 0}


def copies(corpus=CORPUS, without=(), **settings):
    return augmented(corpus, Augmentation(**{**NOTHING, **settings}), without=without)


def by_origin(sentences):
    return {sentence.origin: sentence for sentence in sentences}


def test_copies_are_distinct_new_and_without_annotation():
    made = copies(mask=0.2, replace=0.2, segments=0.2, ngrams=0.3)
    assert 60 < len(made) <= 180
    words = [sentence.words for sentence in made]
    assert len(set(words)) == len(words)
    assert not {s.words for s in CORPUS} & set(words)
    assert all(sentence == sentence.unlabelled() for sentence in made)
    assert {s.origin for s in made} <= {s.origin for s in CORPUS}
    without = set(words[::2])
    assert copies(mask=0.2, replace=0.2, segments=0.2, ngrams=0.3, without=without) == [
        s for s in made if s.words not in without
    ]


def test_the_seed_decides_and_more_copies_leave_those_there_are():
    settings = {"mask": 0.2, "replace": 0.2, "ngrams": 0.3}
    assert copies(**settings) == copies(**settings)
    assert copies(**settings) != copies(**settings, seed=2)
    fewer = copies(**settings, copies=1)
    assert {s.words for s in fewer} < {s.words for s in copies(**settings)}


def test_the_order_of_the_corpus_does_not_matter_without_replacements():
    ours, theirs = (copies(corpus, mask=0.3) for corpus in (CORPUS, CORPUS[::-1]))
    assert {s.words for s in ours} == {s.words for s in theirs}


def test_masked_words_keep_the_others():
    originals = by_origin(CORPUS)
    made = copies(mask=0.3, mask_word="<mask>")
    for copy in made:
        pairs = list(zip(copy.words, originals[copy.origin].words, strict=True))
        assert all(ours in ("<mask>", theirs) for ours, theirs in pairs)
        assert any(ours == "<mask>" for ours, _ in pairs)
    whole = copies(mask=1)
    assert {word for s in whole for word in s.words} == {"[MASK]"}
    assert len(whole) == len({len(s) for s in CORPUS})  # one of each length


def test_words_become_words_of_the_same_tag():
    tags = {
        word: {t for s in CORPUS for w, t in zip(s.words, s.tags, strict=True) if w == word}
        for word in {w for s in CORPUS for w in s.words}
    }
    originals = by_origin(CORPUS)
    made = copies(replace=0.5)
    assert made
    for copy in made:
        for word, tag in zip(copy.words, originals[copy.origin].tags, strict=True):
            assert tag in tags[word]


def test_without_annotation_words_become_any():
    plain = [Sentence((a, b)) for a, b in zip("abcdefgh", "ijklmnop", strict=True)]
    made = copies(plain, replace=1)
    assert made
    assert {w for s in made for w in s.words} <= {w for s in plain for w in s.words}
    assert any(s.words[0] in "ijklmnop" for s in made)
    partly = [Sentence(("a", "b"), ("X", None)), Sentence(("c", "d"), ("X", "Y"))]
    for copy in copies(partly, replace=1, copies=20):
        assert copy.words[0] in "ac"


def test_relations_and_parts_of_speech_are_labels_too():
    first = Sentence(("dogs", "bark"), heads=(2, 0), relations=("nsubj", "root"))
    second = Sentence(("cats", "purr"), heads=(2, 0), relations=("nsubj", "root"))
    made = copies([first, second], replace=1, copies=20)
    assert {s.words for s in made} == {("cats", "bark"), ("dogs", "purr")}
    trees = [
        Sentence(("dogs", "bark"), tree="(S (NP (NNS dogs)) (VP (VBP bark)))"),
        Sentence(("I", "saw", "it"), tree="(S (NP (PRP I)) (VP (VBD saw) (NP (PRP it))))"),
    ]
    assert {s.words for s in copies(trees, replace=1, copies=40)} == {
        ("it", "saw", "it"),
        ("I", "saw", "I"),
        ("it", "saw", "I"),
    }


def test_segments_become_whole_segments_of_their_type():
    corpus = [
        Sentence(("Ada", "saw", "New", "York"), ("B-PER", "O", "B-LOC", "I-LOC")),
        Sentence(("Bob", "Stone", "left", "Oslo"), ("B-PER", "I-PER", "O", "B-LOC")),
    ]
    made = {s.words for s in copies(corpus, segments=1, copies=40)}
    people, places = (("Ada",), ("Bob", "Stone")), (("New", "York"), ("Oslo",))
    possible = {(*a, v, *b) for a in people for v in ("saw", "left") for b in places}
    assert made == possible - {s.words for s in corpus}


def test_constituents_become_others_of_their_label():
    corpus = [
        Sentence(("dogs", "bark"), tree="(S (NP (NNS dogs)) (VP (VBP bark)))"),
        Sentence(("I", "saw", "it"), tree="(S (NP (PRP I)) (VP (VBD saw) (NP (PRP it))))"),
    ]
    made = {s.words for s in copies(corpus, segments=1, copies=60)}
    subjects, predicates = ("dogs", "I", "it"), (("bark",), ("saw", "it"))
    assert made == {(s, *p) for s in subjects for p in predicates} - {s.words for s in corpus}


def test_tags_that_mark_no_segments_have_none():
    corpus = [Sentence(("a", "b"), ("DT", "NN")), Sentence(("c", "d"), ("DT", "NN"))]
    assert copies(corpus, segments=1) == []


def test_cut_copies_are_adjacent_words():
    originals = by_origin(CORPUS)
    made = copies(ngrams=1)
    for copy in made:
        words = originals[copy.origin].words
        assert any(words[i : i + len(copy)] == copy.words for i in range(len(words)))
    long = [Sentence(tuple("abcdefghij"))]
    lengths = Counter(len(s) for s in copies(long, ngrams=1, copies=300))
    assert set(lengths) == set(range(1, 10))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"mask": 0.6, "replace": 0.5}, r"at most 1 together, got 0\.6 \+ 0\.5"),
        (NOTHING, "copies that nothing is done to are none"),
        ({"ngrams": 1.5}, "less than or equal to 1"),
    ],
)
def test_what_cannot_be_is_refused(table, message):
    with pytest.raises(ValidationError, match=message):
        Augmentation(**table)


def test_by_default_there_are_no_copies():
    assert not Augmentation()
    assert augmented(CORPUS, Augmentation()) == []

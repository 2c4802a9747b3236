"""What label indices mean on spans."""

import pytest

from structdistill.data.constituency.bracketing import flat
from structdistill.data.constituency.vocabulary import SpanLabels
from structdistill.data.corpus import generate
from structdistill.data.formats.brackets import Brackets
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError

TREE = "(ROOT (S (NP (PRP We)) (VP (VBD sold) (NP (NNS books)) (ADVP (RB there)))))"
SENTENCE = Sentence(("We", "sold", "books", "there"), tree=TREE, origin="x.ptb:3")
NAMES = ("()", "ROOT(S", "VP", "ADVP(RB *", "NP(NNS *", "NP(PRP *", "VBD *")


def test_labels_are_the_auxiliary_one_then_those_of_wide_spans_then_those_of_words() -> None:
    labels = SpanLabels.collect([Sentence(("no", "tree")), SENTENCE])
    assert labels.names == NAMES
    known = SpanLabels(labels.names)
    assert known.size == 5
    assert known.encode(SENTENCE) == [
        (0, 4, 1),
        (0, 1, 3),
        (1, 4, 2),
        (1, 2, 4),
        (2, 4, 0),
        (2, 3, 2),
        (3, 4, 1),
    ]


def test_decoding_gives_back_what_was_encoded() -> None:
    sentences = [Sentence(s.words, tree=s.tree) for s in generate(100, seed=2)]
    labels = SpanLabels(SpanLabels.collect(sentences).names)
    for sentence in sentences:
        indices = {index for _, _, index in labels.encode(sentence)}
        assert max(indices) < labels.size
        tree = labels.decode(labels.encode(sentence), sentence.words)
        assert flat(tree) == sentence.tree


def test_a_constituent_and_a_part_of_speech_may_have_one_name() -> None:
    sentence = Sentence(("a", "b"), tree="(X (X a) (X b))")
    labels = SpanLabels.collect([sentence])
    assert labels.names == ("()", "X", "X *")
    assert SpanLabels(labels.names).encode(sentence) == [(0, 2, 1), (0, 1, 1), (1, 2, 1)]


def test_which_labels_give_a_span_a_constituent_and_a_word_its_part_of_speech() -> None:
    known = SpanLabels(("()", "S", "S(VP", "VP", "NN *", "NP(NN *", "NP(S(VB *"))
    assert known.bearing(0, 2, "S") == (1, 2)
    assert known.bearing(0, 1, "S") == (3,)
    assert known.bearing(0, 1, "NP") == (2, 3)
    assert known.bearing(0, 1, "NN") == known.bearing(0, 3, "NP") == ()
    assert known.tagged(0, 1, "NN") == (1, 2)
    assert known.tagged(0, 1, "NP") == ()


def test_a_label_that_is_not_known_is_named_with_its_place() -> None:
    known = SpanLabels(("()", "ROOT(S", "VPP", "ADVP(RB *", "NP(NNS *", "NP(PRP *", "VBD *"))
    message = r"x.ptb:3: the label 'VP' of 'sold books there' is not .* mean 'VPP'\?"
    with pytest.raises(DataError, match=message):
        known.encode(SENTENCE)
    known = SpanLabels((*NAMES[:-1], "VBN *"))
    with pytest.raises(DataError, match=r"'VBD \*' of 'sold' is not .* mean 'VBN \*'\? Known: A"):
        known.encode(SENTENCE)


def test_labels_of_another_task_are_refused() -> None:
    with pytest.raises(DataError, match=r"expected labels of spans, '\(\)' before .* 'O', 'B-X'"):
        SpanLabels(("O", "B-X"))
    with pytest.raises(DataError, match=r"'NN \*', behind them; found 'NN \*'"):
        SpanLabels(("NN *", "()"))
    with pytest.raises(
        DataError, match=r"expected labels of words and of wider .*, found 0 and 1;"
    ):
        SpanLabels(("()", "NP"))
    with pytest.raises(DataError, match="found 1 and 0; train on trees of more words"):
        SpanLabels(("()", "NP *"))


def test_without_trees_there_are_no_labels() -> None:
    with pytest.raises(DataError, match="no sentence has a tree; labels are collected from parsed"):
        SpanLabels.collect([Sentence(("a",))])


def test_function_tags_are_kept_or_stripped_where_the_file_is_read(tmp_path) -> None:
    path = tmp_path / "x.ptb"
    path.write_text("(S (NP-SBJ=1 (DT a) (NN b)) (VB c))\n")
    kept, stripped = (
        SpanLabels.collect(Brackets(functions=functions).read(path)).names
        for functions in (True, False)
    )
    assert kept[:3] == ("()", "NP-SBJ=1", "S")
    assert stripped[:3] == ("()", "NP", "S")

"""Bracketed trees, read and written."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structdistill.data.constituency.bracketing import flat
from structdistill.data.corpus.writing import write_corpus
from structdistill.data.formats.brackets import Brackets
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError
from tests.bracketed import trees

TREE = "(ROOT (S (NP (DT The) (NN dog)) (VP (VBZ barks)) (. .)))"
WORDS = ("The", "dog", "barks", ".")


def written(sentences: list[Sentence]) -> bytes:
    stream = io.StringIO(newline="")
    Brackets().write(sentences, stream)
    return stream.getvalue().encode()


@settings(derandomize=True, deadline=None, max_examples=100)
@given(made=st.lists(trees(), min_size=1, max_size=4))
def test_what_is_written_reads_back(tmp_path_factory, made):
    path = tmp_path_factory.mktemp("brackets") / "x.ptb"
    sentences = [Sentence(tuple(tree.leaves()), tree=flat(tree)) for tree in made]
    path.write_bytes(written(sentences))
    assert Brackets().read(path) == sentences


def test_what_is_read_is_written_byte_by_byte(tmp_path):
    write_corpus(tmp_path, sentences=200, unlabelled=0, seed=1)
    for split in ("train", "dev", "test"):
        path = tmp_path / f"{split}.ptb"
        assert written(Brackets().read(path)) == path.read_bytes()


def test_a_tree_may_stand_on_several_lines_or_share_one(tmp_path):
    path = tmp_path / "x.ptb"
    path.write_bytes(
        b"\xef\xbb\xbf\r\n( (S\r\n    (NP (DT The)\t(NN dog))\r\n (VP (VBZ barks)) (. .)) )\r\n\r\n"
        b"(X (NN a)) (X (NN b))"
    )
    first, second, third = Brackets().read(path)
    assert first.words == WORDS
    assert first.tree == "( (S (NP (DT The) (NN dog)) (VP (VBZ barks)) (. .)))"
    assert (second.tree, third.tree) == ("(X (NN a))", "(X (NN b))")
    assert [s.origin for s in (first, second, third)] == [f"{path}:2", f"{path}:6", f"{path}:6"]


def test_a_word_may_hold_what_unicode_calls_a_space(tmp_path):
    path = tmp_path / "x.ptb"
    path.write_text("(X (NN a\u00a0b\u2028c))\n", "utf-8")
    (sentence,) = Brackets().read(path)
    assert sentence.words == ("a\u00a0b\u2028c",)
    assert written([sentence]) == path.read_bytes()


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("(S (NN a)", 2, "the tree that begins here is not closed: '\\)' is missing 1 times"),
        ("(S\n (NN a)\n", 2, "the tree that begins here is not closed"),
        ("(S (NN a)))", 2, "expected a tree that begins with '\\(', found '\\)'; delete it"),
        ("a (S (NN a))", 2, "expected a tree that begins with '\\(', found 'a'; put it into br"),
        ("()", 2, "in \\(\\), expected words or constituents, found none; delete the brackets"),
        ("(S (NN a)\n (NP))", 2, "in \\(NP\\), expected words or constituents, found none"),
        ("(S the (NN dog))", 2, "in \\(S the .*\\), the word 'the' has no part .* \\(TAG the\\)"),
        ("(S (NP the dog))", 2, "in \\(NP the dog\\), the word 'the' has no part of speech"),
        ("(S ((NN a) (NN b)))", 2, "in \\( .*\\), expected a label behind '\\(', found none"),
    ],
)
def test_what_is_no_tree_is_named_by_line(tmp_path, content, line, message):
    path = tmp_path / "x.ptb"
    path.write_text(f"(S (NN fine))\n{content}\n")
    with pytest.raises(DataError, match=f"x.ptb:{line}: {message}"):
        Brackets().read(path)


def test_bytes_that_are_no_utf_8_are_named_by_line(tmp_path):
    path = tmp_path / "x.ptb"
    path.write_bytes(b"(S (NN a))\n(S (NN \xe9))\n")
    with pytest.raises(DataError, match=r"x.ptb:2: expected UTF-8, found the byte 0xe9.*iconv"):
        Brackets().read(path)


def test_an_empty_file_is_an_error(tmp_path):
    path = tmp_path / "x.ptb"
    path.write_bytes(b"\n \n")
    with pytest.raises(DataError, match=r"x.ptb: expected at least one sentence, found none"):
        Brackets().read(path)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (None, "expected a tree, found none; annotate the sentence or leave it out"),
        (
            "(S (NN a)",
            "expected one tree whose brackets match, at most 500 deep, found \\(S \\(NN a\\)",
        ),
        ("(S (DT The) (NN cat))", "other words .*: word 2 is 'cat' in the tree, 'dog' in the sen"),
        ("(S (DT The) (NN dog) (NN s))", "other words .*: 3 words in the tree, 2 in the sentence"),
    ],
)
def test_a_sentence_without_a_tree_of_its_words_cannot_be_written(tree, message):
    with pytest.raises(DataError, match=f"x.txt:7: .*{message}"):
        written([Sentence(("The", "dog"), tree=tree, origin="x.txt:7-8")])


def test_brackets_among_the_words_are_escaped_in_the_tree():
    sentence = Sentence(("(", "a", ")"), tree="(X (-LRB- -LRB-) (NN a) (-RRB- -RRB-))")
    assert written([sentence]) == b"(X (-LRB- -LRB-) (NN a) (-RRB- -RRB-))\n"

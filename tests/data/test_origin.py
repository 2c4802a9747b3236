from structdistill.data.origin import error_at
from structdistill.data.sentence import Sentence


def test_with_one_word_a_line_the_words_own_line_is_named():
    error = error_at(Sentence(("a", "b", "c"), origin="in:put.txt:7-9"), 2, "wrong")
    assert str(error) == "in:put.txt:9: word 3 ('c'): wrong"
    assert (error.path, error.line) == ("in:put.txt", 9)


def test_with_remarks_between_words_the_first_line_is_named():
    error = error_at(Sentence(("a", "b"), origin="x.txt:7-9"), 1, "wrong")
    assert str(error) == "x.txt:7: word 2 ('b'): wrong"


def test_with_one_sentence_a_line_that_line_is_named():
    error = error_at(Sentence(("a", "b"), origin="x.jsonl:7"), 1, "wrong")
    assert str(error) == "x.jsonl:7: word 2 ('b'): wrong"


def test_an_origin_without_a_line_is_named_as_it_is():
    error = error_at(Sentence(("a",), origin="wnut_17:train[3]"), 0, "wrong")
    assert str(error) == "wnut_17:train[3]: word 1 ('a'): wrong"


def test_a_sentence_from_nowhere_names_the_word_only():
    assert str(error_at(Sentence(("a",)), 0, "wrong")) == "word 1 ('a'): wrong"

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structdistill.data.formats.text import Text
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError

WORD = st.text(
    st.characters(exclude_characters=" \t\r\n", exclude_categories=["Cs"]), min_size=1
).filter(lambda word: not word.startswith("\ufeff"))


def written(sentences: list[Sentence]) -> bytes:
    stream = io.StringIO(newline="")
    Text().write(sentences, stream)
    return stream.getvalue().encode()


@settings(derandomize=True, deadline=None, max_examples=50)
@given(words=st.lists(st.lists(WORD, min_size=1).map(tuple), min_size=1))
def test_what_is_written_reads_back(tmp_path_factory, words):
    path = tmp_path_factory.mktemp("text") / "x.txt"
    sentences = [Sentence(row) for row in words]
    path.write_bytes(written(sentences))
    assert Text().read(path) == sentences


def test_words_stand_between_spaces_and_tabs_and_empty_lines_are_skipped(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes("\ufeffA  small\ttest .\r\n\r\n  \nla\u00a0fin\u2028 !".encode())
    first, second = Text().read(path)
    assert first.words == ("A", "small", "test", ".")
    assert second.words == ("la\u00a0fin\u2028", "!")
    assert [first.origin, second.origin] == [f"{path}:1", f"{path}:4"]


def test_annotation_is_not_written():
    assert written([Sentence(("a", "b"), ("O", "O"))]) == b"a b\n"


def test_a_word_with_white_space_cannot_be_written():
    with pytest.raises(DataError, match=r"x:1: word 2 \('a b'\): .* write jsonl"):
        written([Sentence(("c", "a b"), origin="x:1")])


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_an_error(tmp_path, content):
    path = tmp_path / "x.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"x.txt: expected at least one sentence, found none"):
        Text().read(path)

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structdistill.data.formats.columns import Columns
from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RecipeError

CONLL2003 = """\
-DOCSTART- -X- -X- O

EU NNP I-NP I-ORG
rejects VBZ I-VP O
German JJ I-NP I-MISC
British JJ I-NP B-MISC

-DOCSTART- -X- -X- O

Peter NNP I-NP I-PER
Blackburn NNP I-NP I-PER
"""

# Edges of a word may not be spaces; the rest may, for columns are written between TABs.
WORD = (
    st.text(st.characters(exclude_characters="\t\r\n", exclude_categories=["Cs"]), min_size=1)
    .map(lambda word: word.strip(" "))
    .filter(lambda word: word and not word.startswith(("-DOCSTART-", "\ufeff")))
)
HASHES = st.sampled_from(["#", "# #", "# a", "# a = b", "#NFL"])


PAIRS = st.lists(st.tuples(WORD | HASHES, st.sampled_from(["O", "B-A", "B-b c"])), min_size=1)


def written(sentences: list[Sentence], form: Columns) -> bytes:
    stream = io.StringIO(newline="")
    form.write(sentences, stream)
    return stream.getvalue().encode()


def read(folder: Path, content: str | bytes, form: Columns | None = None) -> list[Sentence]:
    path = folder / "x.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return (form or Columns()).read(path)


@settings(derandomize=True, deadline=None, max_examples=50)
@given(
    rows=st.lists(PAIRS, min_size=1),
    form=st.sampled_from(
        [
            Columns(),
            Columns(scheme="iob1"),
            Columns(scheme="bioes"),
            Columns(word=1, tag=0),
            Columns(word=1, tag=-1),
            Columns(word=-1, tag=-3),
            Columns(word=0, tag=-2),
            Columns(word=1, tag=3, scheme="bilou"),
        ]
    ),
)
def test_what_is_written_reads_back(tmp_path_factory, rows, form):
    sentences = [Sentence(*zip(*pairs, strict=True)) for pairs in rows]
    assert read(tmp_path_factory.mktemp("columns"), written(sentences, form), form) == sentences


@settings(derandomize=True, deadline=None, max_examples=50)
@given(words=st.lists(st.lists(WORD.filter(lambda word: " " not in word), min_size=1), min_size=1))
def test_words_alone_read_back(tmp_path_factory, words):
    sentences = [Sentence(tuple(row)) for row in words]
    form = Columns(tag=None)
    assert read(tmp_path_factory.mktemp("columns"), written(sentences, form), form) == sentences


def test_conll_2003_is_read(tmp_path):
    assert read(tmp_path, CONLL2003) == [
        Sentence(("EU", "rejects", "German", "British"), ("B-ORG", "O", "B-MISC", "B-MISC")),
        Sentence(("Peter", "Blackburn"), ("B-PER", "I-PER")),
    ]


def test_any_column_is_read_by_index(tmp_path):
    chunks = read(tmp_path, CONLL2003, Columns(tag=2))
    assert chunks[0].tags == ("B-NP", "B-VP", "B-NP", "I-NP")
    assert read(tmp_path, CONLL2003, Columns(tag=-3, scheme="plain"))[1].tags == ("NNP", "NNP")
    assert read(tmp_path, CONLL2003, Columns(word=1, tag=None))[1] == Sentence(("NNP", "NNP"))


def test_origin_is_the_file_as_given_and_the_lines_of_the_words(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("x.txt").write_text(CONLL2003 + "\nlone NN I-NP O\n", encoding="utf-8")
    origins = [sentence.origin for sentence in Columns().read("x.txt")]
    assert origins == ["x.txt:3-6", "x.txt:10-11", "x.txt:13"]


def test_a_label_that_training_lacks_is_named_with_its_very_line(tmp_path):
    first, _ = read(tmp_path, CONLL2003)
    with pytest.raises(DataError, match=r"x.txt:5: word 3 \('German'\): the tag 'B-MISC'"):
        Labels(("O", "B-ORG")).encode(first)


@pytest.mark.parametrize(
    "content",
    [
        "a O\nb B-X\n\nc O\n",
        "a\tO\nb\tB-X\n\nc\tO\n",
        "a O\r\nb B-X\r\n\r\nc O\r\n",
        "\ufeffa O\nb B-X\n\nc O",
        "\n\n\na O\nb B-X\n\n\n \t\n\nc O\n\n\n",
        "a    O\n  b  B-X  \n\nc    O\n",
        "a\tO\nb\tB-X \n\t\nc\tO\n",
        "-DOCSTART- O\na O\nb B-X\n-DOCSTART- -X- O\nc O\n",
    ],
    ids=["spaces", "tabs", "crlf", "bom", "blank lines", "aligned", "tab on a blank line", "docs"],
)
def test_layouts_of_the_same_corpus_read_alike(tmp_path, content):
    assert read(tmp_path, content) == [
        Sentence(("a", "b"), ("O", "B-X")),
        Sentence(("c",), ("O",)),
    ]


def test_between_tabs_words_keep_their_spaces_and_line_separators(tmp_path):
    sentences = read(tmp_path, "New York\tB-X\n\u2028\tO\n\u00a0\tO\n")
    assert sentences[0].words == ("New York", "\u2028", "\u00a0")


def test_a_no_break_space_does_not_separate_columns(tmp_path):
    assert read(tmp_path, "10\u00a0000 O\n")[0].words == ("10\u00a0000",)


@pytest.mark.parametrize(
    "content",
    [
        "# a corpus of tweets\n# id = 1\n#\tO\n#NFL\tB-X\n\n# text = # ! \n#\tO\n",
        "# id = 1\n# # B-X\n#NFL # B-X\n\n# a remark of some length\n# # B-X\n",
        "# id = 1\n\n# # B-X\n#NFL # B-X\n\n# id = 2\n# # B-X\n",
        "# sent_id = 1\n# # x O\n#NFL # x O\n\n# sent_id = 2\n# # x O\n",
        "# # B-X\n# # B-X\n\n# # B-X\n",
    ],
    ids=["tabs", "spaces", "remark alone", "remark as wide as the words", "nothing but hashes"],
)
def test_remarks_are_skipped_and_the_word_hash_is_kept(tmp_path, content):
    sentences = read(tmp_path, content)
    assert [sentence.words[0] for sentence in sentences] == ["#", "#"]
    assert [len(sentence) for sentence in sentences] == [2, 1]


def test_a_remark_between_tabbed_words_moves_no_line_number(tmp_path):
    content = "a\tO\n# remark\nb\tPER\n"
    with pytest.raises(DataError, match=r"x.txt:1: word 2 \('b'\)"):
        read(tmp_path, content)


def test_predictions_are_written_word_tab_tag():
    assert written([Sentence(("Ann", "Lee"), ("B-PER", "I-PER"))], Columns()) == (
        b"Ann\tB-PER\nLee\tI-PER\n\n"
    )
    assert written([Sentence(("Ann",), ("B-PER",))], Columns(word=1, tag=3, scheme="bioes")) == (
        b"_\tAnn\t_\tS-PER\n\n"
    )


@pytest.mark.parametrize(
    ("content", "form", "message"),
    [
        ("", Columns(), "x.txt: expected at least one sentence, found none"),
        ("\n \n-DOCSTART- -X- O\n", Columns(), "x.txt: expected at least one sentence"),
        ("# id = 1\n\n", Columns(), "x.txt: expected at least one sentence, found none"),
        (
            "a NN O\n\nb NN O\nc O\n",
            Columns(),
            "x.txt:4: expected 3 space-separated columns as in the file's first line, found 2",
        ),
        ("a\tO\nb O\n", Columns(), "x.txt:2: expected 2 TAB-separated columns"),
        ("a O\n# b B-X\n", Columns(), "x.txt:2: expected 2 space-separated columns"),
        ("\na NN O\n", Columns(tag=3), "x.txt:2: column 3 was asked for, the line has 3: choose 0"),
        ("a NN O\n", Columns(word=-4), "x.txt:1: column -4 was asked for"),
        ("a O\n", Columns(tag=-2), "x.txt:1: word (column 0) and tag (column -2) are the same"),
        ("a\nb\n", Columns(), "tag = none for words without tags"),
        ("a\tO\nb\t\n", Columns(), "x.txt:2: column -1 is empty"),
        ("a\tO\n \tO\n", Columns(), "x.txt:2: column 0 is empty"),
        ("a O\n\nb O\nc PER\n", Columns(), "x.txt:4: word 2 ('c'): the tag 'PER' fits no scheme"),
        (b"a O\n\nb\xff O\n", Columns(), "x.txt:3: expected UTF-8, found the byte 0xff"),
        (b"\xef\xbb\xbf\n\xe9 O\n", Columns(), "x.txt:2: expected UTF-8, found the byte 0xe9"),
    ],
)
def test_a_bad_file_is_named_with_line_and_remedy(tmp_path, content, form, message):
    with pytest.raises(DataError) as caught:
        read(tmp_path, content, form)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path))


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"y.txt: no such file; check the path"):
        Columns().read(tmp_path / "y.txt")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DataError, match="is a folder; name one of the files in it"):
        Columns().read(tmp_path)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("a O\n", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read: Not a directory"):
        Columns().read(path / "y.txt")


@pytest.mark.parametrize("word", ["a\tb", "a\nb", "a\r", "  "])
def test_a_word_that_would_break_the_columns_cannot_be_written(word):
    with pytest.raises(DataError, match=r"y:1: word 1 .*: white space cannot be written"):
        written([Sentence((word,), ("O",), origin="y:1")], Columns())


def test_a_word_with_a_space_cannot_be_written_alone():
    with pytest.raises(DataError, match="white space cannot be written"):
        written([Sentence(("New York",))], Columns(tag=None))


@pytest.mark.parametrize("tags", [None, ("O", None)])
def test_unknown_tags_cannot_be_written(tags):
    with pytest.raises(DataError, match="a word without tag cannot be written in columns"):
        written([Sentence(("a", "b"), tags)], Columns())


def test_one_column_cannot_hold_words_and_tags():
    with pytest.raises(RecipeError, match="word and tag are the same column, 0"):
        Columns(word=0, tag=0)


def test_an_unknown_scheme_is_refused():
    with pytest.raises(RecipeError, match="unknown scheme 'bios'"):
        Columns(scheme="bios")

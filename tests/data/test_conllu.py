import io
from pathlib import Path

import pytest

from structdistill.data.corpus import write_corpus
from structdistill.data.formats.conllu import Conllu, write_sentence
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError


def row(number: object, word: str, head: object = "_", relation: str = "_", misc: str = "_") -> str:
    return "\t".join([str(number), word, "_", "NOUN", "_", "A=b", str(head), relation, "_", misc])


TRICKY = "\n".join(
    [
        "# newdoc",
        "# text = Vámonos al  mar",
        row("1-2", "Vámonos", misc="SpaceAfter=No|Note=two  spaces"),
        row(1, "Vamos", 0, "root"),
        row(2, "nos", 1, "obj:refl"),
        row("2.1", "we"),
        "# a comment inside",
        row("3-4", "al"),
        row(3, "a", 5, "case"),
        row(4, "el", 5, "det"),
        row(5, "mar adentro", 1, "obl", misc="Confidence=0.1|X"),
        "",
        row(1, "#", 0, "root", misc="trailing\u00a0"),
        "",
        "",
    ]
)


def written(sentences: list[Sentence]) -> str:
    stream = io.StringIO()
    Conllu().write(sentences, stream)
    return stream.getvalue()


def read(folder: Path, text: str, **settings: bool) -> list[Sentence]:
    file = folder / "a.conllu"
    file.write_bytes(text.encode())
    return Conllu(**settings).read(file)


def refusal(folder: Path, *rows: str, **settings: bool) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, "# sent_id = 1\n" + "\n".join(rows) + "\n\n", **settings)
    return str(caught.value).removeprefix(f"{folder}/")


def test_words_are_the_syntactic_ones(tmp_path):
    first, second = read(tmp_path, TRICKY)
    assert first.words == ("Vamos", "nos", "a", "el", "mar adentro")
    assert first.heads == (0, 1, 5, 5, 1)
    assert first.relations == ("root", "obj:refl", "case", "det", "obl")
    assert second.words == ("#",)
    assert (first.origin, second.origin) == (f"{tmp_path}/a.conllu:4-11", f"{tmp_path}/a.conllu:13")


def test_a_file_is_written_as_it_was(tmp_path):
    assert written(read(tmp_path, TRICKY)) == TRICKY
    write_corpus(tmp_path / "corpus", sentences=200, seed=3)
    for path in sorted((tmp_path / "corpus").glob("*.conllu")):
        sentences = Conllu().read(path)
        assert written(sentences) == path.read_text(encoding="utf-8")
        assert read(tmp_path, written(sentences)) == sentences


@pytest.mark.parametrize(
    "sentence",
    [
        Sentence(("Ada", "saw", "it"), heads=(2, 0, 2), relations=("nsubj", "root", "obj")),
        Sentence(("a", "b"), heads=(None, 0), relations=("x", None)),
        Sentence(("New York", "_", "#")),
        Sentence(("a",), heads=(0,)),
    ],
)
def test_what_is_written_is_read(tmp_path, sentence):
    assert read(tmp_path, written([sentence, sentence])) == [sentence, sentence]


def test_other_trees_are_written_into_the_same_lines(tmp_path):
    first, _ = read(tmp_path, TRICKY)
    relations = ("root", "dep", None, "det", "dep")
    other = Sentence(first.words, None, (0, 1, 1, None, 1), relations, lines=first.lines)
    found = written([other])
    (again,) = read(tmp_path, found)
    assert again == other
    changed = [a.split("\t")[6:8] != b.split("\t")[6:8] for a, b in _pairs(TRICKY, found)]
    assert sum(changed) == 4
    assert all(
        a.split("\t")[:6] + a.split("\t")[8:] == b.split("\t")[:6] + b.split("\t")[8:]
        for a, b in _pairs(TRICKY, found)
    )


def _pairs(ours: str, theirs: str) -> list[tuple[str, str]]:
    return list(zip(ours.splitlines(), theirs.splitlines(), strict=False))


def test_confidences_join_what_stands_in_misc(tmp_path):
    sentence, _ = read(tmp_path, TRICKY)
    stream = io.StringIO()
    write_sentence(sentence, stream, confidences=[1, 0.5, 0.25, 0.123456, 0])
    misc = [line.split("\t")[9] for line in stream.getvalue().splitlines() if "\t" in line]
    assert misc[1:3] == ["Confidence=1.0000", "Confidence=0.5000"]
    assert misc[-1] == "X|Confidence=0.0000"
    assert misc[0] == "SpaceAfter=No|Note=two  spaces"


def test_words_alone_are_read_without_a_look_at_trees(tmp_path):
    text = "\n".join([row(1, "a", 7, "x"), row(2, "b", "what"), "", ""])
    (found,) = read(tmp_path, text, trees=False)
    assert (found.words, found.heads, found.relations) == (("a", "b"), None, None)


def test_unknown_heads_are_no_annotation(tmp_path):
    (found,) = read(tmp_path, row(1, "a") + "\n")
    assert (found.heads, found.relations) == (None, None)


@pytest.mark.parametrize("heads", [(2, 1, 0), (1, 0, 2), (0, 3, 2)])
def test_circles_are_refused(tmp_path, heads):
    found = refusal(tmp_path, *(row(i, "w", head) for i, head in enumerate(heads, start=1)))
    assert "expected a tree, but the words" in found
    assert "in a circle; give one of them another head" in found
    assert found.startswith("a.conllu:3" if heads == (0, 3, 2) else "a.conllu:2")


def test_several_roots_are_refused_unless_allowed(tmp_path):
    rows = [row(1, "a", 0), row("2-3", "bc"), row(2, "b", 0), row(3, "c", 2)]
    assert refusal(tmp_path, *rows) == (
        "a.conllu:4: expected one root, but the words 1, 2 have head 0; correct their heads, or "
        "allow it with single_root = false"
    )
    (found,) = read(tmp_path, "\n".join(rows) + "\n", single_root=False)
    assert found.heads == (0, 0, 2)


@pytest.mark.parametrize("head", [3, -1, "x", "1.1", ""])
def test_heads_outside_the_sentence_are_refused(tmp_path, head):
    found = refusal(tmp_path, row(1, "a", 0), row(2, "b", head))
    assert found == (
        "a.conllu:3: expected a head from 0, the root, to 2, the last word, or _ if it is unknown; "
        f"found {str(head)!r}. Correct it"
    )


@pytest.mark.parametrize("columns", [9, 11, 1])
def test_another_number_of_columns_is_refused(tmp_path, columns):
    found = refusal(tmp_path, row(1, "a", 0), "\t".join(["2"] * columns))
    assert found.startswith(f"a.conllu:3: expected 10 TAB-separated columns, found {columns}; is")


@pytest.mark.parametrize("number", ["1", "3", "0", "_", "x", "2-1", ""])
def test_words_are_numbered(tmp_path, number):
    found = refusal(tmp_path, row(1, "a", 0), row(number, "b", 1))
    assert found.startswith("a.conllu:3: expected the number of a word, 2, of a multiword token")
    assert f"found {number!r}. Number words from 1 in each sentence" in found


def test_empty_words_comments_without_words_and_other_encodings_are_refused(tmp_path):
    assert refusal(tmp_path, row(1, "", 0)).endswith(":2: the word is empty; write _ for it")
    assert "a.conllu:1: expected the lines of a sentence's words" in refusal(tmp_path)
    file = tmp_path / "latin.conllu"
    file.write_bytes(row(1, "größe", 0).encode("latin-1"))
    with pytest.raises(DataError, match=f"^{file}:1: expected UTF-8"):
        Conllu().read(file)


@pytest.mark.parametrize("word", ["a\tb", "a\n", " "])
def test_words_that_break_lines_are_not_written(word):
    with pytest.raises(DataError, match=r"word 2 .* cannot be written in CoNLL-U; write jsonl"):
        written([Sentence(("a", word))])

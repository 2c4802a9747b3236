import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structdistill.data.formats.jsonl import Jsonl
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RecipeError

WORD = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
TAG = st.sampled_from([None, "O", "B-A", "B-é"])
PAIRS = st.lists(st.tuples(WORD, TAG), min_size=1)


def written(sentences: list[Sentence], form: Jsonl) -> bytes:
    stream = io.StringIO(newline="")
    form.write(sentences, stream)
    return stream.getvalue().encode()


@settings(derandomize=True, deadline=None, max_examples=50)
@given(rows=st.lists(PAIRS, min_size=1), scheme=st.sampled_from(["auto", "bilou"]))
def test_what_is_written_reads_back(tmp_path_factory, rows, scheme):
    form = Jsonl(scheme=scheme)
    sentences = [Sentence(*zip(*pairs, strict=True)) for pairs in rows]
    sentences.append(sentences[0].unlabelled())
    path = tmp_path_factory.mktemp("jsonl") / "x.jsonl"
    path.write_bytes(written(sentences, form))
    assert form.read(path) == sentences


def test_trees_are_written_and_read_back(tmp_path):
    sentences = [
        Sentence(
            ("Dogs", "(", "bark"),
            ("O", "O", None),
            heads=(3, None, 0),
            relations=("nsubj", None, "root"),
            tree="(S (NP (N Dogs)) (-LRB- -LRB-) (VP (V bark)))",
        ),
        Sentence(("Yes",), tree="(S (UH Yes))"),
        Sentence(("No",), heads=(0,)),
    ]
    path = tmp_path / "x.jsonl"
    path.write_bytes(written(sentences, Jsonl()))
    assert Jsonl().read(path) == sentences
    bare = Jsonl(tags=None, heads=None, relations=None, tree=None)
    assert bare.read(path) == [sentence.unlabelled() for sentence in sentences]
    assert b"tree" not in written(sentences, bare)


def test_several_roots_may_be_meant(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"tokens": ["a", "b"], "heads": [0, 0]}', encoding="utf-8")
    with pytest.raises(DataError, match=r"x\.jsonl:1: expected one root, but the words 1, 2"):
        Jsonl().read(path)
    assert Jsonl(single_root=False).read(path)[0].heads == (0, 0)


def test_objects_are_read_with_or_without_tags(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"id": 1, "tokens": ["to", "New", "York"], "tags": ["O", null, "I-LOC"]}\r\n'
        b"\n"
        b'{"tokens": ["no", "tags"]}\n'
        b'{"tokens": ["none"], "tags": null}'
    )
    first, second, third = Jsonl().read(path)
    assert first == Sentence(("to", "New", "York"), ("O", None, "I-LOC"))
    assert second == Sentence(("no", "tags"))
    assert third == Sentence(("none",))
    assert [first.origin, second.origin] == [f"{path}:1", f"{path}:3"]


def test_keys_can_be_named(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"words": ["Ann"], "ner": ["I-PER"]}', encoding="utf-8")
    assert Jsonl(words="words", tags="ner").read(path) == [Sentence(("Ann",), ("B-PER",))]
    assert Jsonl(words="words", tags=None).read(path) == [Sentence(("Ann",))]


def test_tags_are_written_in_the_scheme_asked_for():
    sentences = [Sentence(("Ann", "Lee"), ("B-PER", "I-PER")), Sentence(("é",))]
    assert written(sentences, Jsonl(scheme="bioes")).decode() == (
        '{"tokens": ["Ann", "Lee"], "tags": ["B-PER", "E-PER"]}\n{"tokens": ["é"]}\n'
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"tokens": ["a"]', "no valid JSON: Expecting ',' delimiter at column 17"),
        ("tokens", "no valid JSON: Expecting value at column 1"),
        ('["a"]', 'expected an object {"tokens": [...]}, found ["a"]'),
        ('{"words": ["a"]}', "expected the key 'tokens', found [\"words\"]"),
        ('{"tokens": "a b"}', "'tokens' must be a list of strings, found \"a b\""),
        ('{"tokens": ["a", 1]}', "'tokens' must be a list of strings, found [\"a\", 1]"),
        ('{"tokens": []}', "'tokens' is empty; a sentence has one word at least"),
        ('{"tokens": ["a", ""]}', "word 2 of 'tokens' is empty"),
        ('{"tokens": ["a"], "tags": "O"}', "'tags' must be a list of strings, null where unknown"),
        ('{"tokens": ["a"], "tags": [0]}', "'tags' must be a list of strings, null where unknown"),
        ('{"tokens": ["a"], "tags": [""]}', "'tags' must be a list of strings, null where unknown"),
        ('{"tokens": ["a"], "tags": ["O", "O"]}', "1 words but 2 'tags'; expected one a word"),
        ('{"tokens": ["a"], "tags": ["PER"]}', "word 1 ('a'): the tag 'PER' fits no scheme"),
        ('{"tokens": ["\\ud83d"]}', "surrogates not allowed"),
        (
            '{"tokens": ["a"], "heads": [2]}',
            "'heads' must be a list of numbers from 0, the root, to 1",
        ),
        ('{"tokens": ["a"], "heads": [true]}', "'heads' must be a list of numbers"),
        ('{"tokens": ["a", "b"], "heads": [2, 1]}', "the words 1 → 2 → 1 depend on each other"),
        ('{"tokens": ["a"], "relations": ["x", "y"]}', "1 words but 2 'relations'"),
        ('{"tokens": ["a"], "tree": 1}', "'tree' must be a tree in brackets, found 1"),
        ('{"tokens": ["a"], "tree": "(S (X a)"}', "expected one tree whose brackets match"),
        (
            '{"tokens": ["a"], "tree": "(S (X b))"}',
            "word 1 is 'b' in the tree, 'a' in the sentence",
        ),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, message):
    path = tmp_path / "x.jsonl"
    path.write_text(f'{{"tokens": ["fine"]}}\n{line}\n', encoding="utf-8")
    with pytest.raises(DataError) as caught:
        Jsonl().read(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert message in str(caught.value)


def test_a_long_wrong_value_is_cut_short(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(f'{{"tokens": "{"a" * 1000}"}}', encoding="utf-8")
    with pytest.raises(DataError, match=r"a…$"):
        Jsonl().read(path)


def test_an_unknown_scheme_is_refused():
    with pytest.raises(RecipeError, match="unknown scheme 'bios'"):
        Jsonl(scheme="bios")

"""Files of sentences with several annotations."""

import json

import pytest

from structdistill.data.annotated import Annotated, is_complete, read_annotations
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError

WORDS = ("Ann", "Lee", "left")
PERSON, OTHER = ("B-PER", "I-PER", "O"), ("O", "O", "O")


def written(folder, *records):
    """A file with these lines."""
    path = folder / "told.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def line(*annotations, **more):
    return {"tokens": WORDS, "annotations": annotations, **more}


def read(folder, *records, layer="tags", scheme="auto"):
    return read_annotations(written(folder, *records), layer=layer, scheme=scheme)


def test_weights_are_probabilities(tmp_path):
    (found,) = read(
        tmp_path, line({"tags": PERSON, "weight": 3}, {"tags": OTHER, "weight": 1}, id=7)
    )
    assert found.sentence == Sentence(WORDS)
    assert found.sentence.origin == f"{tmp_path}/told.jsonl:1"
    assert [s.tags for s in found.annotations] == [PERSON, OTHER]
    assert found.weights == (0.75, 0.25)


def test_without_weights_all_count_alike_and_the_same_ones_are_one(tmp_path):
    bioes = ("B-PER", "E-PER", "O")
    (found,) = read(tmp_path, line({"tags": OTHER}, {"tags": PERSON}, {"tags": bioes}))
    assert [s.tags for s in found.annotations] == [OTHER, PERSON]
    assert found.weights == (1 / 3, 2 / 3)


def test_what_weighs_nothing_is_not_there(tmp_path):
    (found,) = read(tmp_path, line({"tags": OTHER, "weight": 0}, {"tags": PERSON, "weight": 0.2}))
    assert [s.tags for s in found.annotations] == [PERSON]
    assert found.weights == (1.0,)


def test_a_plain_line_is_one_annotation_and_spans_are_tags(tmp_path):
    spans = [{"start": 0, "end": 2, "label": "PER", "text": "Ann Lee"}]
    found = read(
        tmp_path,
        {"tokens": WORDS, "tags": PERSON, "confidences": [1, 1, 1]},
        {"tokens": WORDS, "spans": spans},
        line({"spans": spans}, {"spans": []}),
    )
    assert [[s.tags for s in each.annotations] for each in found] == [
        *([PERSON], [PERSON]),
        [PERSON, OTHER],
    ]


def test_other_layers_are_read_where_they_are_asked_for(tmp_path):
    tree = {"tree": "( S (NNP Ann) (NNP Lee)  (VBD left))", "tags": OTHER}
    heads = {"heads": [2, 3, 0], "relations": ["flat", "nsubj", "root"]}
    (found,) = read(tmp_path, line({**tree, **heads}), layer="tree")
    assert found.annotations[0].tree == "(S (NNP Ann) (NNP Lee) (VBD left))"
    assert found.annotations[0].heads is found.annotations[0].tags is None
    (found,) = read(tmp_path, line({**tree, **heads}), layer="heads")
    assert found.annotations[0].heads == (2, 3, 0)
    assert found.annotations[0].relations == ("flat", "nsubj", "root")


def test_tags_that_are_no_segments_are_said_to_be_plain(tmp_path):
    tags = ("NNP", "NNP", "VBD")
    (found,) = read(tmp_path, line({"tags": tags}), scheme="plain")
    assert found.annotations[0].tags == tags
    with pytest.raises(DataError, match=r"told.jsonl:1: word 1 \('Ann'\): the tag 'NNP' fits no"):
        read(tmp_path, line({"tags": tags}))


def test_a_layer_is_complete_where_nothing_is_unknown():
    assert is_complete(Sentence(WORDS, PERSON), layer="tags")
    assert not is_complete(Sentence(WORDS, ("O", None, "O")), layer="tags")
    assert not is_complete(Sentence(WORDS, heads=(2, 0, 2)), layer="heads")
    assert is_complete(Sentence(WORDS, tree="(S ...)"), layer="tree")


def test_pooled_annotations_keep_their_order():
    told, other = Sentence(WORDS, PERSON), Sentence(WORDS, OTHER)
    assert Annotated.pool([(told, 1), (other, 2), (told, 1)]) == Annotated(
        Sentence(WORDS), (told, other), (0.5, 0.5)
    )


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"tokens": WORDS}, "expected 'tags' for all words, found none or null; complete the"),
        (line(), "'annotations' must be a list of one object or more; annotate the sentence"),
        (line({"tags": OTHER}, {"tags": ["O"]}), "annotation 2: 3 words but 1 'tags'; expected on"),
        (line({"tags": ["O", None, "O"]}), "annotation 1: expected 'tags' for all words, found"),
        (line({"tag": OTHER}), "annotation 1: unknown key 'tag'. Did you mean 'tags'? Known: hea"),
        (line("O"), """annotation 1: expected an object such as {"tags": [...]}, found 'O'"""),
        (line({"tags": OTHER, "weight": -1}), "annotation 1: 'weight' must be a number from 0 on,"),
        (line({"tags": OTHER, "weight": float("nan")}), "must be a number from 0 on, found nan"),
        (line({"tags": OTHER, "weight": True}), "must be a number from 0 on, found True; correct"),
        (line({"tags": OTHER, "weight": 0}), "all weights are 0; give a positive one to an annot"),
        (
            line({"tags": OTHER, "weight": 1}, {"tags": PERSON}),
            "1 of 2 annotations have a weight; give one to all, or to none",
        ),
        (
            line({"spans": [{"start": 0, "end": 2, "label": "A"}, {"start": 1, "end": 3}]}),
            "annotation 1: 'spans' must be a list of objects with start, end and label, for words[",
        ),
        (line({"spans": [{"start": 2, "end": 4, "label": "A"}]}), "of 3 words without overlap; f"),
        ({"annotations": [{"tags": []}]}, "annotation 1: expected the key 'tokens', found"),
        ([], "expected an object"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path, record, message):
    with pytest.raises(DataError) as caught:
        read(tmp_path, {"tokens": WORDS, "tags": OTHER}, record)
    assert str(caught.value).startswith(f"{tmp_path}/told.jsonl:2: ")
    assert message in str(caught.value)


def test_trees_need_heads_and_relations(tmp_path):
    with pytest.raises(DataError, match="expected 'heads' and 'relations' for all words"):
        read(tmp_path, line({"heads": [2, 3, 0]}), layer="heads")


def test_an_empty_file_is_told(tmp_path):
    with pytest.raises(DataError, match="expected at least one sentence, found none"):
        read(tmp_path)

import json

import pytest

from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError

PLACES = Labels(("O", "B-LOC", "I-LOC"))


def test_collected_labels_are_sorted_with_o_first_and_complete():
    sentences = [
        Sentence(("a", "b"), ("B-PER", None)),
        Sentence(("c",)),
        Sentence(("d", "e"), (None, "I-LOC")),
    ]
    assert Labels.collect(sentences).names == ("O", "B-LOC", "B-PER", "I-LOC", "I-PER")


def test_plain_tags_are_collected_as_they_are():
    assert Labels.collect([Sentence(("a", "b", "c"), ("VB", "DT", "NN"))]).names == (
        "DT",
        "NN",
        "VB",
    )


def test_the_order_of_sentences_does_not_matter():
    sentences = [Sentence(("a",), (tag,)) for tag in ("B-X", "O", "B-A", "B-M")]
    assert Labels.collect(sentences) == Labels.collect(reversed(sentences))


def test_labels_survive_json():
    assert Labels(tuple(json.loads(json.dumps(PLACES.names)))) == PLACES


def test_encode_gives_indices_and_minus_one_for_unknown_tags():
    sentence = Sentence(("to", "New", "York", "?"), ("O", "B-LOC", "I-LOC", None))
    assert PLACES.encode(sentence) == [0, 1, 2, -1]
    assert PLACES.encode(sentence.unlabelled()) == [-1] * 4
    assert len(PLACES) == 3


def test_a_label_that_training_lacks_is_named_with_its_place_and_the_nearest():
    sentence = Sentence(("to", "York"), ("O", "B-LCO"), origin="dev.txt:5-6")
    with pytest.raises(DataError) as caught:
        PLACES.encode(sentence)
    message = str(caught.value)
    assert message.startswith("dev.txt:6: word 2 ('York'): the tag 'B-LCO' is not among the labels")
    assert "Did you mean 'B-LOC'? Known: B-LOC, I-LOC, O" in message
    assert "train on sentences that have it" in message


def test_index_refuses_an_unknown_tag():
    assert PLACES.index("I-LOC") == 2
    with pytest.raises(DataError, match="'B-PER' is not among the labels"):
        PLACES.index("B-PER")


def test_order_in_aligns_by_name():
    other = Labels(("I-LOC", "O", "B-PER", "B-LOC"))
    assert PLACES.order_in(other) == [1, 3, 0]
    assert [other.names[index] for index in PLACES.order_in(other)] == list(PLACES.names)


def test_order_in_refuses_others_that_lack_a_label():
    with pytest.raises(DataError, match="'B-LOC' is not among the labels"):
        PLACES.order_in(Labels(("O", "B-PER")))


def test_labels_in_another_order_are_the_same():
    PLACES.check_same(Labels(("I-LOC", "B-LOC", "O")))


def test_labels_that_differ_are_listed_side_by_side():
    teacher = Labels(("O", "B-LOC", "B-PER", "B-ORG"))
    assert PLACES.difference(teacher) == (["I-LOC"], ["B-PER", "B-ORG"])
    with pytest.raises(
        DataError, match="only the student has: I-LOC; only the teacher has: B-PER, B-ORG"
    ):
        PLACES.check_same(teacher)
    with pytest.raises(DataError, match="only the student has: none; only the teacher has: B-PER"):
        PLACES.check_same(Labels(("O", "B-LOC", "I-LOC", "B-PER")))


def test_without_annotation_there_is_nothing_to_collect():
    with pytest.raises(DataError, match="no word has a tag"):
        Labels.collect([Sentence(("a",)), Sentence(("b",), (None,))])


@pytest.mark.parametrize("names", [(), ("O", "B-A", "O")])
def test_labels_are_distinct_and_not_none(names):
    with pytest.raises(ValueError, match="one or more, each once"):
        Labels(names)

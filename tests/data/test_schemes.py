import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from structdistill.data.schemes import (
    check_name,
    detect,
    from_iob2,
    normalise,
    spans,
    to_iob2,
)
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RecipeError

# "Ann Lee Bob Kim 's IBM": two people in a row, then a company.
SAME = {
    "iob1": "I-PER I-PER B-PER I-PER O I-ORG",
    "iob2": "B-PER I-PER B-PER I-PER O B-ORG",
    "bioes": "B-PER E-PER B-PER E-PER O S-ORG",
    "bilou": "B-PER L-PER B-PER L-PER O U-ORG",
}


def corpus(*rows: str) -> list[Sentence]:
    """One sentence a row of tags, its words w1, w2, ..."""
    return [
        Sentence(
            tuple(f"w{position + 1}" for position in range(len(row.split()))),
            tuple(row.split()),
            origin=f"x.txt:{10 * number}-{10 * number + len(row.split()) - 1}",
        )
        for number, row in enumerate(rows, start=1)
    ]


@st.composite
def iob2(draw: st.DrawFn, unknown: bool = False) -> tuple[str | None, ...]:
    """Legal IOB2 tags of a sentence, some of them unknown if asked for."""
    pieces = draw(
        st.lists(st.tuples(st.sampled_from(["O", "A", "B-C"]), st.integers(1, 3)), min_size=1)
    )
    tags: list[str | None] = []
    for label, size in pieces:
        tags += [label] if label == "O" else [f"B-{label}", *[f"I-{label}"] * (size - 1)]
    hidden = draw(st.lists(st.booleans(), min_size=len(tags), max_size=len(tags)))
    return tuple(None if unknown and hide else tag for tag, hide in zip(tags, hidden, strict=True))


@pytest.mark.parametrize("scheme", SAME)
def test_every_scheme_reads_to_the_same_iob2(scheme):
    assert " ".join(map(str, to_iob2(SAME[scheme].split()))) == SAME["iob2"]


@pytest.mark.parametrize("scheme", SAME)
def test_iob2_is_written_in_every_scheme(scheme):
    assert " ".join(map(str, from_iob2(SAME["iob2"].split(), scheme))) == SAME[scheme]


@pytest.mark.parametrize("scheme", SAME)
def test_every_scheme_is_detected_from_a_whole_file(scheme):
    assert detect(corpus("O O", SAME[scheme], "O")) == scheme


@settings(derandomize=True, deadline=None)
@given(tags=iob2(unknown=True), scheme=st.sampled_from([*SAME, "auto", "plain"]))
def test_what_is_written_in_a_scheme_reads_back(tags, scheme):
    assert to_iob2(from_iob2(tags, scheme)) == tags


@settings(derandomize=True, deadline=None)
@given(tags=iob2(), scheme=st.sampled_from(list(SAME)))
def test_spans_equal_seqevals_in_every_scheme(tags, scheme):
    expected = [(start, end + 1, label) for label, start, end in get_entities(list(tags))]
    assert spans(from_iob2(tags, scheme)) == expected


def test_a_stray_continuation_begins_a_segment_as_in_conlleval():
    assert to_iob2(["O", "I-A", "I-B", "I-B", "E-B", "I-B"]) == (
        "O",
        "B-A",
        "B-B",
        "I-B",
        "I-B",
        "B-B",
    )


def test_a_continuation_after_an_unknown_tag_stays_one():
    assert to_iob2([None, "I-A", "E-A", None, "B-A"]) == (None, "I-A", "I-A", None, "B-A")


def test_spans_are_half_open():
    assert spans(["B-A", "I-A", "O", "B-A", "B-B"]) == [(0, 2, "A"), (3, 4, "A"), (4, 5, "B")]
    assert spans(["O"]) == []


def test_iob1_needs_no_adjacent_segments_to_be_detected():
    assert detect(corpus("I-PER I-PER O", "O I-LOC I-ORG")) == "iob1"


def test_what_is_legal_neither_as_iob1_nor_as_iob2_counts_as_iob2():
    assert detect(corpus("B-PER I-PER", "I-LOC O")) == "iob2"


def test_a_file_without_segments_is_iob2():
    assert detect(corpus("O O")) == "iob2"


def test_a_single_end_of_segment_settles_the_scheme():
    assert detect(corpus("B-A I-A I-A", "B-A L-A")) == "bilou"
    assert detect(corpus("B-A I-A I-A", "B-A E-A")) == "bioes"


def test_plain_tags_stay_as_they_are():
    sentences = corpus("DT NN VBZ", "S-X I-Y")
    assert normalise(sentences, "plain") == sentences


def test_normalise_reads_each_sentence_and_leaves_those_without_tags():
    bare = Sentence(("w",))
    tagged, untouched = normalise([*corpus(SAME["iob1"]), bare], "auto")
    assert tagged.tags == tuple(SAME["iob2"].split())
    assert untouched == bare


@pytest.mark.parametrize("tag", ["PER", "X-PER", "B", "B-", "b-PER", "BPER", "", "-", "O-PER"])
def test_a_tag_of_no_scheme_is_named_with_its_place_and_a_remedy(tag):
    sentence = Sentence(("a", "b"), ("O", tag), origin="x.txt:7-8")
    with pytest.raises(DataError) as caught:
        normalise([sentence], "auto")
    message = str(caught.value)
    assert message.startswith(f"x.txt:8: word 2 ('b'): the tag {tag!r} fits no scheme (expected O")
    assert 'scheme = "plain"' in message


def test_a_mixture_of_schemes_is_an_error_where_the_second_begins():
    with pytest.raises(DataError, match=r"x.txt:21: .*'U-A' fits no scheme together with the tags"):
        detect(corpus("S-A O", "O U-A"))


def test_a_tag_must_fit_the_scheme_that_is_stated():
    with pytest.raises(DataError, match=r"x.txt:11: .*'S-A' fits not iob2 \(expected O, B-LABEL"):
        normalise(corpus("O S-A"), "iob2")


def test_tags_that_are_no_segments_have_no_spans():
    with pytest.raises(DataError, match="'NN' fits no scheme"):
        spans(["DT", "NN"][1:])


def test_an_unknown_scheme_lists_the_known_ones():
    with pytest.raises(RecipeError, match=r"unknown scheme 'bio'. Known: .*iob2 \(BIO\)"):
        check_name("bio")

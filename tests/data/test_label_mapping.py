"""Names of a teacher's labels and of its student's."""

import pytest

from structdistill.data.label_mapping import LabelMapping, renamed_tag, segment_types
from structdistill.errors import RecipeError

OURS = ("LOC", "ORG", "PER")


def test_labels_go_by_the_mapping_then_by_name_then_to_the_rest() -> None:
    mapping = LabelMapping(mapping={"company": "ORG", "person": "PER", "*": "O"})
    found = mapping.names([("company", "LOC", "person", "date")], OURS, outside=True)
    assert found == [{"company": "ORG", "LOC": "LOC", "person": "PER", "date": "O"}]
    assert mapping
    assert not LabelMapping()


def test_a_label_that_the_data_lack_is_kept_if_the_mapping_says_so() -> None:
    mapping = LabelMapping(mapping={"date": "date"})
    assert mapping.names([(*OURS, "date")], OURS, outside=True)[0]["date"] == "date"


def test_all_that_does_not_match_is_listed() -> None:
    mapping = LabelMapping(
        mapping={"persn": "PER", "company": "ORGG"}, untaught=("PER", "city", "LOC")
    )
    with pytest.raises(RecipeError) as error:
        mapping.names([("person", "company"), ("company", "PER")], OURS, outside=True)
    assert str(error.value).splitlines() == [
        "the labels of teacher and data do not match:",
        "  the teacher has no 'persn'. Did you mean 'person'? Known: PER, company, person",
        "  'company' becomes 'ORGG', which the data do not have. Did you mean 'ORG'? Known: LOC, "
        "ORG, PER",
        "  only the teacher has: person. Say in labels.mapping which of the data's labels each "
        'becomes (LOC, ORG, PER), or "*" = "O" to forget all of them',
        "  only the student has: ORG. Say in labels.mapping what of the teacher becomes it, or "
        "list it in labels.untaught",
        "  labels.untaught has 'city', which the teacher knows or the data do not have. Known: "
        "LOC, ORG, PER",
    ]


def test_what_is_no_segment_cannot_become_nothing() -> None:
    with pytest.raises(RecipeError, match="'obl' becomes 'O', which the data do not have"):
        LabelMapping(mapping={"obl": "O"}).names([("obl", "nsubj")], ("nsubj",), outside=False)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("O", "O"),
        ("B-person", "B-PER"),
        ("S-person", "B-PER"),
        ("U-person", "B-PER"),
        ("E-person", "I-PER"),
        ("L-person", "I-PER"),
        ("I-person", "I-PER"),
        ("I-date", "O"),
        ("B-creative-work", "B-creative-work"),
    ],
)
def test_tags_of_any_scheme_become_iob2(tag: str, expected: str) -> None:
    assert renamed_tag(tag, {"person": "PER", "date": "O"}) == expected


def test_types_are_of_tags_that_mark_segments() -> None:
    assert segment_types(("O", "B-PER", "E-PER", "S-LOC")) == ("PER", "LOC")
    assert segment_types(("NN", "VB")) is None

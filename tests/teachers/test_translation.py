"""Teachers whose labels are others than their student's."""

import pytest
import torch

from structdistill.data.label_mapping import LabelMapping
from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RecipeError
from structdistill.structures import (
    Independent,
    LinearChain,
    NonProjectiveTree,
    SemiMarkov,
    expected_parts,
)
from structdistill.structures.merged import Merged
from structdistill.tasks.constituency import Constituency
from structdistill.tasks.dependency import Dependency
from structdistill.tasks.segmentation import Segmentation
from structdistill.tasks.tagging import Tagging
from structdistill.teachers.translation import translations

BIO = Labels(("O", "B-LOC", "B-PER", "I-LOC", "I-PER"))
BIOES = Labels(tuple(["O", *(f"{prefix}-{kind}" for kind in ("PER", "LOC") for prefix in "BIES")]))
MORE = Labels(
    tuple(["O", *(f"{p}-{kind}" for p in "BI" for kind in ("city", "date", "land", "person"))])
)
MAPPING = LabelMapping(mapping={"city": "LOC", "land": "LOC", "person": "PER", "date": "O"})
LENGTHS = torch.tensor([4])


def sure(labels: Labels, tags: tuple[str, ...], *, chain: bool = False):
    """Is sure of the tags of one sentence."""
    emissions = torch.full((1, len(tags), len(labels)), -50.0)
    for word, tag in enumerate(tags):
        emissions[0, word, labels.index(tag)] = 0
    lengths = torch.tensor([len(tags)])
    if chain:
        transitions = torch.zeros(len(labels), len(labels))
        return LinearChain(emissions=emissions, transitions=transitions, lengths=lengths)
    return Independent(emissions=emissions, lengths=lengths)


def tags_of(parts: torch.Tensor, labels: Labels) -> list[str]:
    return [labels.names[index] for index in parts[0].argmax(-1).tolist()]


@pytest.mark.parametrize("chain", [False, True])
@pytest.mark.parametrize("task", [Tagging, Segmentation])
def test_bioes_teaches_bio(task, chain: bool) -> None:
    labels, (translation,) = translations(task, LabelMapping(), own=BIO, theirs=[BIOES])
    assert set(labels.names) == set(BIO.names)
    tags = ("B-PER", "E-PER", "O", "S-LOC")
    theirs = translation.distribution(sure(BIOES, tags, chain=chain))
    like = Independent(emissions=torch.zeros(1, 4, 5), lengths=LENGTHS)
    expected = ("B-PER", "I-PER", "O", "B-LOC")
    if task is Segmentation:
        segments = SemiMarkov(
            segments=torch.zeros(1, 4, 3, 3), transitions=torch.zeros(3, 3), lengths=LENGTHS
        )
        found = expected_parts(theirs, like=segments)["segments"]
        gold = Segmentation(labels).encode([Sentence(("a", "b", "c", "d"), expected)], segments)
        torch.testing.assert_close(found, gold["segments"], atol=1e-5, rtol=0)
    else:
        found = expected_parts(theirs, like=like)["emissions"]
        assert tags_of(found, labels) == list(expected)
        assert isinstance(theirs, Merged if chain else Independent)
    sentence = Sentence(("a", "b", "c", "d"), tags)
    assert translation.sentence(sentence).tags == expected


@pytest.mark.parametrize("chain", [False, True])
@pytest.mark.parametrize("task", [Tagging, Segmentation])
def test_types_are_renamed_merged_and_forgotten(task, chain: bool) -> None:
    labels, (translation,) = translations(task, MAPPING, own=BIO, theirs=[MORE])
    assert labels == BIO
    tags = ("B-city", "I-city", "B-land", "B-date", "I-date", "B-person")
    theirs = translation.distribution(sure(MORE, tags, chain=chain))
    expected = ("B-LOC", "I-LOC", "B-LOC", "O", "O", "B-PER")
    lengths = torch.tensor([6])
    if task is Segmentation:
        like = SemiMarkov(
            segments=torch.zeros(1, 6, 2, 3), transitions=torch.zeros(3, 3), lengths=lengths
        )
        found = expected_parts(theirs, like=like)["segments"]
        gold = Segmentation(labels).encode([Sentence(tuple("abcdef"), expected)], like)
        torch.testing.assert_close(found, gold["segments"], atol=1e-5, rtol=0)
    else:
        found = theirs.argmax()["emissions"]
        assert tags_of(found, labels) == list(expected)
    assert translation.sentence(Sentence(tuple("abcdef"), tags)).tags == expected


def test_segments_teach_tags_under_other_names() -> None:
    _, (translation,) = translations(Tagging, MAPPING, own=BIO, theirs=[MORE])
    segments = torch.full((1, 4, 2, 5), -50.0)
    segments[0, 0, 1, 2] = 0  # a date of two words
    segments[0, 2, 0, 1] = segments[0, 3, 0, 3] = 0  # a city, a land
    theirs = SemiMarkov(segments=segments, transitions=torch.zeros(5, 5), lengths=LENGTHS)
    like = LinearChain(
        emissions=torch.zeros(1, 4, 5), transitions=torch.zeros(5, 5), lengths=LENGTHS
    )
    told = translation.distribution(theirs)
    found = tags_of(expected_parts(told, like=like)["emissions"], BIO)
    assert found == ["O", "O", "B-LOC", "B-LOC"]
    assert tags_of(expected_parts(told.best(1), like=like)["emissions"], BIO) == found


def test_relations_are_renamed_and_merged() -> None:
    own, theirs = Labels(("nsubj", "obj")), Labels(("nsubj", "nsubj:pass", "dobj"))
    mapping = LabelMapping(mapping={"nsubj:pass": "nsubj", "dobj": "obj"})
    labels, (translation,) = translations(Dependency, mapping, own=own, theirs=[theirs])
    assert labels == own
    tree = NonProjectiveTree(arcs=torch.randn(1, 4, 4, 3), lengths=torch.tensor([3]))
    told = translation.distribution(tree)
    assert isinstance(told, NonProjectiveTree)
    before, after = tree.marginals()["arcs"], told.marginals()["arcs"]
    torch.testing.assert_close(after[..., 0], before[..., :2].sum(-1))
    sentence = Sentence(("a", "b"), heads=(2, 0), relations=("nsubj:pass", "dobj"))
    assert translation.sentence(sentence).relations == ("nsubj", "obj")


def test_several_teachers_have_the_same_labels_or_a_mapping() -> None:
    other = Labels(("O", "B-PER", "I-PER", "B-LOC", "I-LOC"))
    labels, found = translations(Tagging, LabelMapping(), own=BIO, theirs=[BIO, other])
    assert labels == BIO
    tags = ("B-PER", "I-PER", "O", "B-LOC")
    told = [t.distribution(sure(n, tags)) for t, n in zip(found, (BIO, other), strict=True)]
    for each in told:
        assert tags_of(each.argmax()["emissions"], BIO) == list(tags)
    with pytest.raises(RecipeError, match="only the teacher has: city, date, land, person"):
        translations(Tagging, LabelMapping(), own=BIO, theirs=[BIO, MORE])
    assert translations(Tagging, MAPPING, own=BIO, theirs=[BIO, MORE])[0] == BIO


SCHEMED = Labels(("O", "B-LOC", "I-LOC", "E-LOC", "S-LOC"))
NOUNS = (Labels(("()", "NP", "NN *")), Labels(("()", "NX", "NN *")))


@pytest.mark.parametrize(
    ("task", "mapping", "own", "theirs", "message"),
    [
        (Tagging, {}, SCHEMED, BIO, "only the student has: E-LOC, S-LOC"),
        (Tagging, {"PER": "LOC"}, SCHEMED, BIO, "the data have E-LOC, S-LOC: have them read as"),
        (
            Tagging,
            {"PER": "NN", "LOC": "NN"},
            Labels(("NN",)),
            BIO,
            "only the tags of the teacher mark segments",
        ),
        (Constituency, {"NX": "NP"}, *NOUNS, "labels of constituents cannot be mapped"),
    ],
)
def test_what_cannot_be_mapped_is_refused(task, mapping, own, theirs, message) -> None:
    with pytest.raises((DataError, RecipeError), match=message):
        translations(task, LabelMapping(mapping=mapping), own=own, theirs=[theirs])


def test_tags_of_a_scheme_stay_where_the_data_have_them() -> None:
    labels, (translation,) = translations(Tagging, LabelMapping(), own=BIOES, theirs=[BIOES])
    assert labels == BIOES
    assert not translation.maps

"""Segments, between sentences and parts."""

import pytest
import torch

from structdistill.data.labels import Labels
from structdistill.data.segments import SegmentLabels
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RecipeError
from structdistill.models.heads import SegmentHead
from structdistill.objectives import NLL
from structdistill.structures import SemiMarkov
from structdistill.tasks.segmentation import Segmentation
from structdistill.tasks.tagging import Tagging
from tests.structures import test_semi_markov

LABELS = ("O", "B-X", "B-Y", "I-X", "I-Y")
TASK = Segmentation(Labels(LABELS))


def sentence(tags: str, origin: str = "") -> Sentence:
    """A sentence of `a b c …` with the tags in a text; `?` is an unknown one."""
    known = tuple(None if tag == "?" else tag for tag in tags.split())
    return Sentence(tuple("abcdefghijklmnop"[: len(known)]), known, origin=origin)


def structure_of(sentences: list[Sentence], longest: int = 3) -> SemiMarkov:
    """What an untrained head makes of some vectors of the words."""
    lengths = torch.tensor([len(s) for s in sentences])
    head = SegmentHead(width=4, longest=longest, **SegmentHead.sizes(LABELS)).double()
    words = torch.randn(len(sentences), int(lengths.max()), 4).double()
    structure = head(words, lengths).detach()
    assert isinstance(structure, SemiMarkov)
    return structure


# Sentences ↔ parts


def test_decode_gives_back_what_was_encoded() -> None:
    sentences = [sentence("B-X I-X O B-Y"), sentence("O"), sentence("B-X B-X I-X I-X B-Y")]
    structure = structure_of(sentences)
    gold = TASK.encode(sentences, structure)
    assert gold["segments"].nonzero().tolist() == [
        *([0, 0, 1, 1], [0, 2, 0, 0], [0, 3, 0, 2]),
        [1, 0, 0, 0],
        *([2, 0, 0, 1], [2, 1, 2, 1], [2, 4, 0, 2]),
    ]
    assert gold["transitions"][2].nonzero().tolist() == [[1, 1], [1, 2]]
    certain = SemiMarkov(
        segments=structure.potentials["segments"] + 100 * gold["segments"],
        transitions=structure.potentials["transitions"],
        lengths=structure.lengths,
    )
    assert TASK.decode([s.unlabelled() for s in sentences], certain) == sentences


def test_every_segmentation_goes_through_its_tags() -> None:
    for segments in test_semi_markov.segmentations(4, 4, 3):
        found = [s for s in segments if s[2] > 0 or s[1] == s[0] + 1]
        if len(found) == len(segments):
            tags = TASK.segments.decode(segments, 4)
            assert sorted(TASK.segments.encode(Sentence(tuple("abcd"), tags))) == sorted(segments)


@pytest.mark.parametrize(
    ("tags", "segments"),
    [
        ("B-X ? O", [(2, 3, 0)]),  # may go on
        ("B-X ? I-X O", [(3, 4, 0)]),  # may have begun anywhere
        ("? B-X I-X O", [(1, 3, 1), (3, 4, 0)]),
        ("O ?", [(0, 1, 0)]),
        ("B-X B-Y ?", [(0, 1, 1)]),
        ("? ?", []),
        ("I-X I-X B-Y", [(0, 2, 1), (2, 3, 2)]),  # a stray I begins one
    ],
)
def test_segments_whose_ends_are_unknown_have_no_parts(
    tags: str, segments: list[tuple[int, int, int]]
) -> None:
    assert sorted(TASK.segments.encode(sentence(tags))) == segments


def test_what_is_not_annotated_costs_nothing() -> None:
    sentences = [sentence("O B-X O").unlabelled(), sentence("O ? ?"), sentence("O O O")]
    structure = structure_of(sentences)
    gold = TASK.encode(sentences, structure)
    value = NLL()(structure, gold=gold)
    torch.testing.assert_close(value[0], torch.zeros_like(value[0]), rtol=0, atol=1e-12)
    assert value[1] > 0
    torch.testing.assert_close(
        value[2], -structure[2].log_prob({n: p[2:] for n, p in gold.items()})[0] / 3
    )


# Limits and mistakes


def test_a_segment_beyond_the_limit_is_an_error_with_its_line_and_a_remedy() -> None:
    sentences = [
        sentence("O B-X I-X", origin="train.txt:1-3"),
        sentence("O O B-Y I-Y I-Y I-Y", origin="train.txt:5-10"),
        sentence("B-X I-X I-X I-X I-X", origin="train.txt:12-16"),
    ]
    structure = structure_of(sentences)
    expected = (
        r"^train.txt:7: word 3 \('c'\): the segment that begins here has 4 words, but the limit "
        r"is 3; the longest has 5. Set model.head.longest=5, or correct the annotation$"
    )
    with pytest.raises(DataError, match=expected):
        TASK.check_trainable(sentences, structure)
    with pytest.raises(DataError, match=expected):
        TASK.encode(sentences, structure)
    TASK.check_trainable(sentences, structure_of(sentences, longest=5))


def test_gold_beyond_the_limit_counts_as_missed() -> None:
    gold = [sentence("B-X I-X I-X I-X O B-Y")]
    TASK.check(gold[0])
    score = TASK.score(gold, [sentence("O O O O O B-Y")])
    assert (score.name, score.values["recall"], score.values["precision"]) == ("F1", 50, 100)
    assert score.per_label["X"]["support"] == 1


def test_a_tag_that_is_no_label_is_an_error_with_its_place() -> None:
    wrong = sentence("O B-Z", origin="dev.txt:7-8")
    with pytest.raises(DataError, match=r"^dev.txt:8: word 2 \('b'\): the tag 'B-Z' is not among"):
        TASK.encode([wrong], structure_of([wrong]))


def test_tags_that_mark_no_segments_are_refused() -> None:
    plain = sentence("O NN", origin="train.txt:1-2")
    with pytest.raises(DataError, match=r"^train.txt:2: .*the tag 'NN' marks no segment .*column"):
        Segmentation.collect([plain])
    with pytest.raises(DataError, match="expected the tags of segments, O, B- of each type, and I"):
        Segmentation(Labels(("O", "B-X", "I-X", "B-Y", "I-Y")))
    with pytest.raises(DataError, match="no word has a tag"):
        Segmentation.collect([plain.unlabelled()])


# Scores and confidences


def test_scores_are_those_of_tagging() -> None:
    gold = [sentence("B-X I-X O B-Y"), sentence("O B-X ? B-Y")]
    found = [sentence("B-X O O B-Y"), sentence("B-Y B-X O O")]
    assert TASK.score(gold, found) == Tagging(TASK.labels).score(gold, found)
    assert TASK.agreement(gold[0], found[0]) == 0.75


def test_confidences_are_the_probability_of_all_segmentations_that_have_it() -> None:
    lengths = [4, 1, 3]
    bare = [sentence(" ".join("O" * length)).unlabelled() for length in lengths]
    structure = structure_of(bare)
    for row, prediction in enumerate(TASK.predict(bare, structure)):
        tags = prediction.sentence.tags or ()
        every = [
            segments
            for segments in test_semi_markov.segmentations(lengths[row], 3, 3)
            if all(label > 0 or end == start + 1 for start, end, label in segments)
        ]
        one = structure[[row] * len(every)]
        probability = one.log_prob(one.indicator(every)).exp()
        assert probability.sum().item() == pytest.approx(1)
        best = every[int(probability.argmax())]
        assert TASK.segments.decode(best, lengths[row]) == tags
        for span in prediction.spans:
            segment = (span.start, span.end, 1 + TASK.segments.types.index(span.label))
            having = torch.tensor([segment in segments for segments in every])
            assert span.confidence == pytest.approx(probability[having].sum().item())
        assert len(prediction.spans) == sum(label > 0 for _, _, label in best)
        told = [TASK.segments.decode(segments, lengths[row]) for segments in every]
        for word, confidence in enumerate(prediction.confidences):
            having = torch.tensor([other[word] == tags[word] for other in told])
            assert confidence == pytest.approx(probability[having].sum().item())


# Labels of teachers


def test_tags_of_any_order_and_scheme_teach_segments() -> None:
    names = ("I-Y", "B-Y", "O", "B-X", "I-X")
    assert Segmentation.learnt(Labels(names)).names == ("O", "B-Y", "B-X", "I-Y", "I-X")
    assert [names[i] for i in SegmentLabels.order(names)] == ["O", "B-Y", "B-X", "I-Y", "I-X"]
    closed = ("S-X", "E-X", "O", "I-X", "B-X")
    assert Segmentation.learnt(Labels(closed)).names == ("O", "B-X", "I-X")
    assert [closed[i] for i in SegmentLabels.order(closed)] == ["O", "B-X", "E-X", "I-X", "S-X"]
    assert Tagging.learnt(Labels(names)).names == names
    assert Tagging.order(Labels(names)) == [0, 1, 2, 3, 4]
    for wrong in (("O", "I-X"), ("DT", "NN"), ("B-X", "I-X"), ("O", "B-X", "I-X", "E-X")):
        with pytest.raises(
            RecipeError, match="learnt from a teacher whose tags are O, and B-LABEL"
        ):
            Segmentation.order(Labels(wrong))

"""Teachers whose labels come in another order."""

import pytest
import torch

from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError
from structdistill.structures import Independent, SemiMarkov, expected_parts
from structdistill.tasks.segmentation import Segmentation
from structdistill.tasks.tagging import Tagging
from structdistill.teachers.pairing import check_tasks, in_order

NAMES = ("I-PER", "O", "B-LOC", "B-PER", "I-LOC")
SENTENCES = [Sentence(("Ada", "Stone", "left", "Oslo"))]
TAGS = ("B-PER", "I-PER", "O", "B-LOC")


def teacher(sentences: list[Sentence]) -> Independent:
    """Is sure of the tags of the only sentence."""
    emissions = torch.full((1, 4, 5), -50.0)
    for word, tag in enumerate(TAGS):
        emissions[0, word, NAMES.index(tag)] = 0
    return Independent(emissions=emissions, lengths=torch.tensor([4]))


def test_tags_in_any_order_teach_the_segments_that_they_tell() -> None:
    labels = Segmentation.learnt(Labels(NAMES))
    task = Segmentation(labels)
    segments = SemiMarkov(
        segments=torch.zeros(1, 4, 3, 3),
        transitions=torch.zeros(3, 3),
        lengths=torch.tensor([4]),
    )
    ordered = in_order(teacher, Labels(NAMES), task)
    parts = expected_parts(ordered(SENTENCES), like=segments)
    gold = task.encode([Sentence(SENTENCES[0].words, TAGS)], segments)
    torch.testing.assert_close(parts["segments"], gold["segments"])


def test_a_teacher_in_order_is_left_alone() -> None:
    labels = Labels(NAMES)
    assert in_order(teacher, labels, Tagging(labels)) is teacher


def test_who_annotates_another_layer_is_no_teacher() -> None:
    check_tasks("runs/a", teacher="segmentation", student="tagging")
    with pytest.raises(
        RecipeError, match=r"^the teacher runs/a was made for constituency, but the"
    ):
        check_tasks("runs/a", teacher="constituency", student="segmentation")

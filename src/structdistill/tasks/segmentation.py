"""Segments: named entities, chunks, as wholes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import torch

from structdistill.data.labels import Labels
from structdistill.data.origin import error_at
from structdistill.data.segments import Segment, SegmentLabels
from structdistill.data.sentence import Sentence
from structdistill.structures import (
    Distribution,
    Independent,
    Parts,
    SemiMarkov,
    Structure,
    expected_parts,
)
from structdistill.structures.label_maps import LabelMaps
from structdistill.tasks.base import Prediction, Span
from structdistill.tasks.tag_layer import TagLayer


class Segmentation(TagLayer):
    """Labelled segments and the words outside; read from tags and written as tags.

    Args:
        labels: the tags, as `SegmentLabels` has them; what they tell are the structure's labels.

    Raises:
        DataError: these are no tags of segments.
    """

    def __init__(self, labels: Labels):
        super().__init__(labels)
        self.segments = SegmentLabels(labels.names)

    @classmethod
    def collect(cls, sentences: Iterable[Sentence]) -> Labels:
        return SegmentLabels.collect(sentences)

    @classmethod
    def learnt(cls, teacher: Labels) -> Labels:
        return SegmentLabels.learnt(teacher)

    @classmethod
    def order(cls, teacher: Labels) -> list[int]:
        return SegmentLabels.order(teacher.names)

    @classmethod
    def renaming(cls, theirs: Labels, ours: Labels, names: Mapping[str, str]) -> LabelMaps:
        """Tags of any scheme are read as the same segments, so only types count."""
        maps = super().renaming(theirs, ours, names)
        return {} if not maps or maps["segments"].identity else maps

    def check_trainable(self, sentences: Sequence[Sentence], structure: Structure) -> None:
        """Refuses sentences with a segment that is longer than the structure allows.

        Raises:
            DataError: names the first of them, and the length of the longest.
        """
        found = [(s, segment) for s in sentences for segment in self.segments.encode(s)]
        longest = max((_length(segment) for _, segment in found), default=0)
        for sentence, segment in found:
            if _length(segment) > _limit(structure):
                raise error_at(
                    sentence,
                    segment[0],
                    f"the segment that begins here has {_length(segment)} words, but the limit is "
                    f"{_limit(structure)}; the longest has {longest}. Set "
                    f"model.head.longest={longest}, or correct the annotation",
                )

    def encode(self, sentences: Sequence[Sentence], structure: Structure) -> Parts:
        assert isinstance(structure, SemiMarkov)
        for sentence in sentences:
            self.check(sentence)
        self.check_trainable(sentences, structure)
        return structure.indicator([self.segments.encode(sentence) for sentence in sentences])

    def decode(self, sentences: Sequence[Sentence], structure: Distribution) -> list[Sentence]:
        best = structure.argmax()["segments"]
        segments: list[list[Segment]] = [[] for _ in sentences]
        for row, start, width, label in best.nonzero().tolist():
            segments[row].append((start, start + width + 1, label))
        return [
            replace(sentence, tags=self.segments.decode(found, len(sentence)))
            for sentence, found in zip(sentences, segments, strict=True)
        ]

    def predict(self, sentences: Sequence[Sentence], structure: Structure) -> list[Prediction]:
        """The sentences with their most probable segments, and how sure those are.

        A word's confidence is the probability of its tag, a segment's that it is exactly there.
        """
        decoded = self.decode(sentences, structure)
        segments = structure.marginals()["segments"]
        shape = (*segments.shape[:2], len(self.labels))
        tags = Independent(emissions=segments.new_zeros(shape), lengths=structure.lengths)
        told = expected_parts(structure, like=tags)["emissions"]
        predictions = []
        for row, sentence in enumerate(decoded):
            index = torch.tensor(self.labels.encode(sentence), device=told.device)
            sure = told[row, : len(sentence)].gather(1, index[:, None])[:, 0]
            spans = [
                Span(start, end, self.segments.types[label - 1], probability)
                for start, end, label in self.segments.encode(sentence)
                if label > 0
                for probability in [min(1.0, float(segments[row, start, end - start - 1, label]))]
            ]
            predictions.append(Prediction(sentence, sure.clamp(max=1).tolist(), spans))
        return predictions


def _length(segment: Segment) -> int:
    return segment[1] - segment[0]


def _limit(structure: Structure) -> int:
    return structure.potentials["segments"].shape[2]

"""What is written as one tag a word: how it is read, and how it is judged."""

from abc import ABC
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import torch
from jaxtyping import Int
from seqeval.metrics.sequence_labeling import accuracy_score, precision_recall_fscore_support
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from structdistill.data.label_mapping import renamed_tag, segment_types
from structdistill.data.labels import UNKNOWN, Labels
from structdistill.data.schemes import spans, to_iob2
from structdistill.data.segments import SegmentLabels
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RecipeError
from structdistill.structures import Independent, Parts, Structure
from structdistill.structures.label_maps import LabelMap, LabelMaps
from structdistill.tasks.base import Counts, Prediction, Score, Task


class TagLayer(Task, ABC):
    """Annotation in the tags of sentences, whatever structure it has.

    Args:
        labels: the tags.
    """

    layer: ClassVar[str] = "tags"
    unannotated: ClassVar[str] = "no word has a tag"
    forgets: ClassVar[bool] = True
    outputs: ClassVar[Sequence[str]] = ("conll", "jsonl")

    @staticmethod
    def is_annotated(sentence: Sentence) -> bool:
        return any(tag is not None for tag in sentence.tags or ())

    @classmethod
    def nameable(cls, labels: Labels) -> tuple[str, ...]:
        """The types of segments, or the tags if they mark none."""
        types = segment_types(labels.names)
        return labels.names if types is None else types

    @classmethod
    def vocabulary(cls, own: Labels, names: Iterable[str]) -> Labels:
        types = segment_types(own.names)
        if types is None:
            return Labels(tuple(dict.fromkeys((*own.names, *names))))
        labels = SegmentLabels.of(name for name in (*types, *names) if name != "O")
        other, _ = own.difference(labels)
        if other:
            raise RecipeError(
                "labels are mapped to tags O, B-LABEL and I-LABEL; the data have "
                f"{', '.join(other)}: have them read as segments, data.format.scheme=auto"
            )
        return labels

    @classmethod
    def renaming(cls, theirs: Labels, ours: Labels, names: Mapping[str, str]) -> LabelMaps:
        before, after = (segment_types(labels.names) for labels in (theirs, ours))
        if (before is None) != (after is None):
            whose = "teacher" if after is None else "student"
            raise RecipeError(
                f"only the tags of the {whose} mark segments, so they cannot be mapped: the "
                f"teacher has {', '.join(theirs.names[:5])}, the student "
                f"{', '.join(ours.names[:5])}. Choose another teacher or data.format.scheme"
            )
        known = theirs.difference(ours)[0] == [] and all(names[name] == name for name in names)
        tags = tuple(
            ours.index(name if known else renamed_tag(name, names)) for name in theirs.names
        )
        maps = {"emissions": LabelMap(tags, len(ours))}
        if before is not None and after is not None:
            number = {name: label for label, name in enumerate(("O", *after))}
            types = (0, *(number[names[name]] for name in before))
            maps["segments"] = LabelMap(types, len(number))
        return {} if all(labels.identity for labels in maps.values()) else maps

    @classmethod
    def renamed(cls, sentence: Sentence, names: Mapping[str, str]) -> Sentence:
        if sentence.tags is None:
            return sentence
        tags = sentence.tags
        if segment_types([tag for tag in tags if tag is not None]) is not None:
            tags = to_iob2(tags)
        found = tuple(None if tag is None else renamed_tag(tag, names) for tag in tags)
        return replace(sentence, tags=found)

    def check(self, sentence: Sentence) -> None:
        self.labels.encode(sentence)

    def indicators(self, sentences: Sequence[Sentence]) -> tuple[Structure, Parts]:
        """The tags, independently: segments are what they are read as."""
        tags = self.indices(sentences)
        structure = Independent(
            emissions=torch.zeros(*tags.shape, len(self.labels)),
            lengths=torch.tensor([len(sentence) for sentence in sentences]),
        )
        return structure, structure.indicator(tags)

    def indices(self, sentences: Sequence[Sentence]) -> Int[Tensor, "batch word"]:
        """The index of each word's tag, negative where it is unknown.

        Raises:
            DataError: a label that is not in the vocabulary.
        """
        rows = [torch.tensor(self.labels.encode(sentence)) for sentence in sentences]
        return pad_sequence(rows, batch_first=True, padding_value=UNKNOWN)

    @property
    def has_segments(self) -> bool:
        """Whether the tags mark segments, which are then what is counted."""
        return all(name == "O" or name[:2] in ("B-", "I-") for name in self.labels.names)

    def score(self, gold: Sequence[Sentence], predicted: Sequence[Sentence]) -> Score:
        pairs = [_where_annotated(g, p) for g, p in zip(gold, predicted, strict=True)]
        truth, guess = [list(t) for t, _ in pairs], [list(p) for _, p in pairs]
        if not any(truth):
            raise DataError("no word has a tag to compare with; evaluate on annotated sentences")
        accuracy = 100 * float(accuracy_score(truth, guess))
        if not self.has_segments:
            return Score("accuracy", accuracy, {"accuracy": accuracy}, {})
        labels = sorted({label for tags in (*truth, *guess) for _, _, label in spans(tags)})
        rows = precision_recall_fscore_support(truth, guess, average=None, zero_division=0)
        *total, _ = precision_recall_fscore_support(truth, guess, average="micro", zero_division=0)
        per_label = {
            label: {**_percent(figures), "support": int(support)}
            for label, *figures, support in zip(labels, *rows, strict=True)
        }
        values = {**_percent(total), "accuracy": accuracy}
        return Score("F1", values["F1"], values, per_label)

    def counts(self, gold: Sentence, predicted: Sentence) -> Counts:
        """Segments with the right start, end and label; or else words with the right tag."""
        truth, guess = _where_annotated(gold, predicted)
        if not self.has_segments:
            right = sum(a == b for a, b in zip(truth, guess, strict=True))
            return Counts(right, len(truth), len(guess))
        ours, theirs = set(spans(truth)), set(spans(guess))
        return Counts(len(ours & theirs), len(ours), len(theirs))

    def judged(self, gold: Sentence, prediction: Prediction) -> list[tuple[float, bool]]:
        """Of predicted segments that no unknown gold tag touches; else of words."""
        if gold.tags is None:
            return []
        if not self.has_segments:
            words = zip(
                prediction.confidences, gold.tags, prediction.sentence.tags or (), strict=True
            )
            return [(sure, truth == guess) for sure, truth, guess in words if truth is not None]
        truth = set(spans([tag or "O" for tag in gold.tags]))
        return [
            (span.confidence, (span.start, span.end, span.label) in truth)
            for span in prediction.spans
            if None not in gold.tags[max(0, span.start - 1) : span.end + 1]
        ]

    def agreement(self, ours: Sentence, theirs: Sentence) -> float:
        assert ours.tags is not None
        assert theirs.tags is not None
        same = sum(a == b for a, b in zip(ours.tags, theirs.tags, strict=True))
        return same / max(1, len(ours))


def _percent(figures: Sequence[float]) -> dict[str, float]:
    names = ("precision", "recall", "F1")
    return {name: 100 * float(figure) for name, figure in zip(names, figures, strict=True)}


def _where_annotated(gold: Sentence, predicted: Sentence) -> tuple[list[str], list[str]]:
    """Both tag sequences, without the words whose gold tag is unknown."""
    both = zip(gold.tags or (), predicted.tags or (), strict=True) if gold.tags else ()
    known = [(g, p or "O") for g, p in both if g is not None]
    return [g for g, _ in known], [p for _, p in known]

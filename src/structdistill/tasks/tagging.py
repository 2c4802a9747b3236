"""Tags: named entities, chunks, parts of speech."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

import torch
from seqeval.metrics.sequence_labeling import accuracy_score, precision_recall_fscore_support
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from structdistill.data.labels import UNKNOWN, Labels
from structdistill.data.schemes import spans, to_iob2
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError
from structdistill.structures import Independent, LinearChain, Parts, Structure
from structdistill.tasks.base import Prediction, Score, Span, Task


class Tagging(Task):
    """One tag a word; segments are tagged in IOB2, any other tags are taken as they are."""

    unannotated: ClassVar[str] = "no word has a tag"
    outputs: ClassVar[Sequence[str]] = ("conll", "jsonl")

    @staticmethod
    def is_annotated(sentence: Sentence) -> bool:
        return any(tag is not None for tag in sentence.tags or ())

    @classmethod
    def collect(cls, sentences: Iterable[Sentence]) -> Labels:
        return Labels.collect(sentences)

    def check(self, sentence: Sentence) -> None:
        self.labels.encode(sentence)

    @property
    def has_segments(self) -> bool:
        """Whether the tags mark segments, which are then what is counted."""
        return all(name == "O" or name[:2] in ("B-", "I-") for name in self.labels.names)

    def encode(self, sentences: Sequence[Sentence], structure: Structure) -> Parts:
        assert isinstance(structure, Independent | LinearChain)
        rows = [torch.tensor(self.labels.encode(sentence)) for sentence in sentences]
        tags = pad_sequence(rows, batch_first=True, padding_value=UNKNOWN)
        return structure.indicator(tags.to(structure.lengths.device))

    def decode(self, sentences: Sequence[Sentence], structure: Structure) -> list[Sentence]:
        best = structure.argmax()["emissions"].argmax(-1).tolist()
        decoded = []
        for sentence, indices in zip(sentences, best, strict=True):
            tags = [self.labels.names[index] for index in indices[: len(sentence)]]
            decoded.append(
                replace(sentence, tags=to_iob2(tags) if self.has_segments else tuple(tags))
            )
        return decoded

    def predict(self, sentences: Sequence[Sentence], structure: Structure) -> list[Prediction]:
        decoded = self.decode(sentences, structure)
        words, spans = self.word_confidences(structure), self.span_confidences(decoded, structure)
        return list(map(Prediction, decoded, words, spans))

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

    def agreement(self, ours: Sentence, theirs: Sentence) -> float:
        assert ours.tags is not None
        assert theirs.tags is not None
        same = sum(a == b for a, b in zip(ours.tags, theirs.tags, strict=True))
        return same / max(1, len(ours))

    def word_confidences(self, structure: Structure) -> list[list[float]]:
        """The marginal probability of each word's tag in the most probable structure."""
        chosen = (structure.marginals()["emissions"] * structure.argmax()["emissions"]).sum(-1)
        lengths = structure.lengths.tolist()
        return [row[:length] for row, length in zip(chosen.tolist(), lengths, strict=True)]

    def span_confidences(
        self, decoded: Sequence[Sentence], structure: Structure
    ) -> list[list[Span]]:
        """The segments of each sentence, each with its exact probability.

        That is the probability of all tag sequences in which this segment is read, from its first
        word to its last and not longer: Z under that constraint, divided by Z. None if tags mark
        no segments.
        """
        per_sentence: list[list[Span]] = [[] for _ in decoded]
        if not self.has_segments:
            return per_sentence
        found = [(i, span) for i, s in enumerate(decoded) for span in spans(_complete(s))]
        ways = [
            (number, i, way)
            for number, (i, span) in enumerate(found)
            for way in self._ways(*span, length=len(decoded[i]))
        ]
        if not ways:
            return per_sentence
        device = structure.lengths.device
        selected = structure[torch.tensor([i for _, i, _ in ways], device=device)]
        observed = torch.zeros_like(selected.potentials[selected.decisive])
        for row, (_, _, way) in zip(observed, ways, strict=True):
            for word, tags in way.items():
                row[word] = tags
        agreeing = selected.constrain(observed).log_partition() - selected.log_partition()
        numbers = torch.tensor([number for number, _, _ in ways], device=device)
        probabilities = agreeing.new_zeros(len(found)).index_add(0, numbers, agreeing.exp())
        for (i, span), probability in zip(found, probabilities.tolist(), strict=True):
            per_sentence[i].append(Span(*span, min(1.0, probability)))
        return per_sentence

    def _ways(self, start: int, end: int, label: str, *, length: int) -> list[dict[int, Tensor]]:
        """Which tags words may have if a segment is read there, begun by B or by a stray I."""
        begin, inside = (
            torch.tensor([name == f"{prefix}-{label}" for name in self.labels.names])
            for prefix in "BI"
        )
        after = dict.fromkeys(range(start + 1, end), inside) | {end: ~inside}
        stray = {start - 1: ~(begin | inside), start: inside}
        within = [
            {word: tags for word, tags in way.items() if 0 <= word < length}
            for way in ({start: begin} | after, stray | after)
        ]
        return [way for way in within if all(tags.any() for tags in way.values())]


def _percent(figures: Sequence[float]) -> dict[str, float]:
    names = ("precision", "recall", "F1")
    return {name: 100 * float(figure) for name, figure in zip(names, figures, strict=True)}


def _complete(sentence: Sentence) -> list[str]:
    return [tag or "O" for tag in sentence.tags or ()]


def _where_annotated(gold: Sentence, predicted: Sentence) -> tuple[list[str], list[str]]:
    """Both tag sequences, without the words whose gold tag is unknown."""
    both = zip(gold.tags or (), predicted.tags or (), strict=True) if gold.tags else ()
    known = [(g, p or "O") for g, p in both if g is not None]
    return [g for g, _ in known], [p for _, p in known]

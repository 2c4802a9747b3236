"""Tags: named entities, chunks, parts of speech."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from seqeval.metrics import accuracy_score, classification_report
from torch import Tensor

from structdistill.data.schemes import spans, to_iob2
from structdistill.data.sentence import Sentence
from structdistill.structures import Independent, LinearChain, Parts, Structure
from structdistill.tasks.base import Score, Task

_UNKNOWN = -1


@dataclass(frozen=True)
class Span:
    """A labelled segment `words[start:end]` and the probability that it is exactly there."""

    start: int
    end: int
    label: str
    confidence: float


class Tagging(Task):
    """One tag a word; segments are tagged in IOB2, any other tags are taken as they are."""

    @property
    def has_segments(self) -> bool:
        """Whether the tags mark segments, which are then what is counted."""
        return all(name == "O" or name[:2] in ("B-", "I-") for name in self.labels.names)

    def encode(self, sentences: Sequence[Sentence], structure: Structure) -> Parts:
        assert isinstance(structure, Independent | LinearChain)
        rows = [torch.tensor(self.labels.encode(sentence)) for sentence in sentences]
        tags = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=_UNKNOWN)
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

    def score(self, gold: Sequence[Sentence], predicted: Sequence[Sentence]) -> Score:
        pairs = [_where_annotated(g, p) for g, p in zip(gold, predicted, strict=True)]
        truth, guess = [list(t) for t, _ in pairs], [list(p) for _, p in pairs]
        accuracy = 100 * float(accuracy_score(truth, guess)) if any(truth) else 0.0
        if not self.has_segments:
            return Score("accuracy", accuracy, {"accuracy": accuracy}, {})
        report = classification_report(truth, guess, output_dict=True, zero_division=0)
        total = report.pop("micro avg", None) or dict.fromkeys(
            ("precision", "recall", "f1-score"), 0
        )
        per_label = {
            label: {**_percent(row), "support": int(row["support"])}
            for label, row in sorted(report.items())
            if not label.endswith(" avg")
        }
        values = {**_percent(total), "accuracy": accuracy}
        return Score("F1", values["F1"], values, per_label)

    def agreement(self, ours: Sentence, theirs: Sentence) -> float:
        assert ours.tags is not None
        assert theirs.tags is not None
        same = sum(a == b for a, b in zip(ours.tags, theirs.tags, strict=True))
        return same / max(1, len(ours))

    def word_confidences(
        self, decoded: Sequence[Sentence], structure: Structure
    ) -> list[list[float]]:
        """The marginal probability of each word's tag."""
        marginals = structure.marginals()["emissions"]
        chosen = (marginals * self.encode(decoded, structure)["emissions"]).sum(-1)
        return [row[: len(s)] for s, row in zip(decoded, chosen.tolist(), strict=True)]

    def span_confidences(
        self, decoded: Sequence[Sentence], structure: Structure
    ) -> list[list[Span]]:
        """The segments of each sentence, each with its exact probability.

        That is the probability of all tag sequences that have this segment, from its first word to
        its last and not longer: log Z under that constraint minus log Z. None if tags mark no
        segments.
        """
        per_sentence: list[list[Span]] = [[] for _ in decoded]
        if not self.has_segments:
            return per_sentence
        found = [(i, span) for i, s in enumerate(decoded) for span in spans(_complete(s))]
        if not found:
            return per_sentence
        owners = torch.tensor([i for i, _ in found], device=structure.lengths.device)
        selected = structure[owners]
        decisive = selected.potentials[selected.decisive]
        observed = torch.zeros(decisive.shape)
        for row, (start, end, label) in zip(observed, (span for _, span in found), strict=True):
            self._observe(row, start, end, label)
        agreeing = selected.constrain(observed.to(decisive.device)).log_partition()
        probabilities = (agreeing - selected.log_partition()).exp().clamp(max=1).tolist()
        for (i, (start, end, label)), probability in zip(found, probabilities, strict=True):
            per_sentence[i].append(Span(start, end, label, probability))
        return per_sentence

    def _observe(self, row: Tensor, start: int, end: int, label: str) -> None:
        """Marks in (word, tag) the tags that a segment allows: inside it and right behind it."""
        names = self.labels.names
        inside = f"I-{label}"
        for word in range(start, end):
            allowed = inside if word > start or f"B-{label}" not in names else f"B-{label}"
            row[word, names.index(allowed)] = 1
        if end < len(row):
            row[end] = 1
            if inside in names:
                row[end, names.index(inside)] = 0


def _percent(row: dict[str, float]) -> dict[str, float]:
    names = {"precision": "precision", "recall": "recall", "f1-score": "F1"}
    return {ours: 100 * float(row[theirs]) for theirs, ours in names.items()}


def _complete(sentence: Sentence) -> list[str]:
    return [tag or "O" for tag in sentence.tags or ()]


def _where_annotated(gold: Sentence, predicted: Sentence) -> tuple[list[str], list[str]]:
    """Both tag sequences, without the words whose gold tag is unknown."""
    both = zip(gold.tags or (), predicted.tags or (), strict=True) if gold.tags else ()
    known = [(g, p or "O") for g, p in both if g is not None]
    return [g for g, _ in known], [p for _, p in known]

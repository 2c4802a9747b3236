"""Tags: named entities, chunks, parts of speech."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

import torch

from structdistill.data.label_mapping import segment_types
from structdistill.data.labels import Labels
from structdistill.data.schemes import spans, to_iob2
from structdistill.data.segments import SegmentLabels
from structdistill.data.sentence import Sentence
from structdistill.structures import Distribution, Independent, LinearChain, Parts, Structure
from structdistill.tasks.base import Prediction, Span
from structdistill.tasks.tag_layer import TagLayer

Allowed = tuple[bool, ...]
"""Whether a word may have each tag."""


class Tagging(TagLayer):
    """One tag a word; segments are tagged in IOB2, any other tags are taken as they are."""

    @classmethod
    def collect(cls, sentences: Iterable[Sentence]) -> Labels:
        return Labels.collect(sentences)

    @classmethod
    def learnt(cls, teacher: Labels) -> Labels:
        """The same tags, or of tags like `E-` and `S-`, which say where segments end, IOB2."""
        types = segment_types(teacher.names)
        schemed = any(name[:2] in ("E-", "S-", "L-", "U-") for name in teacher.names)
        return SegmentLabels.of(types) if types and schemed else teacher

    def encode(self, sentences: Sequence[Sentence], structure: Structure) -> Parts:
        assert isinstance(structure, Independent | LinearChain)
        return structure.indicator(self.indices(sentences).to(structure.lengths.device))

    def decode(self, sentences: Sequence[Sentence], structure: Distribution) -> list[Sentence]:
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
        written = [
            (row, word, tags) for row, (_, _, way) in enumerate(ways) for word, tags in way.items()
        ]
        rows, words, allowed = zip(*written, strict=True)
        observed[rows, words] = torch.tensor(allowed).to(observed)
        agreeing = selected.constrain(observed).log_partition() - selected.log_partition()
        numbers = torch.tensor([number for number, _, _ in ways], device=device)
        probabilities = agreeing.new_zeros(len(found)).index_add(0, numbers, agreeing.exp())
        for (i, span), probability in zip(found, probabilities.tolist(), strict=True):
            per_sentence[i].append(Span(*span, min(1.0, probability)))
        return per_sentence

    def _ways(self, start: int, end: int, label: str, *, length: int) -> list[dict[int, Allowed]]:
        """Which tags words may have if a segment is read there, begun by B or by a stray I."""
        names = self.labels.names
        begin, inside = _those(names, f"B-{label}"), _those(names, f"I-{label}")
        not_inside = tuple(not tag for tag in inside)
        neither = tuple(not (b or i) for b, i in zip(begin, inside, strict=True))
        after = dict.fromkeys(range(start + 1, end), inside) | {end: not_inside}
        stray = {start - 1: neither, start: inside}
        within = [
            {word: tags for word, tags in way.items() if 0 <= word < length}
            for way in ({start: begin} | after, stray | after)
        ]
        return [way for way in within if all(any(tags) for tags in way.values())]


@cache
def _those(names: tuple[str, ...], tag: str) -> Allowed:
    return tuple(name == tag for name in names)


def _complete(sentence: Sentence) -> list[str]:
    return [tag or "O" for tag in sentence.tags or ()]

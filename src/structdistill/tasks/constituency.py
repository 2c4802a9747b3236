"""Constituency trees."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import torch
from jaxtyping import Float
from nltk.tree import Tree
from torch import Tensor

from structdistill.data.constituency.binary import strip_functions, to_spans
from structdistill.data.constituency.bracketing import constituents, flat, tree_of, words_of
from structdistill.data.constituency.comparison import OUTERMOST, Comparison
from structdistill.data.constituency.vocabulary import SpanLabels
from structdistill.data.labels import UNKNOWN, Labels
from structdistill.data.origin import error_at
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RecipeError
from structdistill.structures import ConstituencyTree, Distribution, Parts, Structure
from structdistill.structures.label_maps import LabelMaps
from structdistill.tasks.base import Counts, Prediction, Score, Span, Task


class Constituency(Task):
    """A tree over the words of a sentence, with constituents and parts of speech.

    Trees become binary spans with one label each (`structdistill.data.constituency.binary`), and
    are restored from them exactly. Development and test data may have labels that training lacks:
    their trees are compared, never encoded.

    Args:
        labels: of spans, as `SpanLabels` divides them.
    """

    layer: ClassVar[str] = "tree"
    unannotated: ClassVar[str] = "no sentence has a tree"
    outputs: ClassVar[Sequence[str]] = ("brackets", "jsonl")

    def __init__(self, labels: Labels):
        super().__init__(labels)
        self.spans = SpanLabels(labels.names)

    @staticmethod
    def is_annotated(sentence: Sentence) -> bool:
        return sentence.tree is not None

    @classmethod
    def collect(cls, sentences: Iterable[Sentence]) -> Labels:
        return SpanLabels.collect(sentences)

    @classmethod
    def renaming(cls, theirs: Labels, ours: Labels, names: Mapping[str, str]) -> LabelMaps:
        if theirs != ours or any(old != new for old, new in names.items()):
            raise RecipeError(
                "labels of constituents cannot be mapped: train the teacher on trees with the "
                "student's labels, or rename those in the student's data"
            )
        return {}

    def check(self, sentence: Sentence) -> None:
        """Refuses a tree over other words than the sentence's; any labels can be compared."""
        if sentence.tree is not None:
            tree_of(sentence)

    def encode(self, sentences: Sequence[Sentence], structure: Structure) -> Parts:
        assert isinstance(structure, ConstituencyTree)
        indices = torch.full(structure.potentials["spans"].shape[:3], UNKNOWN)
        for row, sentence in zip(indices, sentences, strict=True):
            if sentence.tree is not None:
                start, end, index = torch.tensor(self.spans.encode(sentence)).unbind(1)
                row[start, end] = index
        return structure.indicator(indices.to(structure.lengths.device))

    def indicators(self, sentences: Sequence[Sentence]) -> tuple[Structure, Parts]:
        """The trees, made binary."""
        lengths = torch.tensor([len(sentence) for sentence in sentences])
        nodes = int(lengths.max()) + 1
        spans = torch.zeros(len(sentences), nodes, nodes, self.spans.size)
        structure = ConstituencyTree(spans=spans, lengths=lengths)
        return structure, self.encode(sentences, structure)

    def decode(self, sentences: Sequence[Sentence], structure: Distribution) -> list[Sentence]:
        return self._annotated(sentences, structure.argmax()["spans"])

    def predict(self, sentences: Sequence[Sentence], structure: Structure) -> list[Prediction]:
        """The sentences with their most probable trees, and how sure those are.

        A word's confidence is the probability of its part of speech, a constituent's that exactly
        these words have a constituent of this label.
        """
        decoded = self.decode(sentences, structure)
        predictions = []
        for sentence, expected in zip(decoded, structure.marginals()["spans"], strict=True):
            tree = tree_of(sentence)
            tags = [(place, place + 1, tag) for place, (_, tag) in enumerate(words_of(tree))]
            nodes = [(start, end, node.label()) for node, start, end in constituents(tree)]
            words = self._probabilities(expected, tags, self.spans.tagged)
            sure = self._probabilities(expected, nodes, self.spans.bearing)
            spans = [
                Span(*node, probability) for node, probability in zip(nodes, sure, strict=True)
            ]
            predictions.append(Prediction(sentence, words, spans))
        return predictions

    def score(self, gold: Sequence[Sentence], predicted: Sequence[Sentence]) -> Score:
        """Labelled brackets by the rules of EVALB (`Comparison`), without function tags."""
        comparison = Comparison()
        for ours, theirs in zip(gold, predicted, strict=True):
            if ours.tree is not None:
                comparison.add(_compared(ours), _compared(theirs))
        if not comparison.sentences:
            raise DataError("no sentence has a tree to compare with; evaluate on parsed sentences")
        figures = comparison.figures()
        return Score("F1", figures["F1"], figures, comparison.per_label())

    def counts(self, gold: Sentence, predicted: Sentence) -> Counts:
        """Labelled brackets, as EVALB counts them."""
        comparison = Comparison()
        if gold.tree is not None:
            comparison.add(_compared(gold), _compared(predicted))
        return Counts(
            comparison.matched.total(), comparison.gold.total(), comparison.predicted.total()
        )

    def judged(self, gold: Sentence, prediction: Prediction) -> list[tuple[float, bool]]:
        """Of constituents but the root.

        They are right if exactly these words, punctuation included, have this label, function tags
        included.
        """
        if gold.tree is None:
            return []
        truth = {(start, end, n.label()) for n, start, end in constituents(tree_of(gold))}
        return [
            (span.confidence, (span.start, span.end, span.label) in truth)
            for span in prediction.spans
            if span.label not in OUTERMOST
        ]

    def agreement(self, ours: Sentence, theirs: Sentence) -> float:
        """The F1 of all spans: constituents, parts of speech and the nodes that make it binary."""
        a, b = (set(to_spans(tree_of(sentence))) for sentence in (ours, theirs))
        return 2 * len(a & b) / max(1, len(a) + len(b))

    def _annotated(self, sentences: Sequence[Sentence], best: Tensor) -> list[Sentence]:
        """The sentences with the trees that consist of some spans."""
        for sentence in sentences:
            _check_words(sentence)
        spans: list[list[tuple[int, int, int]]] = [[] for _ in sentences]
        for number, *span in best.nonzero().tolist():
            spans[number].append((span[0], span[1], span[2]))
        return [
            replace(sentence, tree=flat(self.spans.decode(found, sentence.words)))
            for sentence, found in zip(sentences, spans, strict=True)
        ]

    def _probabilities(
        self,
        expected: Float[Tensor, "from to label"],
        nodes: Sequence[tuple[int, int, str]],
        indices: Callable[[int, int, str], Sequence[int]],
    ) -> list[float]:
        """The probability of each node: of all labels that its span may bear to have it."""
        if not nodes:
            return []
        start, end = torch.tensor([node[:2] for node in nodes]).unbind(1)
        wanted = torch.zeros(len(nodes), expected.shape[2])
        for row, node in zip(wanted, nodes, strict=True):
            row[list(indices(*node))] = 1
        sums = (expected[start, end].cpu() * wanted).sum(1)
        return list(sums.clamp(max=1).tolist())


def _compared(sentence: Sentence) -> Tree:
    return strip_functions(tree_of(sentence))


def _check_words(sentence: Sentence) -> None:
    for index, word in enumerate(sentence.words):
        if re.search("[ \t\r\n]", word):
            raise error_at(sentence, index, "white space cannot stand in a tree; split the word")

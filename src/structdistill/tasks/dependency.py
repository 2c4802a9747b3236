"""Dependency trees."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from structdistill.data.labels import UNKNOWN, Labels
from structdistill.data.sentence import Sentence
from structdistill.data.trees import is_projective, roots
from structdistill.errors import DataError
from structdistill.structures import (
    Distribution,
    NonProjectiveTree,
    Parts,
    ProjectiveTree,
    Structure,
)
from structdistill.structures.dependency_tree import DependencyTree
from structdistill.tasks.base import Counts, Prediction, Score, Task

_PUNCTUATION = "punct"


class Arc(NamedTuple):
    """A word's head and its relation to it; None where unknown."""

    head: int | None
    relation: str | None


class Dependency(Task):
    """A head for each word, and the relation to it."""

    layer: ClassVar[str] = "heads"
    unannotated: ClassVar[str] = "no word has a head"
    outputs: ClassVar[Sequence[str]] = ("conllu", "jsonl")

    @staticmethod
    def is_annotated(sentence: Sentence) -> bool:
        return any(head is not None for head in sentence.heads or ())

    @classmethod
    def collect(cls, sentences: Iterable[Sentence]) -> Labels:
        """The relations of some sentences in alphabetical order.

        Raises:
            DataError: no word has a relation.
        """
        seen = {relation for s in sentences for relation in s.relations or () if relation}
        if not seen:
            raise DataError("no word has a relation; labels are collected from annotated sentences")
        return Labels(tuple(sorted(seen)))

    @classmethod
    def renamed(cls, sentence: Sentence, names: Mapping[str, str]) -> Sentence:
        if sentence.relations is None:
            return sentence
        found = tuple(None if name is None else names[name] for name in sentence.relations)
        return replace(sentence, relations=found)

    def check(self, sentence: Sentence) -> None:
        self.labels.encode(sentence, layer="relations")

    def can_represent(self, sentence: Sentence, structure: Structure) -> bool:
        """Whether the tree is possible: projective and of one root, where the structure demands it.

        Where heads are unknown, their arcs are not looked at.
        """
        assert isinstance(structure, DependencyTree)
        heads = sentence.heads or ()
        if structure.single_root and len(roots(heads)) > 1:
            return False
        return not isinstance(structure, ProjectiveTree) or is_projective(heads)

    def encode(self, sentences: Sequence[Sentence], structure: Structure) -> Parts:
        assert isinstance(structure, DependencyTree)
        heads, relations = [], []
        for sentence in sentences:
            arcs = [Arc(None, None)] * len(sentence)
            if self.can_represent(sentence, structure):
                arcs = arcs_of(sentence)
            heads.append(torch.tensor([UNKNOWN if arc.head is None else arc.head for arc in arcs]))
            relations.append(torch.tensor(self.labels.encode(sentence, layer="relations")))
        device = structure.lengths.device
        return structure.indicator(_padded(heads).to(device), _padded(relations).to(device))

    def indicators(self, sentences: Sequence[Sentence]) -> tuple[Structure, Parts]:
        """The trees, with crossing arcs or without."""
        lengths = torch.tensor([len(sentence) for sentence in sentences])
        nodes = int(lengths.max()) + 1
        arcs = torch.zeros(len(sentences), nodes, nodes, len(self.labels))
        structure = NonProjectiveTree(arcs=arcs, lengths=lengths)
        return structure, self.encode(sentences, structure)

    def decode(self, sentences: Sequence[Sentence], structure: Distribution) -> list[Sentence]:
        return self._annotated(sentences, structure.argmax()["arcs"])

    def predict(self, sentences: Sequence[Sentence], structure: Structure) -> list[Prediction]:
        """The sentences with their most probable trees, and how sure each arc with its relation is.

        That is the probability of all trees that have it.
        """
        best = structure.argmax()["arcs"]
        decoded = self._annotated(sentences, best)
        sure = (structure.marginals()["arcs"] * best).flatten(3).sum((1, 3))
        return [
            Prediction(sentence, [min(1.0, p) for p in row[1 : len(sentence) + 1]], [])
            for sentence, row in zip(decoded, sure.tolist(), strict=True)
        ]

    def score(self, gold: Sequence[Sentence], predicted: Sequence[Sentence]) -> Score:
        """UAS and LAS, as the CoNLL 2018 shared task defines them.

        UAS is the share of words with the right head, LAS of those that also have the right
        relation, whose subtype, after a colon, does not count: `nsubj:pass` is `nsubj`. `LAS with
        subtypes` is stricter. All words count; `without punctuation`, those whose gold relation is
        not `punct`. The figures of a label are those of the arcs with this relation: precision of
        the predicted, recall of the gold ones.
        """
        pairs = [
            pair for both in zip(gold, predicted, strict=True) for pair in _where_annotated(*both)
        ]
        if not pairs:
            raise DataError("no word has a head to compare with; evaluate on annotated sentences")
        words = [pair for pair in pairs if _universal(pair[0].relation) != _PUNCTUATION]
        values = {
            "LAS": _share(map(_labelled, pairs)),
            "UAS": _share(map(_attached, pairs)),
            "LAS with subtypes": _share(truth == guess for truth, guess in pairs),
            "LAS without punctuation": _share(map(_labelled, words)),
            "UAS without punctuation": _share(map(_attached, words)),
        }
        return Score("LAS", values["LAS"], values, _per_relation(pairs))

    def counts(self, gold: Sentence, predicted: Sentence) -> Counts:
        """Words with the right head and universal relation."""
        pairs = _where_annotated(gold, predicted)
        return Counts(sum(map(_labelled, pairs)), len(pairs), len(pairs))

    def judged(self, gold: Sentence, prediction: Prediction) -> list[tuple[float, bool]]:
        """Of words, which are right if their head and relation are, subtype included."""
        pairs = zip(arcs_of(gold), arcs_of(prediction.sentence), strict=True)
        return [
            (sure, truth == guess)
            for sure, (truth, guess) in zip(prediction.confidences, pairs, strict=True)
            if truth.head is not None
        ]

    def agreement(self, ours: Sentence, theirs: Sentence) -> float:
        """The share of the words that have the same head and the same relation."""
        same = sum(a == b for a, b in zip(arcs_of(ours), arcs_of(theirs), strict=True))
        return same / max(1, len(ours))

    def _annotated(self, sentences: Sequence[Sentence], best: Tensor) -> list[Sentence]:
        """The sentences with the trees that consist of some arcs."""
        chosen = best.transpose(1, 2).flatten(2).argmax(-1)
        heads, relations = chosen // len(self.labels), chosen % len(self.labels)
        decoded = []
        for sentence, *rows in zip(sentences, heads.tolist(), relations.tolist(), strict=True):
            ours = slice(1, len(sentence) + 1)  # without the root and padding
            names = tuple(self.labels.names[index] for index in rows[1][ours])
            decoded.append(replace(sentence, heads=tuple(rows[0][ours]), relations=names))
        return decoded


_Pair = tuple[Arc, Arc]


def arcs_of(sentence: Sentence) -> list[Arc]:
    """The arc of each word."""
    unknown = (None,) * len(sentence)
    layers = (sentence.heads or unknown, sentence.relations or unknown)
    return [Arc(*arc) for arc in zip(*layers, strict=True)]


def _where_annotated(gold: Sentence, predicted: Sentence) -> list[_Pair]:
    """The gold and the predicted arc of each word whose head is known."""
    pairs = zip(arcs_of(gold), arcs_of(predicted), strict=True)
    return [pair for pair in pairs if pair[0].head is not None]


def _universal(relation: str | None) -> str | None:
    return None if relation is None else relation.partition(":")[0]


def _attached(pair: _Pair) -> bool:
    return pair[0].head == pair[1].head


def _labelled(pair: _Pair) -> bool:
    return _attached(pair) and _universal(pair[0].relation) == _universal(pair[1].relation)


def _share(right: Iterable[bool]) -> float:
    found = list(right)
    return 100 * sum(found) / max(1, len(found))


def _per_relation(pairs: Iterable[_Pair]) -> dict[str, dict[str, float]]:
    """Precision, recall and F1 of each universal relation, and how many gold arcs have it."""
    gold, predicted, right = Counter[str](), Counter[str](), Counter[str]()
    for pair in pairs:
        truth, guess = (_universal(arc.relation) or "_" for arc in pair)
        gold[truth] += 1
        predicted[guess] += 1
        right[truth] += _labelled(pair)
    return {
        relation: {
            "precision": 100 * right[relation] / max(1, predicted[relation]),
            "recall": 100 * right[relation] / max(1, gold[relation]),
            "F1": 200 * right[relation] / (gold[relation] + predicted[relation]),
            "support": gold[relation],
        }
        for relation in sorted(gold | predicted)
    }


def _padded(rows: list[Tensor]) -> Tensor:
    return pad_sequence(rows, batch_first=True, padding_value=UNKNOWN)

"""How a predicted constituency tree compares with gold, by the rules of EVALB."""

from collections import Counter
from dataclasses import dataclass, field

from nltk.tree import Tree

from structdistill.data.constituency.bracketing import constituents, words_of

OUTERMOST = frozenset({"", "ROOT", "S1", "TOP", "VROOT"})
"""Labels of a root that is no constituent."""
_DELETED = frozenset({",", ".", ":", "``", "''", "-NONE-"})
_EQUAL = {"PRT": "ADVP"}

Bracket = tuple[str, int, int]
"""A label and the words that it spans, start and end, punctuation not counted."""


@dataclass
class Comparison:
    """Counts over sentences, with the parameters of Collins (COLLINS.prm).

    The outermost node is ignored if it is `ROOT`, `TOP` or has no label. Words whose gold part of
    speech is `,` `.` `:` ` `` ` `''` or `-NONE-` are deleted from both trees, and with them
    constituents that held nothing else. What is left is a bag of labelled brackets a sentence,
    `PRT` being the same as `ADVP`; parts of speech are no brackets. EVALB deletes by each tree's
    own parts of speech, and skips a sentence where that leaves different words.

    Args:
        gold: brackets of the gold trees by label.
        predicted: those of the predicted trees.
        matched: those in both.
        words: that are not deleted.
        tagged: those with the right part of speech.
        sentences: compared.
        complete: with the same brackets.
    """

    gold: Counter[str] = field(default_factory=Counter)
    predicted: Counter[str] = field(default_factory=Counter)
    matched: Counter[str] = field(default_factory=Counter)
    words: int = 0
    tagged: int = 0
    sentences: int = 0
    complete: int = 0

    def add(self, gold: Tree, predicted: Tree) -> None:
        """Counts two trees over the same words."""
        tags = [[tag for _, tag in words_of(tree)] for tree in (gold, predicted)]
        kept = [tag not in _DELETED for tag in tags[0]]
        ours, theirs = brackets(gold, kept), brackets(predicted, kept)
        for counts, found in (
            (self.gold, ours),
            (self.predicted, theirs),
            (self.matched, ours & theirs),
        ):
            for (label, _, _), count in found.items():
                counts[label] += count
        self.words += sum(kept)
        self.tagged += sum(a == b for a, b, keep in zip(*tags, kept, strict=True) if keep)
        self.sentences += 1
        self.complete += ours == theirs

    def figures(self) -> dict[str, float]:
        """All figures, in percent."""
        return {
            **figures_of(self.matched.total(), self.gold.total(), self.predicted.total()),
            "complete": _percent(self.complete, self.sentences),
            "tagging": _percent(self.tagged, self.words),
        }

    def per_label(self) -> dict[str, dict[str, float]]:
        """Precision, recall, F1 and number of gold brackets of each label."""
        return {
            label: {
                **figures_of(self.matched[label], self.gold[label], self.predicted[label]),
                "support": self.gold[label],
            }
            for label in sorted(self.gold | self.predicted)
        }


def brackets(tree: Tree, kept: list[bool]) -> Counter[Bracket]:
    """The labelled brackets of a tree.

    Args:
        tree: with a part of speech above each word.
        kept: for each word, whether it counts.
    """
    places = [0]
    for keep in kept:
        places.append(places[-1] + keep)
    found: Counter[Bracket] = Counter()
    for node, start, end in constituents(tree):
        if places[start] < places[end] and not (node is tree and node.label() in OUTERMOST):
            found[_EQUAL.get(node.label(), node.label()), places[start], places[end]] += 1
    return found


def figures_of(matched: int, gold: int, predicted: int) -> dict[str, float]:
    """Precision, recall and F1 in percent; 0 where there is nothing."""
    return {
        "precision": _percent(matched, predicted),
        "recall": _percent(matched, gold),
        "F1": _percent(2 * matched, gold + predicted),
    }


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0

"""Names of entities: known ones, composed ones and invented ones."""

from collections import defaultdict
from dataclasses import dataclass

from structdistill.data.corpus.dice import Dice
from structdistill.data.corpus.lexicon.organisations import NICKNAMES
from structdistill.data.corpus.lexicon.patterns import PATTERNS
from structdistill.data.corpus.lexicon.people import FEMALE, MALE, TITLES
from structdistill.data.corpus.tree import Node, group, leaf, phrase
from structdistill.data.corpus.vocabulary import DECEPTIVE, INVENTED, TELLING, WORDS

ENTITIES = {
    "person": "PER", "company": "ORG", "team": "ORG", "school": "ORG", "agency": "ORG",
    "town": "LOC", "country": "LOC", "landmark": "LOC", "water": "LOC", "work": "WORK",
    "event": "EVENT", "war": "EVENT", "disaster": "EVENT", "product": "PRODUCT",
    "vehicle": "PRODUCT", "program": "PRODUCT",
}  # fmt: skip
"""The kinds of things that have names, and the type of entity that each is."""

_BASES = {"last": 4, "town": 4, "country": 1, "first": 1, "new-last": 2, "new-town": 2}
"""What other names are built on."""

_PRONOUNS = {**dict.fromkeys(MALE, "he"), **dict.fromkeys(FEMALE, "she")}


@dataclass(frozen=True, slots=True)
class _Pattern:
    words: tuple[str, ...]
    telling: bool
    article: bool


def _patterns() -> dict[str, dict[_Pattern, float]]:
    patterns: dict[str, dict[_Pattern, float]] = defaultdict(dict)
    for line in PATTERNS.strip().splitlines():
        kind, weight, words = (field.strip() for field in line.split("|"))
        share, *flags = weight.split()
        pattern = _Pattern(tuple(words.split()), "?" not in flags, "the" in flags)
        patterns[kind][pattern] = float(share)
    return patterns


_PATTERNS = _patterns()
_TELLING_PATTERNS = {
    kind: {pattern: weight for pattern, weight in patterns.items() if pattern.telling}
    for kind, patterns in _PATTERNS.items()
}


@dataclass(frozen=True, slots=True)
class Name:
    """A name, ready to be put into a noun phrase.

    Args:
        node: its words: a group, or a noun phrase if the name has parts (`University of Leeds`).
        pronoun: what refers back to it.
    """

    node: Node
    pronoun: str


class Names:
    """Draws names; within a sentence it likes to use a word again, for something else.

    Args:
        dice: the source of chance.
    """

    def __init__(self, dice: Dice):
        self._dice = dice
        self._recent: list[str] = []

    def forget(self) -> None:
        """Starts a new sentence."""
        self._recent.clear()

    def draw(self, kind: str, *, telling: bool) -> Name:
        """A name for a thing of this kind.

        Args:
            kind: one of `ENTITIES`.
            telling: whether the name must tell its kind, because nothing else does.
        """
        pattern = self._dice.weighted((_TELLING_PATTERNS if telling else _PATTERNS)[kind])
        telling = telling and len(pattern.words) == 1
        words = [self._fill(word, telling) for word in pattern.words]
        self._recent += words
        words = [part for word in words for part in word.split("_")]
        if kind == "person":
            return self._person(words)
        node = _composed(words, ENTITIES[kind], article=pattern.article)
        return Name(node, "they" if words[-1] in NICKNAMES else "it")

    def _person(self, words: list[str]) -> Name:
        title, words = (words[0], words[1:]) if words[0] in TITLES else ("", words)
        first, *others = (leaf("NNP", word) for word in words)
        node = group(first, *(("flat", word) for word in others), entity="PER")
        pronoun = TITLES.get(title) or _PRONOUNS.get(words[0]) or self._dice.one(["she", "he"])
        if title:
            node = group(("compound", leaf("NNP", title)), node)
        return Name(node, pronoun)

    def _fill(self, word: str, telling: bool) -> str:
        if not word.startswith("<"):
            return word
        words = word.strip("<>")
        if words == "base":
            words = self._dice.weighted(_BASES)
        if words in INVENTED:
            return self._invented(words)
        if words not in DECEPTIVE:
            return self._dice.zipf(WORDS[words])
        if telling:
            return self._dice.zipf(TELLING[words])
        return self._any(words)

    def _any(self, words: str) -> str:
        again = [name for name in self._recent if name in DECEPTIVE[words]]
        if again and self._dice.chance(0.3):
            return self._dice.one(again)
        deceptive = self._dice.chance(0.5)
        return self._dice.zipf((deceptive and DECEPTIVE[words]) or WORDS[words])

    def _invented(self, words: str) -> str:
        stem, ending = (self._dice.one(part) for part in INVENTED[words])
        word = stem.removesuffix(ending[0]) + ending
        lower = words == "new-thing" and self._dice.chance(0.5)
        return word if lower else word.capitalize()


def _composed(words: list[str], entity: str, *, article: bool = False) -> Node:
    """The words of a name, with what structure they have, behind an article if asked."""
    for place, word in enumerate(words):
        if word in ("of", "in", "for", "to"):
            head = phrase("NP", _composed(words[:place], "", article=article))
            complement = phrase("NP", _composed(words[place + 1 :], ""))
            modifier = phrase("PP", ("case", leaf("IN", word)), complement)
            return phrase("NP", head, ("nmod", modifier), entity=entity)
        if word == "'s":
            owner = phrase("NP", _composed(words[:place], ""), ("case", leaf("POS", word)))
            owned = _composed(words[place + 1 :], "")
            return phrase("NP", ("nmod:poss", owner), owned, entity=entity)
        if word == "&":
            partners = _composed(words[:place], ""), _composed(words[place + 1 :], "")
            conjunction = ("cc", leaf("CC", word))
            return group(partners[0], conjunction, ("conj", partners[1]), entity=entity)
    *others, last = (leaf(_tag(word), word) for word in words)
    roles = (("det" if word.label == "DT" else "compound", word) for word in others)
    name = group(*roles, last, entity=entity)
    return group(("det", leaf("DT", "the")), name) if article else name


def _tag(word: str) -> str:
    if word.isdigit():
        return "CD"
    if word in ("The", "A"):
        return "DT"
    return "NNPS" if word in NICKNAMES else "NNP"

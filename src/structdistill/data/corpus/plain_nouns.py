"""Plain noun phrases: determiner, adjectives, noun."""

from structdistill.data.corpus.dice import Dice
from structdistill.data.corpus.lexicon import nouns as lexicon
from structdistill.data.corpus.lexicon.places import CITIES, NATIONALITIES
from structdistill.data.corpus.morphology import indefinite, plural
from structdistill.data.corpus.nominal import POSSESSIVES, Nominal
from structdistill.data.corpus.quantities import number
from structdistill.data.corpus.tree import Child, Node, leaf, phrase

_SINGULAR = {"the": 8, "a": 8, "his": 0.6, "her": 0.6, "their": 0.5, "this": 0.6, "every": 0.3}
_PLURAL = {"": 5, "the": 4, "some": 1, "many": 0.7, "several": 0.5, "these": 0.5, "two": 1}
PRONOUNS = {noun: pronoun for pronoun, nouns in lexicon.GENDERED.items() for noun in nouns.split()}
"""The pronouns of nouns that tell whether they are of a woman or a man."""


class PlainNouns:
    """Draws noun phrases without a name or another phrase in them.

    Args:
        dice: the source of chance.
    """

    def __init__(self, dice: Dice):
        self._dice = dice

    def draw(self, kind: str, determiner: str | None = None) -> Nominal:
        """A thing of a kind of `NOUNS`, with this determiner or any."""
        noun = self._dice.zipf(lexicon.NOUNS[kind].split())
        many = determiner is None and self._dice.chance(0.2)
        if determiner is None:
            determiner = self._dice.weighted(_PLURAL if many else _SINGULAR)
        modifiers = [("amod", adjective) for adjective in self._adjectives(kind)]
        if kind in lexicon.COMPOUNDS and self._dice.chance(0.12):
            compounds = [word for word in lexicon.COMPOUNDS[kind].split() if word != noun]
            compound = self._dice.zipf(compounds)
            modifiers.append(("compound", leaf("NN", compound)))
        head = leaf("NNS", plural(noun)) if many else leaf("NN", noun)
        node = self.determined(determiner, *modifiers, head)
        return Nominal(node, kind, "they" if many else self.pronoun(noun, kind))

    def pronoun(self, noun: str, kind: str) -> str:
        """What refers back to one of these."""
        return PRONOUNS.get(noun) or (
            self._dice.one(["she", "he"]) if kind in ("person", "player") else "it"
        )

    def determined(self, determiner: str, *children: Node | Child) -> Node:
        """The children as a noun phrase behind a determiner, which may be empty; `a` or `an`."""
        if not determiner:
            return phrase("NP", *children)
        if determiner == "two":
            return phrase("NP", ("nummod", number(self._dice)), *children)
        if determiner in POSSESSIVES.values():
            return phrase("NP", ("nmod:poss", leaf("PRP$", determiner)), *children)
        if determiner in ("many", "several"):
            return phrase("NP", ("amod", leaf("JJ", determiner)), *children)
        if determiner == "a":
            determiner = indefinite(phrase("NP", *children).leaves()[0].word)
        return phrase("NP", ("det", leaf("DT", determiner)), *children)

    def _adjectives(self, kind: str) -> list[Node]:
        words = lexicon.ADJECTIVES[lexicon.ADJECTIVES_OF.get(kind, kind)].split()
        count = self._dice.weighted({0: 55, 1: 35, 2: 0 if kind == "person" else 3})
        drawn = dict.fromkeys(self._dice.zipf(words) for _ in range(count))
        adjectives = [leaf("JJ", word) for word in drawn]
        if kind in ("company", "team", "agency") and self._dice.chance(0.1):
            adjectives.append(leaf("JJ", f"{self._dice.zipf(CITIES).replace('_', '-')}-based"))
        elif self._dice.chance(0.04):
            adjectives.append(leaf("JJ", self._dice.zipf(NATIONALITIES)))
        return adjectives

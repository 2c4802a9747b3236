"""What a copula can say of a thing."""

from dataclasses import dataclass

from structdistill.data.corpus.dice import Dice
from structdistill.data.corpus.lexicon.modifiers import CONDITIONS, DEGREE, FEELINGS
from structdistill.data.corpus.lexicon.nouns import EPITHETS
from structdistill.data.corpus.noun_phrases import NounPhrases
from structdistill.data.corpus.slots import Slot
from structdistill.data.corpus.tree import Child, Node, leaf, phrase


@dataclass(frozen=True, slots=True)
class Description:
    """What comes after `is`.

    Args:
        node: the phrase.
        revealing: whether it tells what a name before `is` names.
    """

    node: Node
    revealing: bool


def describe(dice: Dice, nouns: NounPhrases, kind: str, *, detail: int) -> Description:
    """A description of a thing of this kind."""
    if kind == "person" and dice.chance(0.5):
        return Description(_feeling(dice, nouns, detail), revealing=False)
    if kind == "person" and dice.chance(0.3):
        years = phrase(
            "NP", ("nummod", leaf("CD", str(dice.between(18, 90)))), leaf("NNS", "years")
        )
        return Description(phrase("ADJP", ("obl:npmod", years), leaf("JJ", "old")), revealing=True)
    if kind == "person" or (kind in EPITHETS and dice.chance(0.5)):
        noun = nouns.common(kind, detail=detail, determiner="a")
        return Description(noun.node, revealing=True)
    words = CONDITIONS[kind].split()
    return Description(_degree(dice, leaf("JJ", dice.zipf(words))), revealing=False)


def _feeling(dice: Dice, nouns: NounPhrases, detail: int) -> Node:
    feeling = dice.zipf(list(FEELINGS))
    cause = nouns.complement(Slot.parse(f"{FEELINGS[feeling]}+idea/person/event"), detail)
    return _degree(dice, leaf("JJ", feeling), ("obl", cause))


def _degree(dice: Dice, adjective: Node, *after: Child) -> Node:
    before = [("advmod", leaf("RB", dice.zipf(DEGREE)))] if dice.chance(0.25) else []
    return phrase("ADJP", *before, adjective, *after)

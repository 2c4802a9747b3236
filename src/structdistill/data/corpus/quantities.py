"""Noun phrases that count or measure."""

from structdistill.data.corpus.dice import Dice
from structdistill.data.corpus.lexicon.modifiers import SMALL_NUMBERS
from structdistill.data.corpus.lexicon.nouns import COUNTED
from structdistill.data.corpus.morphology import plural
from structdistill.data.corpus.tree import Node, group, leaf, phrase

MEASURES = ("money", "price", "score", "draw", "result", "population")
"""Kinds of noun phrase that are an amount of something else than `COUNTED` nouns."""


def counted(dice: Dice, kind: str) -> Node:
    """So many of a kind of `COUNTED`, such as `about 300 workers`."""
    noun = leaf("NNS", plural(dice.zipf(COUNTED[kind].split())))
    return phrase("NP", ("nummod", number(dice) if kind == "goals" else _amount(dice)), noun)


def measure(dice: Dice, kind: str) -> Node:
    """One of `MEASURES`."""
    if kind == "money":
        return money(dice)
    if kind == "price":
        return phrase("NP", leaf("$", "$"), ("nummod", leaf("CD", _round(dice))))
    if kind in ("score", "draw"):
        less = dice.between(0, 4)
        more = less if kind == "draw" else less + dice.between(1, 3)
        return phrase("NP", leaf("CD", f"{more}-{less}"))
    if kind == "population":
        people = leaf("CD", _round(dice))
        inhabitants = phrase("PP", ("case", leaf("IN", "of")), phrase("NP", people))
        head = phrase("NP", ("det", leaf("DT", "a")), leaf("NN", "population"))
        return phrase("NP", head, ("nmod", inhabitants))
    period = leaf("JJ", dice.one(["quarterly", "annual", "net", "pretax", "operating"]))
    noun = leaf("NN", dice.one(["loss", "profit"]))
    article = leaf("DT", "an" if period.word[0] in "ao" else "a")
    head = phrase("NP", ("det", article), ("amod", period), noun)
    return phrase("NP", head, ("nmod", phrase("PP", ("case", leaf("IN", "of")), money(dice))))


def money(dice: Dice) -> Node:
    """A large sum, such as `$ 3.2 million`."""
    amount = leaf("CD", f"{dice.between(1, 90)}.{dice.between(1, 9)}")
    scale = leaf("CD", dice.one(["million", "billion"]))
    return phrase(
        "NP", phrase("QP", leaf("$", "$"), ("nummod", group(("compound", amount), scale)))
    )


def number(dice: Dice) -> Node:
    """A small number in letters."""
    return leaf("CD", dice.zipf(SMALL_NUMBERS))


def _amount(dice: Dice) -> Node:
    figure = leaf("CD", _round(dice))
    if dice.chance(0.6):
        return figure
    if dice.chance(0.5):
        return phrase("QP", ("advmod", leaf("RB", dice.one(["about", "nearly", "almost"]))), figure)
    compared = leaf("JJR", dice.one(["more", "fewer"]))
    return phrase("QP", ("advmod", group(compared, ("fixed", leaf("IN", "than")))), figure)


def _round(dice: Dice) -> str:
    size = dice.one([10, 10, 100, 100, 1000])
    return f"{dice.between(2, 99) * size:,}"

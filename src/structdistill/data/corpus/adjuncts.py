"""What may be said of the time and manner of anything."""

from structdistill.data.corpus.dice import Dice
from structdistill.data.corpus.frames import Frame
from structdistill.data.corpus.lexicon import modifiers as lexicon
from structdistill.data.corpus.noun_phrases import NounPhrases, prepositional
from structdistill.data.corpus.predicates import MODALS
from structdistill.data.corpus.quantities import number
from structdistill.data.corpus.tree import Child, Node, leaf, phrase

_FORMS = {
    "past": ["weekday", "day", "last", "ago", "month", "year", "date", "hour"],
    "present": ["every", "weekday", "hour"],
    "perfect": ["recently"],
    "future": ["tomorrow", "next"],
}


def time(dice: Dice, tense: str) -> Child:
    """When, such as `on Monday`, `last week` or `two years ago`; fits the tense."""
    if tense in MODALS or tense in ("infinitive", "base"):
        tense = "future"
    elif not tense.startswith("past"):
        tense = tense.replace("progressive", "present")
    form = dice.one(_FORMS[tense.split()[0]])
    match form:
        case "weekday":
            return "obl", prepositional("on", _noun("NNP", dice.zipf(lexicon.WEEKDAYS)))
        case "date":
            return "obl", prepositional("on", date(dice))
        case "month":
            return "obl", prepositional("in", _noun("NNP", dice.zipf(lexicon.MONTHS)))
        case "year":
            return "obl", prepositional("in", _noun("CD", str(dice.between(1905, 2023))))
        case "hour":
            return "obl", prepositional("at", _hour(dice))
        case "ago":
            unit = leaf("NNS", dice.zipf(lexicon.DURATIONS))
            span = phrase("NP", ("nummod", number(dice)), unit)
            return "advmod", phrase("ADVP", ("obl:npmod", span), leaf("RB", "ago"))
        case "every":
            occasion = leaf("NN", dice.zipf(lexicon.OCCASIONS))
            return "obl:tmod", phrase("NP", ("det", leaf("DT", "every")), occasion)
        case "last" | "next":
            period = leaf("NN", dice.zipf(lexicon.PERIODS))
            return "obl:tmod", phrase("NP", ("amod", leaf("JJ", form)), period)
        case "recently":
            return "advmod", phrase("ADVP", leaf("RB", dice.one(["recently", "lately"])))
        case _:
            days = ["yesterday", "today"] if form == "day" else ["tomorrow", "today", "tonight"]
            return "obl:tmod", _noun("NN", dice.one(days))


def circumstances(
    dice: Dice, nouns: NounPhrases, frame: Frame, kind: str, tense: str
) -> list[Child]:
    """How, where, when and why something happens that a frame says of a thing of a kind."""
    found: list[Child] = []
    if kind == "person" and dice.chance(0.08):
        found.append(("advmod", phrase("ADVP", leaf("RB", dice.zipf(lexicon.MANNER)))))
    located = any(slot.preposition in ("in", "at", "near") for slot in frame.complements)
    if kind in ("person", "team", "event") and not located and dice.chance(0.12):
        place = nouns.named(dice.one(["town", "country"]), revealing=True, detail=0)
        found.append(("obl", prepositional("in", place.node)))
    if dice.chance(0.4):
        found.append(time(dice, tense))
    if dice.chance(0.04):
        preposition = dice.one(["because_of", "despite", "during", "after"])
        cause = nouns.nominal(dice.one(["event", "disaster"]), revealing=False, detail=0)
        found.append(("obl", prepositional(preposition, cause.node)))
    return found


def date(dice: Dice) -> Node:
    """A day, such as `May 12`."""
    month = leaf("NNP", dice.zipf(lexicon.MONTHS))
    return phrase("NP", month, ("nummod", leaf("CD", str(dice.between(1, 28)))))


def _noun(tag: str, word: str) -> Node:
    return phrase("NP", leaf(tag, word))


def _hour(dice: Dice) -> Node:
    hour = leaf("CD", f"{dice.between(1, 12)}{dice.one(['', ':15', ':30', ':45'])}")
    return phrase("NP", ("nummod", hour), leaf("RB", dice.one(["a.m.", "p.m."])))

"""Headlines and other texts that are no complete sentence."""

from structdistill.data.corpus import adjuncts
from structdistill.data.corpus.clauses import Clauses
from structdistill.data.corpus.dice import Dice
from structdistill.data.corpus.frames import choose
from structdistill.data.corpus.tree import Child, Node, comma, leaf, phrase

_HEADLINERS = {"company": 4, "team": 3, "person": 4, "town": 1, "agency": 2, "country": 1}


class Fragments:
    """Draws fragments.

    Args:
        dice: the source of chance.
        clauses: the source of clauses and noun phrases.
    """

    def __init__(self, dice: Dice, clauses: Clauses):
        self._dice = dice
        self._clauses = clauses

    def headline(self) -> Node:
        """`Ford to close plant in Chelsea`, without its articles when it is written."""
        kind = self._dice.weighted(_HEADLINERS)
        frame = choose(self._dice, kind, planned=True)
        revealing = frame.subject.revealing
        subject = self._clauses.nouns.nominal(kind, revealing=revealing, detail=0)
        tense = "present" if self._dice.chance(0.6) else "infinitive"
        after = [adjuncts.time(self._dice, "will")] if tense == "infinitive" else []
        predicate = self._clauses.predicate(frame, subject, tense, detail=0, after=after)
        return phrase("S", ("nsubj", subject.node), predicate.verb_phrase())

    def caption(self) -> Node:
        """`A letter to Rose Tyler`, `The captain of Chelsea`."""
        kind = self._dice.one(["document", "event", "person", "building", "work"])
        return phrase("FRAG", self._clauses.nouns.common(kind, detail=1).node)

    def dateline(self) -> Node:
        """`Leeds , May 12 - Ford will close a plant .`"""
        town = self._clauses.nouns.named("town", revealing=True, detail=0).node
        place = phrase("NP", town, comma(), ("nmod", adjuncts.date(self._dice)))
        clause = self._clauses.clause(detail=2).children()
        dash, stop = ("punct", leaf(":", "-")), ("punct", leaf(".", "."))
        return phrase("S", ("parataxis", place), dash, *clause, stop)

    def score(self) -> Node:
        """`Jordan 3 , Chelsea 1`."""
        first, second = self._side(), self._side()
        return phrase("FRAG", first, comma(), ("list", second))

    def placing(self) -> Node:
        """`2. Rose Tyler ( Kenya ) 2:31.4`, a line in a list of results."""
        number = leaf("LS", f"{self._dice.between(1, 12)}.")
        person = self._clauses.nouns.named("person", revealing=True, detail=0).node
        country = self._clauses.nouns.named("country", revealing=True, detail=0).node
        brackets = leaf("-LRB-", "("), leaf("-RRB-", ")")
        origin = phrase("PRN", ("punct", brackets[0]), country, ("punct", brackets[1]))
        minutes, seconds = self._dice.between(1, 9), self._dice.between(100, 599) / 10
        time = phrase("NP", leaf("CD", f"{minutes}:{seconds:.1f}"))
        listed: tuple[Child, ...] = ("nmod", origin), ("list", time)
        return phrase("NP", ("discourse", phrase("LST", number)), person, *listed)

    def _side(self) -> Node:
        team = self._clauses.nouns.named("team", revealing=True, detail=0).node
        goals = phrase("NP", leaf("CD", str(self._dice.between(0, 6))))
        return phrase("NP", team, ("nummod", goals))

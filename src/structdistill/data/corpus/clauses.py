"""Clauses: a subject, a verb of a frame that it fits, complements and adjuncts."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from structdistill.data.corpus import adjuncts
from structdistill.data.corpus.clause import Clause
from structdistill.data.corpus.descriptions import describe
from structdistill.data.corpus.dice import Dice
from structdistill.data.corpus.frames import BY_OBJECT, BY_SUBJECT, Frame, choose
from structdistill.data.corpus.lexicon.modifiers import CONDITIONS
from structdistill.data.corpus.lexicon.nouns import EPITHETS
from structdistill.data.corpus.nominal import OBJECTS, POSSESSIVES, Nominal, pronominal
from structdistill.data.corpus.noun_phrases import NounPhrases, prepositional
from structdistill.data.corpus.predicates import (
    REPORTED,
    TENSES,
    UNREPORTED,
    Predicate,
    copula,
    verb_group,
)
from structdistill.data.corpus.slots import CLAUSES, Slot
from structdistill.data.corpus.tree import Child, Node, comma, leaf, phrase

_SUBJECTS = {
    "person": 50, "company": 13, "team": 9, "school": 3, "agency": 4, "town": 4, "country": 3,
    "work": 6, "event": 4, "disaster": 2, "product": 3, "vehicle": 3, "building": 1.5,
    "document": 3, "idea": 4, "animal": 2, "artefact": 1, "clothing": 0.5, "food": 0.5,
    "workers": 1, "visitors": 1,
}  # fmt: skip
_SUBORDINATORS = {
    "because": 4, "after": 4, "when": 4, "before": 3, "although": 2, "while": 2, "as": 1,
    "since": 1, "until": 1,
}  # fmt: skip
_MEASURES: dict[tuple[str, ...], str] = {
    ("score",): "obl:npmod", ("draw",): "obl:npmod", ("distance",): "advmod",
}  # fmt: skip
"""Complements that are no objects, and their relation."""

RESUMABLE = ("person", "company", "team")
"""Kinds that a pronoun may stand for, because there are verbs that tell them from others."""

_RELATIVISED = ("person", "company", "team", "town", "country", "document", "idea", "building")


class Clauses:
    """Draws clauses and the noun phrases in them.

    `detail` is how many phrases and clauses may be put into one another.

    Args:
        dice: the source of chance.

    Attributes:
        nouns: the source of simpler noun phrases.
    """

    def __init__(self, dice: Dice):
        self._dice = dice
        self.nouns = NounPhrases(dice)

    def clause(
        self,
        *,
        detail: int,
        kind: str | None = None,
        subject: Nominal | None = None,
        tense: str | None = None,
        support: bool = False,
        after: Sequence[Child] | None = None,
    ) -> Clause:
        """A clause.

        Args:
            detail: how elaborate it may be.
            kind: the kind of thing that the subject is, if there is no subject yet.
            subject: the subject, a pronoun; the verb will tell what it stands for.
            tense: as for `verb_group`, any if not given.
            support: whether it needs an auxiliary.
            after: its adjuncts, any if not given.
        """
        kind = subject.kind if subject else kind or self._dice.weighted(_SUBJECTS)
        tense = tense or self._dice.weighted(TENSES)
        if not subject and (kind == "person" or kind in CONDITIONS) and self._dice.chance(0.1):
            return self._copular(kind, tense, detail)
        passive = kind in BY_OBJECT and not subject and self._dice.chance(0.15)
        passive = passive or kind not in BY_SUBJECT
        frame = choose(
            self._dice,
            kind,
            of_object=passive,
            clausal=detail > 0,
            telling=subject is not None,
            planned=not tense.startswith("past"),
        )
        # `Ford said it would lay off 300 workers`: what comes later tells what Ford is.
        resumed = frame.reports and kind in RESUMABLE and not passive and self._dice.chance(0.4)
        revealing = resumed or frame.reveals(of_object=passive)
        subject = subject or self.subject(kind, revealing=revealing, detail=detail)
        predicate = self.predicate(
            frame,
            subject,
            tense,
            detail=detail,
            passive=passive,
            support=support,
            resumed=resumed,
            after=after,
        )
        return Clause(subject, "nsubj:pass" if passive else "nsubj", predicate)

    def subject(self, kind: str, *, revealing: bool, detail: int) -> Nominal:
        """What a clause is about: a noun phrase, or a pronoun for a person."""
        if kind == "person" and self._dice.chance(0.12):
            return pronominal(self._dice.one(["she", "he", "they"]), kind)
        return self.argument(kind, revealing=revealing, detail=detail)

    def argument(self, kind: str, *, revealing: bool, detail: int) -> Nominal:
        """A noun phrase, perhaps with a relative clause."""
        if detail < 1 or kind not in _RELATIVISED or not self._dice.chance(0.16):
            return self.nouns.nominal(kind, revealing=revealing, detail=detail - 1)
        gap = kind in BY_OBJECT and self._dice.chance(0.5)
        frame = choose(self._dice, kind, of_object=gap)
        if kind in EPITHETS and self._dice.chance(0.5):
            revealing = revealing or frame.reveals(of_object=gap)
            noun = self.nouns.named(kind, revealing=revealing, detail=0)
            pronoun = "who" if kind == "person" else "which"
            clause = self.relative(frame, noun, pronoun, gap=gap, detail=detail - 1)
            node = phrase("NP", noun.node, comma(), ("acl:relcl", clause), comma())
            return Nominal(node, kind, noun.pronoun)
        noun = self.nouns.common(kind, detail=0)
        if gap and self._dice.chance(0.4):
            return self._reduced(frame, noun, detail - 1)
        pronoun = "who" if kind == "person" else "that"
        clause = self.relative(frame, noun, pronoun, gap=gap, detail=detail - 1)
        return Nominal(phrase("NP", noun.node, ("acl:relcl", clause)), kind, noun.pronoun)

    def _reduced(self, frame: Frame, noun: Nominal, detail: int) -> Nominal:
        """`the factory closed by Ford`."""
        participle = self.predicate(frame, noun, "participle", detail=detail, passive=True)
        node = phrase("NP", noun.node, ("acl", participle.verb_phrase()))
        return Nominal(node, noun.kind, noun.pronoun)

    def relative(
        self, frame: Frame, noun: Nominal, pronoun: str, *, gap: bool, detail: int
    ) -> Node:
        """A relative clause in which the noun is the subject or, if there is a gap, the object."""
        tense = self._dice.weighted(REPORTED)
        wh = leaf("WP" if pronoun == "who" else "WDT", pronoun)
        if not gap:
            predicate = self.predicate(frame, noun, tense, detail=detail)
            verbs = phrase("S", predicate.verb_phrase())
            return phrase("SBAR", ("nsubj", phrase("WHNP", wh)), verbs)
        inner = self.gapped(frame, tense, detail).declarative()
        if self._dice.chance(0.8):
            return phrase("SBAR", ("obj", phrase("WHNP", wh)), inner)
        # `the firm that Rose said Ford had bought`: the pronoun belongs to the inner verb.
        wh_phrase = phrase("WHNP", wh, governor=inner)
        return phrase("SBAR", ("obj", wh_phrase), self.attributed(inner).declarative())

    def gapped(self, frame: Frame, tense: str, detail: int, *, support: bool = False) -> Clause:
        """A clause whose object is elsewhere."""
        kind = self._dice.one(frame.subject.kinds)
        subject = self.subject(kind, revealing=frame.subject.revealing, detail=0)
        predicate = self.predicate(frame, subject, tense, detail=detail, support=support, gap=True)
        return Clause(subject, "nsubj", predicate)

    def attributed(self, clause: Node, *, support: bool = False) -> Clause:
        """`Rose Tyler said` and the clause."""
        verb = self._dice.one(["say", "think", "believe", "claim"])
        speaker = self.nouns.named("person", revealing=False, detail=0)
        groups, main = verb_group(
            self._dice, verb, "past", pronoun=speaker.pronoun, passive=False, support=support
        )
        verbs = phrase("VP", *main, ("ccomp", phrase("SBAR", clause)))
        return Clause(speaker, "nsubj", Predicate(groups, verbs))

    def subordinate(self, tense: str, detail: int) -> Child:
        """`because Chelsea had lost`, as an adjunct of a clause in this tense."""
        subordinator = self._dice.weighted(_SUBORDINATORS)
        inner = "past" if tense.startswith("past") or tense in REPORTED else "present"
        clause = self.clause(detail=detail, tense=inner).declarative()
        if subordinator == "when":
            when = phrase("WHADVP", leaf("WRB", subordinator))
            return "advcl", phrase("SBAR", ("advmod", when), clause)
        return "advcl", phrase("SBAR", ("mark", leaf("IN", subordinator)), clause)

    def predicate(
        self,
        frame: Frame,
        subject: Nominal,
        tense: str,
        *,
        detail: int,
        passive: bool = False,
        support: bool = False,
        gap: bool = False,
        resumed: bool = False,
        after: Sequence[Child] | None = None,
    ) -> Predicate:
        """What a frame says of a subject.

        Args:
            frame: the verbs and what they take.
            subject: with which the verb agrees.
            tense: as for `verb_group`.
            detail: how elaborate it may be.
            passive: whether the object has become the subject.
            support: whether there must be an auxiliary.
            gap: whether the object is elsewhere.
            resumed: whether a complement clause has the same subject.
            after: the adjuncts, and no agent of a passive; any if not given.
        """
        verb, *particle = self._dice.zipf(frame.verbs).split("_")
        groups, main = verb_group(
            self._dice, verb, tense, pronoun=subject.pronoun, passive=passive, support=support
        )
        children: list[Child] = [("compound:prt", phrase("PRT", leaf("RP", p))) for p in particle]
        slots = frame.complements[passive or gap :]
        children += self._complements(slots, subject, tense, detail - 1, resumed=resumed)
        named = tense == "participle" or (after is None and self._dice.chance(0.6))
        if passive and named and not frame.clausal:
            agent = self.complement(frame.subject, detail - 1)
            children.append(("obl:agent", prepositional("by", agent)))
        children += self._adjuncts(frame, subject.kind, tense, detail) if after is None else after
        return Predicate(groups, phrase("VP", *main, *children))

    def complement(self, slot: Slot, detail: int) -> Node:
        """A noun or prepositional phrase for a slot."""
        if slot.nouns:
            return self.nouns.complement(slot, detail)
        kind = self._dice.one(slot.kinds)
        if kind == "person" and self._dice.chance(0.1):
            node = phrase("NP", leaf("PRP", OBJECTS[self._dice.one(["he", "she", "they"])]))
        else:
            node = self.argument(kind, revealing=slot.revealing, detail=detail).node
        return prepositional(slot.preposition, node) if slot.preposition else node

    def _copular(self, kind: str, tense: str, detail: int) -> Clause:
        """`Jordan is a nurse from Leeds`."""
        description = describe(self._dice, self.nouns, kind, detail=detail - 1)
        subject = self.subject(kind, revealing=description.revealing, detail=detail)
        if subject.pronoun == "they" and description.node.label == "NP":
            return self._copular(kind, tense, detail)
        auxiliaries = copula(tense, pronoun=subject.pronoun)
        return Clause(subject, "nsubj", Predicate(auxiliaries, description.node))

    def _complements(
        self, slots: Sequence[Slot], subject: Nominal, tense: str, detail: int, *, resumed: bool
    ) -> list[Child]:
        children: list[Child] = []
        for slot, following in zip_longest(slots, slots[1:]):
            if "to" in slot.kinds:
                controller = "person" if children else subject.kind
                children.append(("xcomp", self.infinitive(controller, detail)))
            elif CLAUSES & {*slot.kinds}:
                inner = pronominal(subject.pronoun, subject.kind) if resumed else None
                children.append(("ccomp", self._reported(slot.kinds[0], inner, tense, detail)))
            else:
                if slot.determiner == "its":
                    slot = replace(slot, determiner=POSSESSIVES[subject.pronoun])
                node = self.complement(slot, detail)
                relation = "obl" if slot.preposition else _MEASURES.get(slot.kinds, "obj")
                recipient = relation == "obj" and following is not None and following.nominal
                measured = following is not None and following.kinds in _MEASURES
                children.append(("iobj" if recipient and not measured else relation, node))
        return children

    def infinitive(self, kind: str, detail: int) -> Node:
        """`to buy a car`, of a subject of this kind."""
        frame, subject = choose(self._dice, kind, planned=True), pronominal("it", kind)
        predicate = self.predicate(frame, subject, "infinitive", detail=detail)
        return phrase("S", predicate.verb_phrase())

    def _reported(
        self, complementiser: str, subject: Nominal | None, tense: str, detail: int
    ) -> Node:
        inner = self._dice.weighted(REPORTED if tense.startswith("past") else UNREPORTED)
        clause = self.clause(detail=detail, subject=subject, tense=inner).declarative()
        if complementiser == "that" and self._dice.chance(0.4):
            return phrase("SBAR", clause)
        if complementiser == "whether" and self._dice.chance(0.3):
            complementiser = "if"
        return phrase("SBAR", ("mark", leaf("IN", complementiser)), clause)

    def _adjuncts(self, frame: Frame, kind: str, tense: str, detail: int) -> list[Child]:
        """Where, when, how and why; nothing after a clause, where it would be misread."""
        if frame.clausal or tense == "participle":
            return []
        found = adjuncts.circumstances(self._dice, self.nouns, frame, kind, tense)
        if detail > 1 and tense != "infinitive" and self._dice.chance(0.18):
            found.append(self.subordinate(tense, detail - 1))
        elif detail > 0 and kind == "person" and self._dice.chance(0.04):
            found.append(("advcl", self.infinitive(kind, detail - 1)))
        return found

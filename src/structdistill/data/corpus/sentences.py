"""Whole sentences of many forms."""

from collections.abc import Callable
from dataclasses import replace

from structdistill.data.corpus import adjuncts
from structdistill.data.corpus.clauses import RESUMABLE, Clauses
from structdistill.data.corpus.dice import Dice
from structdistill.data.corpus.fragments import Fragments
from structdistill.data.corpus.frames import choose
from structdistill.data.corpus.layers import Style
from structdistill.data.corpus.lexicon.modifiers import DISCOURSE
from structdistill.data.corpus.lexicon.nouns import NOUNS
from structdistill.data.corpus.nominal import pronominal
from structdistill.data.corpus.noun_phrases import prepositional
from structdistill.data.corpus.slots import Slot
from structdistill.data.corpus.tree import Child, Node, comma, leaf, phrase

_LONGEST = 60
_ELABORATE = {1: 2, 2: 4, 3: 4}
_SPEECH = {"said": 8, "explained": 1, "added": 2, "admitted": 1, "shouted": 1, "insisted": 1}


class Sentences:
    """Draws sentences.

    Args:
        dice: the source of chance.
    """

    def __init__(self, dice: Dice):
        self._dice = dice
        self._clauses = Clauses(dice)
        self._fragments = Fragments(dice, self._clauses)
        self._forms: dict[Callable[[], Node], float] = {
            self._plain: 36,
            self._fronted: 14,
            self._coordinated: 11,
            self._shared_subject: 8,
            self._quoted: 8,
            self._speech: 3,
            self._polar_question: 3,
            self._subject_question: 2,
            self._object_question: 3,
            self._existential: 3,
            self._extraposed: 3,
            self._imperative: 3,
            self._fragments.caption: 1.5,
            self._fragments.dateline: 1,
            self._fragments.score: 1.5,
            self._fragments.placing: 1,
        }

    def compose(self) -> tuple[Node, Style]:
        """A sentence and the style to write it in."""
        while True:
            self._clauses.nouns.forget()
            root, style = self._drawn()
            if len(root.leaves()) <= _LONGEST:
                return root, style

    def _drawn(self) -> tuple[Node, Style]:
        if self._dice.chance(0.06):
            return self._fragments.headline(), "capitals" if self._dice.chance(0.5) else "headline"
        root = self._dice.weighted(self._forms)()
        # Without capitals nobody could tell where a title begins.
        titled = any(node.entity == "WORK" for node in root.nodes())
        return root, "lower" if not titled and self._dice.chance(0.04) else "plain"

    def _detail(self) -> int:
        return self._dice.weighted(_ELABORATE)

    def _plain(self) -> Node:
        return _sentence(*self._clauses.clause(detail=self._detail()).children())

    def _fronted(self) -> Node:
        """`On Monday , …`, `According to Ford , …`, `After Jordan had left , …`."""
        dice = self._dice
        tense = dice.weighted({"past": 5, "present": 1, "will": 1})
        form = dice.weighted({"time": 4, "adverb": 2, "source": 2, "clause": 3})
        if form == "time":
            front = adjuncts.time(dice, tense)
        elif form == "adverb":
            front = "advmod", phrase("ADVP", leaf("RB", dice.zipf(DISCOURSE)))
        elif form == "source":
            kind = dice.one(["person", "document", "agency"])
            source = self._clauses.nouns.nominal(kind, revealing=False, detail=0).node
            according = leaf("VBG", "according")
            front = "obl", phrase("PP", ("case", according), prepositional("to", source))
        else:
            front = self._clauses.subordinate(tense, 1)
        clause = self._clauses.clause(detail=self._detail(), tense=tense, after=[])
        return _sentence(front, comma(), *clause.children())

    def _coordinated(self) -> Node:
        first = self._clauses.clause(detail=self._detail())
        again = first.subject.kind in RESUMABLE and self._dice.chance(0.4)
        subject = pronominal(first.subject.pronoun, first.subject.kind) if again else None
        second = self._clauses.clause(detail=self._detail(), subject=subject, tense="past")
        conjunction = ("cc", leaf("CC", self._dice.weighted({"and": 4, "but": 4, "so": 1})))
        return _sentence(first.declarative(), comma(), conjunction, ("conj", second.declarative()))

    def _shared_subject(self) -> Node:
        """`Jordan sold the car and moved to Leeds .`"""
        kind = self._dice.one(RESUMABLE)
        clause = self._clauses.clause(detail=1, kind=kind, tense="past")
        frame = choose(self._dice, kind)
        second = self._clauses.predicate(frame, clause.subject, "past", detail=1)
        conjunction = ("cc", leaf("CC", self._dice.one(["and", "but"])))
        subject, first = clause.children()
        verbs = phrase("VP", first, conjunction, ("conj", second.verb_phrase()))
        return _sentence(subject, verbs)

    def _quoted(self) -> Node:
        """`" We beat Leeds 3-1 , " said Jordan , the Chelsea striker .`"""
        speaker = self._speaker()
        said = phrase("VP", leaf("VBD", self._dice.weighted(_SPEECH)))
        quotation = _quote(("ccomp", self._utterance()), comma())
        if self._dice.chance(0.3):
            return _sentence(*quotation, ("nsubj", speaker), said)
        return phrase("SINV", *quotation, said, ("nsubj", speaker), ("punct", leaf(".", ".")))

    def _speech(self) -> Node:
        """`Jordan said : " We beat Leeds 3-1 . "`"""
        quotation = _quote(("ccomp", self._utterance()), ("punct", leaf(".", ".")))
        colon = ("punct", leaf(":", ":"))
        verb = leaf("VBD", self._dice.weighted(_SPEECH))
        return phrase("S", ("nsubj", self._speaker()), phrase("VP", verb, colon, *quotation))

    def _speaker(self) -> Node:
        return self._clauses.nouns.nominal("person", revealing=False, detail=1).node

    def _utterance(self) -> Node:
        """What somebody says, often of themselves."""
        subject = None
        if self._dice.chance(0.5):
            kind = self._dice.one(RESUMABLE)
            subject = pronominal("I" if kind == "person" else "we", kind)
        return self._clauses.clause(detail=1, subject=subject).declarative()

    def _polar_question(self) -> Node:
        clause = self._clauses.clause(detail=1, support=True)
        return phrase("SQ", *clause.inverted(), _question_mark())

    def _subject_question(self) -> Node:
        """`Who sold the car ?`, `Which firm closed the plant ?`"""
        kind = self._dice.one(RESUMABLE)
        frame = choose(self._dice, kind)
        subject = pronominal("it", kind)
        predicate = self._clauses.predicate(frame, subject, "past", detail=1)
        verbs = phrase("SQ", predicate.verb_phrase())
        return phrase("SBARQ", ("nsubj", self._interrogative(kind)), verbs, _question_mark())

    def _object_question(self) -> Node:
        """`What did Jordan buy ?`, `Which firm did Rose say Ford had bought ?`"""
        kind = self._dice.one(("person", "company", "team", "idea", "document", "artefact"))
        frame = choose(self._dice, kind, of_object=True)
        if self._dice.chance(0.5):
            clause = self._clauses.gapped(frame, "past", 0, support=True)
            inner, asked = None, phrase("SQ", *clause.inverted())
        else:
            inner = self._clauses.gapped(frame, "past perfect", 0).declarative()
            asked = phrase("SQ", *self._clauses.attributed(inner, support=True).inverted())
        wh = self._interrogative(kind, governor=inner)
        return phrase("SBARQ", ("obj", wh), asked, _question_mark())

    def _interrogative(self, kind: str, governor: Node | None = None) -> Node:
        if kind not in ("company", "team") and self._dice.chance(0.5):
            pronoun = leaf("WP", "who" if kind == "person" else "what")
            return phrase("WHNP", pronoun, governor=governor)
        noun = leaf("NN", self._dice.zipf(NOUNS[kind].split()))
        return phrase("WHNP", ("det", leaf("WDT", "which")), noun, governor=governor)

    def _existential(self) -> Node:
        """`There was a strike in Leeds .`"""
        kind = self._dice.one(["event", "disaster", "person", "idea", "building"])
        thing = self._clauses.nouns.common(kind, detail=0, determiner="a")
        there = phrase("NP", leaf("EX", "there"))
        verb = leaf("VBD", "was")
        place = ("obl", self._clauses.complement(Slot.parse("in+place!"), 0))
        verbs = phrase("VP", verb, ("nsubj", thing.node), place)
        return _sentence(("expl", there), verbs)

    def _extraposed(self) -> Node:
        """`A report was published yesterday that criticised Ford .`"""
        kind = self._dice.one(["document", "idea", "person", "event"])
        noun = self._clauses.nouns.common(kind, detail=0, determiner="a")
        pronoun = "who" if kind == "person" else "that"
        frame = choose(self._dice, kind)
        clause = self._clauses.relative(frame, noun, pronoun, gap=False, detail=0)
        when = adjuncts.time(self._dice, "past")
        late = "acl:relcl", replace(clause, governor=noun.node)
        frame = choose(self._dice, kind, of_object=True)
        verbs = self._clauses.predicate(
            frame, noun, "past", detail=0, passive=True, after=[when, late]
        )
        return _sentence(("nsubj:pass", noun.node), verbs.verb_phrase())

    def _imperative(self) -> Node:
        """`Jordan , sell the car !`"""
        frame = choose(self._dice, "person", planned=True)
        addressee = pronominal("you", "person")
        verbs = self._clauses.predicate(frame, addressee, "base", detail=1).verb_phrase()
        mark = ("punct", leaf(".", self._dice.one([".", "!"])))
        if self._dice.chance(0.4):
            return phrase("S", verbs, mark)
        name = self._clauses.nouns.named("person", revealing=True, detail=0).node
        return phrase("S", ("vocative", name), comma(), verbs, mark)


def _sentence(*children: Node | Child) -> Node:
    return phrase("S", *children, ("punct", leaf(".", ".")))


def _question_mark() -> Child:
    return "punct", leaf(".", "?")


def _quote(*children: Child) -> list[Child]:
    return [("punct", leaf("``", '"')), *children, ("punct", leaf("''", '"'))]

"""Noun phrases of all kinds: above all names, with a cue to what they name where they need it."""

from structdistill.data.corpus.dice import Dice
from structdistill.data.corpus.lexicon import nouns as lexicon
from structdistill.data.corpus.lexicon.modifiers import DIRECTIONS
from structdistill.data.corpus.lexicon.people import TITLES
from structdistill.data.corpus.names import ENTITIES, Name, Names
from structdistill.data.corpus.nominal import Nominal
from structdistill.data.corpus.plain_nouns import PRONOUNS, PlainNouns
from structdistill.data.corpus.quantities import MEASURES, counted, measure, number
from structdistill.data.corpus.slots import Slot
from structdistill.data.corpus.tree import Child, Node, comma, group, leaf, phrase

_NAMED = {
    "person": 0.65, "company": 0.8, "team": 0.85, "school": 0.75, "agency": 0.6, "town": 0.85,
    "country": 0.9, "landmark": 0.75, "water": 0.8, "work": 0.6, "event": 0.5, "war": 1.0,
    "disaster": 0.25, "product": 0.45, "vehicle": 0.5, "program": 1.0,
}  # fmt: skip
"""How often a thing of a kind goes by its name."""

_LISTED = ("person", "town", "country", "company")
"""Kinds whose names come together."""

_FIXED = {
    "stake": ("a:stake,share,shareholding", "in+company!"),
    "story": ("the:story,tale,life", "of+person/event/war"),
    "payment": ("a:fine,premium,dividend", "of+money"),
    "courses": ("a:course,degree,diploma", "in+field"),
}
"""Kinds of noun phrase that are a noun and what it needs."""


class NounPhrases:
    """Draws noun phrases.

    `revealing` says that the words around a phrase tell what a name in it would name. Where they
    do not, the name tells that itself, or an epithet or apposition does. `detail` is how many
    phrases may be put into one another.

    Args:
        dice: the source of chance.
    """

    def __init__(self, dice: Dice):
        self._dice = dice
        self._names = Names(dice)
        self._nouns = PlainNouns(dice)

    def forget(self) -> None:
        """Starts a new sentence."""
        self._names.forget()

    def nominal(self, kind: str, *, revealing: bool, detail: int) -> Nominal:
        """A noun phrase for a thing of this kind."""
        if kind in lexicon.COUNTED:
            return Nominal(counted(self._dice, kind), kind, "they")
        if kind in MEASURES:
            return Nominal(measure(self._dice, kind), kind, "it")
        if kind in lexicon.MASS:
            noun = self._dice.zipf(lexicon.MASS[kind].split())
            return Nominal(phrase("NP", leaf("NN", noun)), kind, "it")
        if kind in _FIXED:
            head, modifier = (self.complement(Slot.parse(text), detail) for text in _FIXED[kind])
            return Nominal(phrase("NP", head, ("nmod", modifier)), kind, "it")
        if kind == "distance":
            return Nominal(self._distance(), kind, "it")
        if kind == "player" and self._dice.chance(0.75):
            return self.named("person", revealing=revealing, detail=detail)
        if kind in ENTITIES and self._dice.chance(_NAMED[kind]):
            return self.named(kind, revealing=revealing, detail=detail)
        return self.common(kind, detail=detail)

    def complement(self, slot: Slot, detail: int) -> Node:
        """A phrase for a slot that is no clause, with the preposition if the slot has one."""
        if slot.nouns:
            node = self._nouns.determined(slot.determiner, leaf("NN", self._dice.zipf(slot.nouns)))
        else:
            kind = self._dice.one(slot.kinds)
            node = self.nominal(kind, revealing=slot.revealing, detail=detail).node
        return prepositional(slot.preposition, node) if slot.preposition else node

    def common(self, kind: str, *, detail: int, determiner: str | None = None) -> Nominal:
        """A thing by a common noun, with this determiner or any."""
        if kind == "person" and determiner is None and self._dice.chance(0.3):
            return self._person_of(detail)
        nominal = self._nouns.draw(kind, determiner)
        if detail <= 0 or kind not in lexicon.MODIFIERS or not self._dice.chance(0.35):
            return nominal
        slot = Slot.parse(self._dice.zipf(lexicon.MODIFIERS[kind].split()))
        node = phrase("NP", nominal.node, ("nmod", self.complement(slot, detail - 1)))
        return Nominal(node, kind, nominal.pronoun)

    def named(self, kind: str, *, revealing: bool, detail: int) -> Nominal:
        """A thing by its name."""
        explicable = kind in lexicon.EPITHETS
        unclear = not revealing and explicable and self._dice.chance(0.6)
        name = self._names.draw(kind, telling=not revealing and not unclear)
        titled = name.node.leaves()[0].word in TITLES
        if unclear and not titled and (detail <= 0 or self._dice.chance(0.5)):
            pronoun = "they" if kind == "team" else name.pronoun
            return Nominal(self._with_epithet(name, kind), kind, pronoun)
        node = self._bare(name, kind)
        if (unclear and not titled) or (explicable and detail > 0 and self._dice.chance(0.14)):
            node = self._with_apposition(node, kind, name.pronoun, detail)
        elif detail > 0 and kind in _LISTED and self._dice.chance(0.08):
            node = self._coordinated(node, kind, telling=not revealing)
            return Nominal(node, kind, "they")
        return Nominal(node, kind, name.pronoun)

    def _bare(self, name: Name, kind: str) -> Node:
        if kind in ("product", "vehicle"):
            determiner = self._dice.weighted({"a": 3, "the": 3, "this": 0.5})
            new = [("amod", leaf("JJ", "new"))] if self._dice.chance(0.2) else []
            return self._nouns.determined(determiner, *new, name.node)
        node = name.node if name.node.label else phrase("NP", name.node)
        if kind == "work" and self._dice.chance(0.3):
            quotes = leaf("``", '"'), leaf("''", '"')
            return phrase("NP", ("punct", quotes[0]), node, ("punct", quotes[1]))
        return node

    def _with_epithet(self, name: Name, kind: str) -> Node:
        """`striker Rose`, `her brother Will`, `the novel Emma`, `the town of Lincoln`."""
        noun = self._dice.zipf(_fitting(lexicon.EPITHETS[kind].split(), name.pronoun))
        epithet = leaf("NNS" if noun.endswith("s") else "NN", noun)
        if kind in ("town", "country"):
            head = self._nouns.determined("the", epithet)
            return phrase("NP", head, ("nmod", prepositional("of", self._bare(name, kind))))
        if not _compoundable(name):
            head = self._nouns.determined("the", epithet)
            appositive = ("appos", self._bare(name, kind))
            if kind == "team":
                return phrase("NP", head, comma(), appositive, comma())
            return phrase("NP", head, appositive)
        if kind == "person" and self._dice.chance(0.3):
            relative = leaf("NN", self._dice.one(_fitting(lexicon.RELATIVES, name.pronoun)))
            owner = self._dice.one(["her", "his", "my", "their"])
            return self._nouns.determined(owner, ("compound", relative), name.node)
        bare = kind == "team" or (kind == "person" and self._dice.chance(0.7))
        article = "" if bare else "the"
        return self._nouns.determined(article, ("compound", epithet), name.node)

    def _with_apposition(self, node: Node, kind: str, pronoun: str, detail: int) -> Node:
        """`Jordan , a nurse from Leeds ,`."""
        if kind == "person" and self._dice.chance(0.2):
            explanation = phrase("NP", leaf("CD", str(self._dice.between(18, 90))))
            return phrase("NP", node, comma(), ("appos", explanation), comma())
        office = kind == "person" and self._dice.chance(0.5)
        while True:
            if office:
                explained = self._person_of(detail - 1)
            else:
                explained = self.common(kind, detail=detail, determiner="a")
            if kind != "person" or explained.pronoun == pronoun:
                return phrase("NP", node, comma(), ("appos", explained.node), comma())

    def _coordinated(self, node: Node, kind: str, *, telling: bool) -> Node:
        """`Ford and Rose Tyler`, or three names."""
        drawn = {_words(node): node}
        count = 2 if self._dice.chance(0.7) else 3
        while len(drawn) < count:
            another = self._bare(self._names.draw(kind, telling=telling), kind)
            drawn.setdefault(_words(another), another)
        first, *middle, last = drawn.values()
        listed = [part for name in middle for part in (comma(), ("conj", name))]
        return phrase("NP", first, *listed, ("cc", leaf("CC", "and")), ("conj", last))

    def _person_of(self, detail: int) -> Nominal:
        """A person by what they are to something with a name."""
        if self._dice.chance(0.5):
            kind = self._dice.one(list(lexicon.MEMBERS))
            noun = self._dice.zipf(lexicon.MEMBERS[kind].split())
            pronoun = self._nouns.pronoun(noun, "person")
            name = self._names.draw(kind, telling=False)
            if _compoundable(name):
                node = self._nouns.determined("a", ("compound", name.node), leaf("NN", noun))
                return Nominal(node, "person", pronoun)
            origin = prepositional("from", self._bare(name, kind))
            member = self._nouns.determined("a", leaf("NN", noun))
            return Nominal(phrase("NP", member, ("nmod", origin)), "person", pronoun)
        kind = self._dice.one(list(lexicon.OFFICES))
        *modifiers, noun = self._dice.zipf(lexicon.OFFICES[kind].split()).split("_")
        office: list[Node | Child] = [("compound", leaf("NN", word)) for word in modifiers]
        office.append(leaf("NN", noun))
        pronoun = self._nouns.pronoun(noun, "person")
        whole = self.named(kind, revealing=True, detail=0).node
        if self._dice.chance(0.4):
            inside = (whole,) if whole.entity else whole.children
            owner = phrase("NP", *inside, ("case", leaf("POS", "'s")))
            return Nominal(phrase("NP", ("nmod:poss", owner), *office), "person", pronoun)
        head = self._nouns.determined("the", *office)
        node = phrase("NP", head, ("nmod", prepositional("of", whole)))
        return Nominal(node, "person", pronoun)

    def _distance(self) -> Node:
        """`30 miles north of Lincoln`."""
        miles = phrase("NP", ("nummod", number(self._dice)), leaf("NNS", "miles"))
        direction = leaf("RB", self._dice.one(DIRECTIONS))
        town = self.named("town", revealing=True, detail=0).node
        return phrase("ADVP", ("obl:npmod", miles), direction, ("obl", prepositional("of", town)))


def _words(node: Node) -> tuple[str, ...]:
    return tuple(word.word for word in node.leaves())


def _fitting(nouns: list[str], pronoun: str) -> list[str]:
    """The nouns that go with the pronoun: a man is no actress."""
    return [noun for noun in nouns if PRONOUNS.get(noun, pronoun) == pronoun]


def _compoundable(name: Name) -> bool:
    """Whether another noun can stand directly before or after the name."""
    return not name.node.label and name.node.leaves()[0].label != "DT"


def prepositional(preposition: str, complement: Node) -> Node:
    """A preposition, of several words if joined by `_`, before a noun phrase or clause."""
    first, *others = (leaf("TO" if w == "to" else "IN", w) for w in preposition.split("_"))
    case = group(first, *(("fixed", word) for word in others)) if others else first
    return phrase("PP", ("case", case), complement)

"""Verbs with their auxiliaries, and the verb phrases that they build."""

from collections.abc import Sequence
from dataclasses import dataclass

from structdistill.data.corpus.dice import Dice
from structdistill.data.corpus.lexicon.modifiers import FREQUENCY, SEQUENCE
from structdistill.data.corpus.lexicon.verbs import STATIVE
from structdistill.data.corpus.morphology import inflect
from structdistill.data.corpus.tree import Child, Node, leaf, phrase

Auxiliaries = tuple[tuple[Child, ...], ...]
"""Auxiliary verbs, each with what follows it before the next, such as `not`."""

MODALS = ("will", "would", "could", "might", "may", "should", "must", "can")

TENSES = {
    "past": 60, "present": 12, "will": 7, "could": 1.5, "may": 1.5, "should": 1, "might": 1,
    "must": 0.5, "can": 0.5, "perfect": 6, "past perfect": 3, "progressive": 3,
    "past progressive": 3,
}  # fmt: skip
REPORTED = {"past": 5, "past perfect": 3, "would": 2, "could": 1, "might": 0.5}
UNREPORTED = {"present": 4, "will": 3, "past": 3, "perfect": 1, "may": 1, "should": 0.5}
"""How often a clause has a tense: by itself, after `said`, after `says`."""

_TAGS = {
    "past": "VBD", "past perfect": "VBD", "past progressive": "VBD", "participle": "VBN",
    **dict.fromkeys((*MODALS, "infinitive", "base"), "VB"),
}  # fmt: skip
"""The first verb's part of speech; where there is none it depends on the subject."""

_INFINITE = ("infinitive", "base", "participle")
_SIMPLE = {"progressive": "present", "past progressive": "past"}
_CONTRACTING = ("did", "does", "do", "was", "were", "is", "has", "had", "have", "would", "could")


@dataclass(frozen=True, slots=True)
class Predicate:
    """What is said of a subject, still in parts, so that a question can invert it.

    Args:
        auxiliaries: the auxiliaries, a copula included.
        core: the innermost verb phrase, or what a copula links to.
    """

    auxiliaries: Auxiliaries
    core: Node

    def verb_phrase(self) -> Node:
        """All of it as one phrase."""
        return _nested(self.auxiliaries, self.core)

    def inverted(self, subject: Child) -> list[Node | Child]:
        """The first auxiliary, the subject, and the rest, as in a question."""
        (auxiliary, *between), *others = self.auxiliaries
        return [auxiliary, subject, *between, _nested(others, self.core)]


def _nested(auxiliaries: Sequence[Sequence[Child]], core: Node) -> Node:
    for auxiliary in reversed(auxiliaries):
        core = phrase("VP", *auxiliary, core)
    return core


def verb_group(
    dice: Dice, verb: str, tense: str, *, pronoun: str, passive: bool, support: bool
) -> tuple[Auxiliaries, list[Node | Child]]:
    """The auxiliaries of a verb, then the verb with an adverb before it at times.

    Args:
        dice: the source of chance.
        verb: the base form.
        tense: `past`, `present`, `perfect`, `progressive`, `past perfect`, `past progressive`,
            `infinitive`, `base`, `participle` or one of `MODALS`.
        pronoun: that of the subject.
        passive: whether the verb is in the passive.
        support: whether there must be an auxiliary, if only `do`.
    """
    finite = tense not in _INFINITE
    if verb in STATIVE:
        tense = _SIMPLE.get(tense, tense)
    negated = finite and not support and dice.chance(0.06)
    auxiliaries, main = _chain(verb, tense, pronoun, passive, support or negated)
    groups = [[auxiliary] for auxiliary in auxiliaries]
    before: list[Node | Child] = []
    if negated:
        contracts = auxiliaries[0][1].word in _CONTRACTING and dice.chance(0.7)
        groups[0].append(("advmod", leaf("RB", "n't" if contracts else "not")))
    elif finite and dice.chance(0.07):
        adverb = (
            "advmod",
            phrase("ADVP", leaf("RB", dice.zipf(FREQUENCY if tense == "present" else SEQUENCE))),
        )
        (groups[0] if groups else before).append(adverb)
    return tuple(map(tuple, groups)), [*before, main]


def copula(tense: str, *, pronoun: str) -> Auxiliaries:
    """The auxiliaries and the form of `be` in a tense, as for `verb_group`."""
    auxiliaries, be = _chain("be", _SIMPLE.get(tense, tense), pronoun, False, False)
    return tuple((auxiliary,) for auxiliary in [*auxiliaries, ("cop", be)])


def _chain(
    verb: str, tense: str, pronoun: str, passive: bool, support: bool
) -> tuple[list[Child], Node]:
    """The auxiliaries, and the verb in the form that they ask for."""
    present = "VBP" if pronoun in ("I", "we", "they") else "VBZ"
    tag = _TAGS.get(tense, present)
    auxiliaries: list[Child] = []

    def add(auxiliary: str, role: str, following: str) -> str:
        word = inflect(auxiliary, tag, pronoun=pronoun)
        auxiliaries.append((role, leaf(tag, word)))
        return following

    if tense in MODALS:
        auxiliaries.append(("aux", leaf("MD", tense)))
    if tense == "infinitive":
        auxiliaries.append(("mark", leaf("TO", "to")))
    if tense.endswith("perfect"):
        tag = add("have", "aux", "VBN")
    if tense.endswith("progressive"):
        tag = add("be", "aux", "VBG")
    if passive and tense != "participle":
        tag = add("be", "aux:pass", "VBN")
    if support and not auxiliaries:
        tag = add("do", "aux", "VB")
    return auxiliaries, leaf(tag, inflect(verb, tag, pronoun=pronoun))

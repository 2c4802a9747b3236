"""The notation of what a verb or noun takes, see `lexicon.verbs`."""

from dataclasses import dataclass
from typing import Self

_UNIONS = {"place": ("town", "country"), "institution": ("school", "agency")}
CLAUSES = {"that", "whether", "to"}
"""Complements that are clauses."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One complement.

    Args:
        preposition: what it begins with, or nothing.
        kinds: the kinds of noun phrase that fit, or one of `CLAUSES`.
        determiner: that of `nouns`.
        nouns: the nouns that fit, if the choice is that narrow.
        revealing: whether the slot itself tells what a name in it names.
        movable: whether it is an object that may be asked for or become a passive's subject.
    """

    preposition: str
    kinds: tuple[str, ...]
    determiner: str
    nouns: tuple[str, ...]
    revealing: bool
    movable: bool

    @property
    def nominal(self) -> bool:
        """Whether it is a noun phrase without a preposition."""
        return not self.preposition and not CLAUSES & {*self.kinds}

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `preposition+kind/kind!~` or `preposition+determiner:noun,noun`."""
        preposition, _, rest = text.rpartition("+")
        movable = not preposition and not rest.endswith("~")
        rest = rest.removesuffix("~")
        revealing = rest.endswith("!")
        determiner, _, nouns = rest.rpartition(":")
        if determiner:
            return cls(preposition, (), determiner, tuple(nouns.split(",")), False, False)
        names = rest.removesuffix("!").split("/")
        kinds = tuple(kind for name in names for kind in _UNIONS.get(name, (name,)))
        return cls(preposition, kinds, "", (), revealing, movable and not CLAUSES & {*kinds})

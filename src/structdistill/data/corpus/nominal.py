"""A noun phrase with what verbs and pronouns must know of it."""

from dataclasses import dataclass

from structdistill.data.corpus.tree import Node, leaf, phrase

OBJECTS = {"he": "him", "she": "her", "it": "it", "they": "them"}
POSSESSIVES = {
    "he": "his", "she": "her", "it": "its", "they": "their", "we": "our", "you": "your", "I": "my",
}  # fmt: skip
"""Other forms of the pronouns."""


@dataclass(frozen=True, slots=True)
class Nominal:
    """A noun phrase.

    Args:
        node: the phrase.
        kind: what it stands for, such as `person`.
        pronoun: what refers back to it, which tells its number and person.
    """

    node: Node
    kind: str
    pronoun: str


def pronominal(pronoun: str, kind: str) -> Nominal:
    """A pronoun as a subject."""
    return Nominal(phrase("NP", leaf("PRP", pronoun)), kind, pronoun)

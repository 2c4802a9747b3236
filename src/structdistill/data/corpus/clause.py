"""A clause, still in parts."""

from dataclasses import dataclass

from structdistill.data.corpus.nominal import Nominal
from structdistill.data.corpus.predicates import Predicate
from structdistill.data.corpus.tree import Child, Node, phrase


@dataclass(frozen=True, slots=True)
class Clause:
    """A subject and what is said of it.

    Args:
        subject: the subject.
        role: its relation, `nsubj` or `nsubj:pass`.
        predicate: the rest.
    """

    subject: Nominal
    role: str
    predicate: Predicate

    def children(self) -> tuple[Child, Node]:
        """The subject and the verb phrase, to be put into a sentence."""
        return (self.role, self.subject.node), self.predicate.verb_phrase()

    def declarative(self) -> Node:
        """The clause in its plain order."""
        return phrase("S", *self.children())

    def inverted(self) -> list[Node | Child]:
        """The parts of the clause in the order of a question."""
        return self.predicate.inverted((self.role, self.subject.node))

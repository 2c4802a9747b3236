"""Constituency trees that know their heads: the one thing that the grammar composes."""

from collections.abc import Iterator
from dataclasses import dataclass

HEAD = "head"
"""The role of the child that the others depend on."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A word, a phrase, or a group of words that has no bracket of its own.

    Args:
        label: the part of speech of a word, the label of a phrase, nothing for a group.
        word: the word, nothing for a phrase or group.
        children: with the relation of each to its head sister, whose own role is `HEAD`.
        entity: the type of entity that the words name.
        governor: what the node depends on if that is not its head sister. Such a node has left
            its place in the sentence, and the dependency tree may cross itself.
    """

    label: str
    word: str = ""
    children: tuple[tuple[str, "Node"], ...] = ()
    entity: str = ""
    governor: "Node | None" = None

    def nodes(self) -> Iterator["Node"]:
        """The node and all below it, parents first, from left to right."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += [child for _, child in reversed(node.children)]

    def leaves(self) -> list["Node"]:
        """The words, from left to right."""
        return [node for node in self.nodes() if not node.children]

    def head(self) -> "Node":
        """The word on which, directly or not, all other words of the node depend."""
        node = self
        while node.children:
            node = next(child for role, child in node.children if role == HEAD)
        return node


Child = tuple[str, Node]
"""A node with its relation to its head sister."""


def leaf(tag: str, word: str) -> Node:
    """A word with its part of speech."""
    return Node(tag, word)


def phrase(
    label: str,
    *children: Node | Child,
    entity: str = "",
    governor: Node | None = None,
) -> Node:
    """A phrase of children in order: the bare one is the head, the others say their relation."""
    roles = tuple((HEAD, child) if isinstance(child, Node) else child for child in children)
    return Node(label, children=roles, entity=entity, governor=governor)


def group(*children: Node | Child, entity: str = "") -> Node:
    """Words that belong together without being a constituent, such as a name in a noun phrase."""
    return phrase("", *children, entity=entity)


def comma() -> Child:
    """A comma; the layers drop it before other punctuation."""
    return "punct", leaf(",", ",")

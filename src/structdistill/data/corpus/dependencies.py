"""Dependencies from a constituency tree with heads."""

from collections.abc import Sequence

from structdistill.data.corpus.tree import HEAD, Child, Node


def arcs(root: Node) -> dict[int, tuple[Node, str]]:
    """The governor of every word but the root's head, and the relation to it, by the word's id.

    A phrase depends on the head of its head sister, with two exceptions: conjunctions and commas
    before a later conjunct depend on that, as in Universal Dependencies; a node with a governor
    of its own depends on that.
    """
    found = {}
    for node in root.nodes():
        for place, (role, child) in enumerate(node.children):
            if role != HEAD:
                governor = child.governor or _conjunct(role, node.children[place:]) or node
                found[id(child.head())] = governor.head(), role
    return found


def _conjunct(role: str, later: Sequence[Child]) -> Node | None:
    """The conjunct that a conjunction or comma introduces."""
    if role not in ("cc", "punct"):
        return None
    return next((child for sister, child in later if sister == "conj"), None)

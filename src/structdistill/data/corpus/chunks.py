"""Chunks from a constituency tree with heads, as the CoNLL-2000 task cut them."""

from structdistill.data.corpus.tree import HEAD, Node

LABELS = {
    "NP": "NP", "WHNP": "NP", "ADVP": "ADVP", "WHADVP": "ADVP", "ADJP": "ADJP", "VP": "VP",
    "PP": "PP", "SBAR": "SBAR", "PRT": "PRT",
}  # fmt: skip
"""The label of the chunk that a phrase begins, if it begins one."""

_TO_HEAD = ("NP", "WHNP", "ADVP", "WHADVP", "ADJP")
_INSIDE = ("", "ADJP", "QP")
_PUNCTUATION = (",", ".", ":", "``", "''", "-LRB-", "-RRB-")


def chunks(root: Node) -> dict[int, Node]:
    """The phrase whose chunk a word is in, by the word's id; no entry for a word outside.

    A noun, adjective or adverb chunk reaches from the beginning of its phrase to the head or a
    number after it, and a possessive 's begins the next; a verb chunk takes in all verbs of a chain
    and what stands between them; a preposition or complementiser is a chunk without its complement.
    """
    found: dict[int, Node] = {}
    _visit(root, None, found)
    return found


def _visit(node: Node, verbs: Node | None, found: dict[int, Node]) -> None:
    """Cuts a phrase; `verbs` is the verb chunk that reaches right up to it."""
    if node.label in _TO_HEAD:
        _to_head(node, found)
    elif node.label in ("VP", "S"):
        _verbal(node, verbs, found)
    else:
        for _, child in node.children:
            if child.children and child.label:
                _visit(child, None, found)
            elif node.label in LABELS and child.label not in _PUNCTUATION:
                found.update({id(leaf): node for leaf in child.leaves()})


def _to_head(node: Node, found: dict[int, Node]) -> None:
    children = [child for _, child in node.children]
    head = [role for role, _ in node.children].index(HEAD)
    flat = not children[head].children or children[head].label in _INSIDE
    for place, child in enumerate(children):
        before = place <= head and (not child.children or child.label in _INSIDE)
        if flat and (before or child.label == "CD"):
            found.update({id(leaf): node for leaf in child.leaves()})
            continue
        _visit(child, None, found)
        last = child.leaves()[-1]
        if last.label == "POS" and child.children:
            found[id(last)] = node


def _verbal(node: Node, verbs: Node | None, found: dict[int, Node]) -> None:
    children = [child for _, child in node.children]
    for child, sister in zip(children, [*children[1:], None], strict=True):
        verb = child.label.startswith("VB") or child.label in ("MD", "TO", "RB")
        if verb and node.label == "VP":
            verbs = verbs or node
            found[id(child)] = verbs
        elif child.label == "ADVP" and verbs and sister and sister.label == "VP":
            found.update({id(leaf): verbs for leaf in child.leaves()})
        else:
            _visit(child, verbs if child.label in ("VP", "S") else None, found)
            verbs = None

"""All layers of annotation from one constituency tree with heads."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from structdistill.data.corpus.annotated import Annotated
from structdistill.data.corpus.chunks import LABELS, chunks
from structdistill.data.corpus.dependencies import arcs
from structdistill.data.corpus.tree import Node

Style = Literal["plain", "lower", "headline", "capitals"]
"""`lower` has no capitals, `headline` no articles, `capitals` is a headline in capitals."""

_NO_COMMA_BEFORE = (",", ".", ":", "-RRB-")
_ESCAPES = {"(": "-LRB-", ")": "-RRB-"}


def annotate(root: Node, style: Style = "plain") -> Annotated:
    """A sentence with layers that agree, because they all come from its constituency tree.

    Commas before other punctuation are dropped; sentences and quotations begin with a capital.
    """
    leaves = _kept(root, articles=style in ("plain", "lower"))
    words = _cased(leaves, style)
    number = {id(leaf): place for place, leaf in enumerate(leaves, start=1)}
    governors = arcs(root)
    dependencies = [governors.get(id(leaf)) for leaf in leaves]
    return Annotated(
        words=tuple(words),
        pos=tuple(leaf.label for leaf in leaves),
        entities=_iob(leaves, _entities(root), lambda node: node.entity),
        chunks=_iob(leaves, chunks(root), lambda node: LABELS[node.label]),
        heads=tuple(number[id(arc[0])] if arc else 0 for arc in dependencies),
        relations=tuple(arc[1] if arc else "root" for arc in dependencies),
        tree=f"(ROOT {_bracketed(root, dict(zip(map(id, leaves), words, strict=True)))})",
    )


def _kept(root: Node, *, articles: bool) -> list[Node]:
    leaves = root.leaves()
    labels = [*(leaf.label for leaf in leaves[1:]), "."]
    return [
        leaf
        for leaf, following in zip(leaves, labels, strict=True)
        if not (leaf.label == "," and following in _NO_COMMA_BEFORE)
        and (articles or leaf.word not in ("a", "an", "the"))
    ]


def _cased(leaves: Sequence[Node], style: Style) -> list[str]:
    if style == "lower":
        return [leaf.word.lower() for leaf in leaves]
    if style == "capitals":
        return [leaf.word.upper() for leaf in leaves]
    words, begins = [], True
    for leaf in leaves:
        # A name has the capitals it wants: `iPhone`.
        capital = begins and not leaf.label.startswith("NNP")
        words.append(leaf.word[:1].upper() + leaf.word[1:] if capital else leaf.word)
        begins = leaf.label == "``"
    return words


def _entities(root: Node) -> dict[int, Node]:
    """The outermost name that a word is in, by the word's id; an article is in none."""
    found: dict[int, Node] = {}
    for node in root.nodes():
        if node.entity:
            for leaf in node.leaves():
                found.setdefault(id(leaf), node)
    return {
        id(leaf): found[id(leaf)]
        for leaf in root.leaves()
        if id(leaf) in found and (leaf.label, leaf.word) != ("DT", "the")
    }


def _iob(
    leaves: Sequence[Node], owners: Mapping[int, Node], label: Callable[[Node], str]
) -> tuple[str, ...]:
    tags, before = [], None
    for leaf in leaves:
        owner = owners.get(id(leaf))
        tags.append("O" if owner is None else f"{'I' if owner is before else 'B'}-{label(owner)}")
        before = owner
    return tuple(tags)


def _bracketed(node: Node, words: Mapping[int, str]) -> str:
    if not node.children:
        word = words.get(id(node))
        return f"({node.label} {_ESCAPES.get(word, word)})" if word else ""
    inside = " ".join(filter(None, (_bracketed(child, words) for _, child in node.children)))
    return f"({node.label} {inside})" if node.label else inside

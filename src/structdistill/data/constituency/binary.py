"""Constituency trees as labelled binary spans, and back, with nothing lost.

Unary chains are collapsed into one label. A node of more than two children is binarised to the
right: an auxiliary node holds all children but the first, and so on. Every span of words is then
there at most once, and a tree over n words is n single words and n − 1 wider spans, each made of
two others.

    (S (NP (PRP We)) (VP (VBD sold) (NP (NNS books)) (ADVP (RB there))))
    →  0:4 S    0:1 NP(PRP    1:4 VP    1:2 VBD    2:4 auxiliary    2:3 NP(NNS    3:4 ADVP(RB

A chain is written from the top down with an opening bracket between its labels, which no label can
contain. That of a single word ends in the word's part of speech.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nltk.tree import Tree

from structdistill.data.constituency.bracketing import constituents, escape, nodes

AUXILIARY = "()"
"""The label of a span that is no constituent; unlike any chain."""

BETWEEN = "("
"""Stands between the labels of a chain."""


class Span(NamedTuple):
    """`words[start:end]` and the chain of labels that it bears."""

    start: int
    end: int
    chain: str


def to_spans(tree: Tree) -> list[Span]:
    """The binary spans of a tree, parents first, from left to right."""
    spans = []
    waiting: list[tuple[int, str, list[Tree]]] = [(0, "", [tree])]
    sizes = {id(node): end - start for node, start, end in nodes(tree)}
    while waiting:
        start, chain, forest = waiting.pop()
        end = start + sum(sizes[id(node)] for node in forest)
        if len(forest) == 1:
            labels, node = [forest[0].label()], forest[0]
            while len(node) == 1 and isinstance(node[0], Tree):
                node = node[0]
                labels.append(node.label())
            chain = BETWEEN.join(labels)
            forest = list(node) if len(node) > 1 else []
        spans.append(Span(start, end, chain))
        if forest:
            middle = start + sizes[id(forest[0])]
            waiting.append((middle, AUXILIARY, forest[1:]))
            waiting.append((start, "", forest[:1]))
    return spans


def from_spans(spans: Iterable[Span], words: Sequence[str]) -> Tree:
    """The tree of some binary spans.

    Args:
        spans: as `to_spans` gives them, in any order; the widest one must not be auxiliary.
        words: as long as the widest span.
    """
    # From each word on: where the pieces built so far end, and the trees that they consist of.
    forest: dict[int, tuple[int, list[Tree]]] = {}
    for start, end, chain in sorted(spans, key=lambda span: span.end - span.start):
        pieces: list[Tree | str] = [escape(words[start])]
        if end - start > 1:
            middle, left = forest[start]
            pieces = [*left, *forest[middle][1]]
        if chain != AUXILIARY:
            for label in reversed(chain.split(BETWEEN)):
                pieces = [Tree(label, pieces)]
        forest[start] = (end, pieces)
    end, (tree,) = forest[0]
    assert end == len(words)
    return tree


def strip_functions(tree: Tree) -> Tree:
    """Takes function tags, indices and alternatives from the constituents of a tree, in place.

    `NP-SBJ=2|X` becomes `NP`. A label that begins with a hyphen (`-NONE-`) and parts of speech stay
    as they are.
    """
    for node, _, _ in constituents(tree):
        category = re.match(r"-.*|[^-=|]+|", node.label())
        assert category is not None
        node.set_label(category[0] or node.label())
    return tree

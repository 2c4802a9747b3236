"""Trees as labelled binary spans."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from nltk.tree import Tree

from structdistill.data.constituency.binary import (
    AUXILIARY,
    Span,
    from_spans,
    strip_functions,
    to_spans,
)
from structdistill.data.constituency.bracketing import flat, parse
from structdistill.data.corpus import generate
from tests.bracketed import trees


def test_a_tree_by_hand() -> None:
    tree = parse("(ROOT (S (NP (PRP We)) (VP (VBD sold) (NP (NNS books)) (ADVP (RB there)))))")
    assert to_spans(tree) == [
        Span(0, 4, "ROOT(S"),
        Span(0, 1, "NP(PRP"),
        Span(1, 4, "VP"),
        Span(1, 2, "VBD"),
        Span(2, 4, AUXILIARY),
        Span(2, 3, "NP(NNS"),
        Span(3, 4, "ADVP(RB"),
    ]


@settings(derandomize=True, deadline=None, max_examples=200)
@given(tree=trees())
def test_every_tree_is_restored_exactly_and_from_spans_in_any_order(tree: Tree) -> None:
    spans = to_spans(tree)
    assert from_spans(spans, tree.leaves()) == tree
    assert from_spans(sorted(spans, key=lambda s: s.chain), tree.leaves()) == tree


@settings(derandomize=True, deadline=None, max_examples=200)
@given(tree=trees())
def test_spans_are_a_binary_bracketing(tree: Tree) -> None:
    places = [(start, end) for start, end, _ in to_spans(tree)]
    words = len(tree.leaves())
    assert len(set(places)) == len(places) == 2 * words - 1
    assert {(i, i + 1) for i in range(words)} | {(0, words)} <= set(places)
    assert not any(a < c < b < d or c < a < d < b for (a, b), (c, d) in combinations(places, 2))


def test_the_trees_of_the_generated_corpus_are_restored() -> None:
    for sentence in generate(200, seed=1):
        spans = to_spans(parse(sentence.tree))
        assert flat(from_spans(spans, sentence.words)) == sentence.tree


def test_a_long_chain_of_nodes_is_no_problem() -> None:
    tree = Tree("X", ["word"])
    for _ in range(490):
        tree = Tree("NP", [Tree("DT", ["the"]), tree])
    text = flat(tree)
    assert flat(parse(text)) == text
    assert flat(from_spans(to_spans(tree), ["the"] * 490 + ["word"])) == text
    assert flat(strip_functions(tree)) == text


@pytest.mark.parametrize(
    ("label", "category"),
    [
        ("NP-SBJ=2|X", "NP"),
        ("NP=3", "NP"),
        ("ADVP|PRT", "ADVP"),
        ("NP", "NP"),
        ("-NONE-", "-NONE-"),
        ("-LRB-", "-LRB-"),
        ("=", "="),
    ],
)
def test_function_tags_are_what_follows_the_category(label: str, category: str) -> None:
    tree = Tree("ROOT", [Tree(label, [Tree("NN-X", ["a"]), Tree("-LRB-", ["-LRB-"])])])
    assert flat(strip_functions(tree)) == f"(ROOT ({category} (NN-X a) (-LRB- -LRB-)))"


def test_words_that_are_brackets_are_escaped() -> None:
    assert flat(from_spans([Span(0, 1, "X(-LRB-")], ["("])) == "(X (-LRB- -LRB-))"

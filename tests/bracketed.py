"""Trees of every shape that the format can hold."""

from hypothesis import strategies as st
from nltk.tree import Tree

LABELS = ["NP", "NP-SBJ", "S", "X+Y", "ADVP|PRT", "-NONE-", "S=2"]
WORDS = st.text(
    st.characters(exclude_characters=" \t\r\n()", exclude_categories=["Cs", "Cc"]), min_size=1
)


def preterminals() -> st.SearchStrategy[Tree]:
    """A word with its part of speech."""
    return st.builds(lambda tag, word: Tree(tag, [word]), st.sampled_from(["NN", "NP", ","]), WORDS)


def trees() -> st.SearchStrategy[Tree]:
    """Unary chains, nodes of many children, an outermost node with or without a label."""
    inner = st.recursive(
        preterminals(),
        lambda child: st.builds(
            Tree, st.sampled_from(LABELS), st.lists(child, min_size=1, max_size=4)
        ),
        max_leaves=8,
    )
    return st.one_of(
        inner,
        st.builds(lambda label, tree: Tree(label, [tree]), st.sampled_from(["ROOT", ""]), inner),
    ).filter(lambda tree: isinstance(tree[0], Tree) or bool(tree.label()))

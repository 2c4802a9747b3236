"""Constituency trees as bracketed text: `(S (NP (DT The) (NN dog)) (VP (VBZ barks)))`."""

import re
from collections.abc import Iterable, Iterator, Sequence

from nltk.tree import Tree

from structdistill.data.sentence import Sentence
from structdistill.errors import DataError

# Only these separate: a word may hold a no-break space.
_SYMBOL = r"[^ \t\r\n()]+"
_TOKEN = re.compile(rf"[()]|{_SYMBOL}")
_ESCAPES = {"(": "-LRB-", ")": "-RRB-"}


def parse(text: str) -> Tree:
    """The tree that a text brackets.

    Raises:
        ValueError: brackets that do not match, a node that is empty or has no label, a word
            without a part of speech; says what and how to mend it.
    """
    try:
        tree = Tree.fromstring(text, node_pattern=_SYMBOL, leaf_pattern=_SYMBOL)
    except ValueError as error:
        raise ValueError(
            f"expected one tree whose brackets match, at most 500 deep, found {_short(text)}"
        ) from error
    for node, _, _ in nodes(tree):
        mistake = _mistake(node, node is tree)
        if mistake:
            raise ValueError(f"in {_short(flat(node))}, {mistake}")
    return tree


def nodes(tree: Tree) -> Iterator[tuple[Tree, int, int]]:
    """All nodes, parents first and from left to right, with the words `[start:end]` they span.

    Like all here it does not recurse: a tree may be as deep as its sentence is long.
    """
    order, waiting = [], [tree]
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting += [child for child in reversed(node) if isinstance(child, Tree)]
    sizes: dict[int, int] = {}
    for node in reversed(order):
        sizes[id(node)] = sum(sizes[id(c)] if isinstance(c, Tree) else 1 for c in node)
    start = 0
    for node in order:
        yield node, start, start + sizes[id(node)]
        start += sum(not isinstance(child, Tree) for child in node)


def constituents(tree: Tree) -> Iterator[tuple[Tree, int, int]]:
    """The nodes above parts of speech, parents first, with the words that they span."""
    return (found for found in nodes(tree) if isinstance(found[0][0], Tree))


def words_of(tree: Tree) -> list[tuple[str, str]]:
    """The words of a tree, each with its part of speech."""
    return [(node[0], node.label()) for node, _, _ in nodes(tree) if isinstance(node[0], str)]


def flat(tree: Tree) -> str:
    """The tree on one line, one space before each child."""
    closing, parts, waiting = object(), [], [tree]
    while waiting:
        node = waiting.pop()
        if node is closing:
            parts.append(")")
        elif isinstance(node, Tree):
            parts.append(f" ({node.label()}")
            waiting += [closing, *reversed(node)]
        else:
            parts.append(f" {node}")
    return "".join(parts)[1:]


def tree_of(sentence: Sentence) -> Tree:
    """A sentence's tree.

    Raises:
        DataError: there is none, it is no tree, or its words are not those of the sentence.
    """
    if sentence.tree is None:
        raise error_in(
            sentence, "expected a tree, found none; annotate the sentence or leave it out"
        )
    try:
        tree = parse(sentence.tree)
    except ValueError as error:
        raise error_in(sentence, str(error)) from error
    leaves = tuple(escape(word) for word, _ in words_of(tree))
    words = tuple(map(escape, sentence.words))
    if leaves != words:
        raise error_in(
            sentence,
            f"the tree has other words than the sentence: {_difference(leaves, words)}. Parse the "
            "words of the sentence, split as they are",
        )
    return tree


def escape(word: str) -> str:
    """A word as a tree can hold it: a bracket is written `-LRB-` or `-RRB-`."""
    return re.sub("[()]", lambda bracket: _ESCAPES[bracket[0]], word)


def pieces(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Splits lines into the texts of trees, each with the number of the line where it begins.

    Raises:
        ValueError: a bracket without its partner, or text outside brackets; the arguments are the
            message and the line.
    """
    depth, first, tokens = 0, 0, list[str]()
    for number, line in enumerate(lines, start=1):
        for token in _TOKEN.findall(line):
            if depth == 0:
                if token != "(":
                    raise ValueError(
                        f"expected a tree that begins with '(', found {token!r}; "
                        + ("delete it" if token == ")" else "put it into brackets"),
                        number,
                    )
                first, tokens = number, []
            tokens.append(token)
            depth += (token == "(") - (token == ")")
            if depth == 0:
                yield first, " ".join(tokens)
    if depth:
        raise ValueError(
            f"the tree that begins here is not closed: ')' is missing {depth} times where it ends",
            first,
        )


def error_in(sentence: Sentence, message: str) -> DataError:
    """An error that points at a sentence."""
    path, colon, line = sentence.origin.rpartition(":")
    first = line.partition("-")[0]
    if colon and first.isdigit():
        return DataError(message, path=path, line=int(first))
    return DataError(message, path=sentence.origin or " ".join(sentence.words[:8]))


def _mistake(node: Tree, outermost: bool) -> str:
    """What is wrong with a node, and how to mend it; empty if nothing is."""
    if not node:
        return "expected words or constituents, found none; delete the brackets"
    words = [child for child in node if isinstance(child, str)]
    if words and (len(node) > 1 or not node.label()):
        return f"the word {words[0]!r} has no part of speech; write (TAG {words[0]})"
    if not node.label() and not outermost:
        return "expected a label behind '(', found none; only the outermost node may lack it"
    return ""


def _difference(leaves: Sequence[str], words: Sequence[str]) -> str:
    for number, (leaf, word) in enumerate(zip(leaves, words, strict=False), start=1):
        if leaf != word:
            return f"word {number} is {leaf!r} in the tree, {word!r} in the sentence"
    return f"{len(leaves)} words in the tree, {len(words)} in the sentence"


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"

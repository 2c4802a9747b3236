"""Constituency trees in brackets, as in the Penn Treebank."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from structdistill.data.constituency.binary import strip_functions
from structdistill.data.constituency.bracketing import flat, parse, pieces, tree_of, words_of
from structdistill.data.formats.base import Format, Stream, read_lines
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError


@dataclass(frozen=True)
class Brackets(Format):
    """`(ROOT (S (NP (DT The) (NN dog)) (VP (VBZ barks)) (. .)))`, a tree on one or more lines.

    Its leaves are the words, each with its part of speech. They are taken as they stand: a bracket
    that is a word is `-LRB-` or `-RRB-`. A tree is kept and written on one line.

    Args:
        functions: whether labels keep their function tags, indices and alternatives; without them
            `NP-SBJ=2|X` is read as `NP`.
        trees: whether trees are read, or only their words.
    """

    functions: bool = True
    trees: bool = True

    def _parse(self, path: Path | str) -> list[Sentence]:
        sentences = []
        line = 0
        try:
            for line, text in pieces(read_lines(path)):
                tree = parse(text)
                kept = tree if self.functions else strip_functions(tree)
                sentences.append(
                    Sentence(
                        tuple(word for word, _ in words_of(tree)),
                        tree=flat(kept) if self.trees else None,
                        origin=f"{path}:{line}",
                    )
                )
        except ValueError as error:
            message, *place = error.args
            raise DataError(message, path=path, line=place[0] if place else line) from error
        return sentences

    def write(self, sentences: Iterable[Sentence], stream: Stream) -> None:
        """Writes the trees alone; other annotation is left out."""
        for sentence in sentences:
            stream.write(f"{flat(tree_of(sentence))}\n")

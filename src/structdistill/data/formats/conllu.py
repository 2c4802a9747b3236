"""CoNLL-U: dependency trees, as the treebanks of Universal Dependencies have them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from conllu.exceptions import ParseException
from conllu.parser import parse_id_value, parse_int_value

from structdistill.data.formats.base import Format, Stream, read_lines
from structdistill.data.origin import error_at
from structdistill.data.sentence import Sentence
from structdistill.data.trees import mistake
from structdistill.errors import DataError

_COLUMNS = 10
_FORM, _HEAD, _RELATION, _MISC = 1, 6, 7, 9
_EMPTY = "_"

_Value = TypeVar("_Value")
# A line's number and text.
_Line = tuple[int, str]
# A line's number and columns.
_Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Conllu(Format):
    """Ten columns between TABs, a line a word, an empty line after each sentence.

    Words are the syntactic ones, numbered 1, 2, …; lines of multiword tokens (`3-4`), of empty
    nodes (`5.1`) and comments are kept, as are all columns, and written back. A head or a relation
    of `_` is unknown.

    Args:
        single_root: whether a tree with several roots is a mistake.
        trees: whether to read heads and relations, or words alone.
    """

    single_root: bool = True
    trees: bool = True

    def _parse(self, path: Path | str) -> list[Sentence]:
        return [self._sentence(path, block) for block in _blocks(read_lines(path))]

    def _sentence(self, path: Path | str, block: Sequence[_Line]) -> Sentence:
        rows = _words(path, block)
        if not rows:
            raise DataError(
                "expected the lines of a sentence's words below its comments, found none; delete "
                "the comments, or the empty line behind them",
                path=path,
                line=block[-1][0],
            )
        heads = relations = None
        if self.trees:
            heads = _known(_head(path, row, len(rows)) for row in rows)
            relations = _known(_given(columns[_RELATION]) for _, columns in rows)
        found = heads and mistake(heads, single_root=self.single_root)
        if found:
            word, message = found
            raise DataError(message, path=path, line=rows[word - 1][0])
        (first, _), (last, _) = rows[0], rows[-1]
        return Sentence(
            tuple(columns[_FORM] for _, columns in rows),
            heads=heads,
            relations=relations,
            origin=f"{path}:{first}" if first == last else f"{path}:{first}-{last}",
            lines=tuple(line for _, line in block),
        )

    def write(self, sentences: Iterable[Sentence], stream: Stream) -> None:
        """Writes each sentence as it was read, with its present heads and relations.

        Of a sentence from elsewhere, words, heads and relations; `_` fills the other columns.
        """
        for sentence in sentences:
            write_sentence(sentence, stream)


def write_sentence(
    sentence: Sentence, stream: Stream, *, confidences: Sequence[float] | None = None
) -> None:
    """Writes one sentence, as `Conllu.write` does.

    Args:
        sentence: the sentence.
        stream: an open text stream.
        confidences: of each word's head and relation, for the column MISC.

    Raises:
        DataError: a word that the format cannot hold.
    """
    heads = sentence.heads or (None,) * len(sentence)
    relations = sentence.relations or (None,) * len(sentence)
    lines, word = [], 0
    for line in sentence.lines or _new_lines(sentence):
        columns = line.split("\t")
        if not line.startswith("#") and isinstance(parse_id_value(columns[0]), int):
            head = heads[word]
            columns[_HEAD] = _EMPTY if head is None else str(head)
            columns[_RELATION] = relations[word] or _EMPTY
            if confidences is not None:
                columns[_MISC] = _with_confidence(columns[_MISC], confidences[word])
            word += 1
        lines.append("\t".join(columns) + "\n")
    assert word == len(sentence)
    stream.write("".join(lines) + "\n")


def _blocks(lines: Iterable[str]) -> Iterator[list[_Line]]:
    """The lines of each sentence."""
    block: list[_Line] = []
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip(" \t"):
            block.append((number, line))
        elif block:
            yield block
            block = []


def _words(path: Path | str, block: Iterable[_Line]) -> list[_Row]:
    """The rows of the words; those of multiword tokens and empty nodes are looked at only."""
    rows: list[_Row] = []
    for number, line in block:
        if line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) != _COLUMNS:
            raise DataError(
                f"expected {_COLUMNS} TAB-separated columns, found {len(columns)}; is this "
                "CoNLL-U, and is there an empty line between sentences?",
                path=path,
                line=number,
            )
        try:
            identity = parse_id_value(columns[0])
        except ParseException:
            identity = None
        if isinstance(identity, tuple):
            continue
        if identity != len(rows) + 1:
            raise DataError(
                f"expected the number of a word, {len(rows) + 1}, of a multiword token, as in 3-4, "
                f"or of an empty node, as in 3.1; found {columns[0]!r}. Number words from 1 in "
                "each sentence",
                path=path,
                line=number,
            )
        if not columns[_FORM].strip(" "):
            raise DataError("the word is empty; write _ for it", path=path, line=number)
        rows.append((number, columns))
    return rows


def _head(path: Path | str, row: _Row, count: int) -> int | None:
    number, columns = row
    try:
        head = parse_int_value(columns[_HEAD])
    except ParseException:
        head = -1
    if head is not None and not 0 <= head <= count:
        raise DataError(
            f"expected a head from 0, the root, to {count}, the last word, or _ if it is unknown; "
            f"found {columns[_HEAD]!r}. Correct it",
            path=path,
            line=number,
        )
    return head


def _given(column: str) -> str | None:
    return None if column == _EMPTY else column


def _known(values: Iterable[_Value | None]) -> tuple[_Value | None, ...] | None:
    """The values of a layer, None altogether if none is known."""
    found = tuple(values)
    return found if any(value is not None for value in found) else None


def _new_lines(sentence: Sentence) -> Iterator[str]:
    """The lines of a sentence that was not read from CoNLL-U, without heads and relations."""
    for index, word in enumerate(sentence.words):
        if re.search("[\t\r\n]", word) or not word.strip(" "):
            raise error_at(
                sentence, index, "TABs and line ends cannot be written in CoNLL-U; write jsonl"
            )
        yield "\t".join([str(index + 1), word, *[_EMPTY] * (_COLUMNS - 2)])


def _with_confidence(misc: str, confidence: float) -> str:
    kept = [] if misc == _EMPTY else misc.split("|")
    kept = [entry for entry in kept if not entry.startswith("Confidence=")]
    return "|".join([*kept, f"Confidence={confidence:.4f}"])

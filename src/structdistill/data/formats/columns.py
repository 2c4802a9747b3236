"""One word a line, in columns: the format of the CoNLL shared tasks."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from structdistill.data import schemes
from structdistill.data.formats.base import Format, Stream, read_lines
from structdistill.data.origin import error_at
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RecipeError

_KEY_AND_VALUE = re.compile(r"# [^\t=]+=[^\t]*")
_DOCUMENT = "-DOCSTART-"

# A line's number and its columns.
_Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Columns(Format):
    """Columns between TABs or spaces, an empty line after each sentence.

    Lines that begin a document (`-DOCSTART-`) and comments (`# ` and more) are skipped; the word
    `#` is kept.

    Args:
        word: the column of the words, counted from 0; negative from the end.
        tag: the column of the tags; `None` for words without tags.
        scheme: how tags write segments (`structdistill.data.schemes`); `auto` reads any scheme
            and writes IOB2, `plain` takes tags as they are.
    """

    word: int = 0
    tag: int | None = -1
    scheme: str = "auto"

    def __post_init__(self) -> None:
        schemes.check_name(self.scheme)
        if self.word == self.tag:
            raise RecipeError(
                f"word and tag are the same column, {self.word}; choose another, or tag = none"
            )

    def _parse(self, path: Path | str) -> list[Sentence]:
        sentences = [self._sentence(path, rows) for rows in _blocks(path)]
        return schemes.normalise(sentences, self.scheme)

    def _sentence(self, path: Path | str, rows: Sequence[_Row]) -> Sentence:
        (first, fields), (last, _) = rows[0], rows[-1]
        self._check_width(len(fields), path, first)
        for line, fields in rows:
            for column in self._columns():
                if not fields[column].strip(" "):
                    raise DataError(
                        f"column {column} is empty; fill it or delete the line",
                        path=path,
                        line=line,
                    )
        words = tuple(fields[self.word] for _, fields in rows)
        tags = (
            None if self.tag is None else tuple(fields[self.tag].strip(" ") for _, fields in rows)
        )
        lines = f"{first}" if first == last else f"{first}-{last}"
        return Sentence(words, tags, origin=f"{path}:{lines}")

    def _columns(self) -> list[int]:
        return [self.word] if self.tag is None else [self.word, self.tag]

    def _check_width(self, width: int, path: Path | str, line: int) -> None:
        for column in self._columns():
            if not -width <= column < width:
                raise DataError(
                    f"column {column} was asked for, the line has {width}: choose 0 to "
                    f"{width - 1}, or {-width} to -1 from the end",
                    path=path,
                    line=line,
                )
        if self.tag is not None and self.word % width == self.tag % width:
            raise DataError(
                f"word (column {self.word}) and tag (column {self.tag}) are the same, the line "
                f"has {width}: choose another, or tag = none for words without tags",
                path=path,
                line=line,
            )

    def write(self, sentences: Iterable[Sentence], stream: Stream) -> None:
        """Writes TAB-separated columns; `_` fills those that are neither word nor tag."""
        columns = self._columns()
        width = next(
            width
            for width in count(1)
            if all(-width <= column < width for column in columns)
            and len({column % width for column in columns}) == len(columns)
        )
        for sentence in sentences:
            tags = self._written_tags(sentence)
            for index, word in enumerate(sentence.words):
                if re.search("[\t\r\n]" if width > 1 else "[ \t\r\n]", word) or not word.strip(" "):
                    raise error_at(
                        sentence, index, "white space cannot be written in columns; write jsonl"
                    )
                fields = ["_"] * width
                fields[self.word] = word
                if self.tag is not None:
                    fields[self.tag] = tags[index]
                stream.write("\t".join(fields) + "\n")
            stream.write("\n")

    def _written_tags(self, sentence: Sentence) -> list[str]:
        if self.tag is None:
            return []
        tags = []
        unknown = (None,) * len(sentence)
        for index, tag in enumerate(schemes.from_iob2(sentence.tags or unknown, self.scheme)):
            if tag is None:
                raise error_at(
                    sentence,
                    index,
                    "a word without tag cannot be written in columns; write jsonl, or words "
                    "alone with tag = none",
                )
            tags.append(tag)
        return tags


def _blocks(path: Path | str) -> Iterator[list[_Row]]:
    """The rows of each sentence, all of one width."""
    lines = read_lines(path)
    sample = _sample(lines)
    separator = "\t" if "\t" in sample else " "
    width = len(_split(sample, separator))
    rows: list[_Row] = []
    for number, line in enumerate([*lines, ""], start=1):
        if _is_boundary(line):
            if rows:
                yield rows
            rows = []
            continue
        fields = _split(line, separator)
        if _is_comment(line, separator, inside=bool(rows), fits=len(fields) == width):
            continue
        if len(fields) != width:
            kind = "TAB" if separator == "\t" else "space"
            raise DataError(
                f"expected {width} {kind}-separated columns as in the file's first line, found "
                f"{len(fields)}; is a column missing, or an empty line between sentences?",
                path=path,
                line=number,
            )
        rows.append((number, fields))


def _sample(lines: Iterable[str]) -> str:
    """The first line that surely holds a word: it shows the separator and the width."""
    lines = [line for line in lines if not _is_boundary(line)]
    sure = (line for line in lines if not line.startswith("# "))
    likely = (line for line in lines if not _KEY_AND_VALUE.fullmatch(line))
    return next(sure, None) or next(likely, "")


def _is_boundary(line: str) -> bool:
    return not line.strip(" \t") or line.startswith(_DOCUMENT)


def _split(line: str, separator: str) -> list[str]:
    fields = line.split(separator)
    # Aligned columns have runs of spaces; between TABs an empty column is one.
    return [field for field in fields if field] if separator == " " else fields


def _is_comment(line: str, separator: str, *, inside: bool, fits: bool) -> bool:
    """Whether a line that begins with `# ` is a remark and not the word `#`.

    Between TABs a remark has too few columns. Between spaces it may have any number: there it
    stands before a sentence, and either does not fit the width or reads `# key = value`.
    """
    if not line.startswith("# "):
        return False
    if separator == "\t":
        return not fits
    return not inside and (not fits or _KEY_AND_VALUE.fullmatch(line) is not None)

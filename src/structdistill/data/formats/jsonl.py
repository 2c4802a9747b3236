"""One JSON object a line."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structdistill.data import schemes
from structdistill.data.constituency.bracketing import flat, tree_of
from structdistill.data.formats.base import Format, Stream, read_lines
from structdistill.data.sentence import Sentence
from structdistill.data.trees import mistake
from structdistill.errors import DataError


@dataclass(frozen=True)
class Jsonl(Format):
    """`{"tokens": [...], "tags": [...], "heads": [...], "relations": [...], "tree": "(...)"}`.

    A line each. All but the words may be missing, or `null` where unknown. Other keys are ignored,
    empty lines skipped.

    Args:
        words: the key of the words.
        tags: the key of the tags; `None` leaves them unread, as it does the others.
        heads: the key of the heads: 0 for the root, else a word's number counted from 1.
        relations: the key of the relations to them.
        tree: the key of the constituency tree in brackets, over the same words.
        scheme: how tags write segments (`structdistill.data.schemes`); `auto` reads any scheme
            and writes IOB2, `plain` takes tags as they are.
        single_root: whether several roots are a mistake.
    """

    words: str = "tokens"
    tags: str | None = "tags"
    heads: str | None = "heads"
    relations: str | None = "relations"
    tree: str | None = "tree"
    scheme: str = "auto"
    single_root: bool = True

    def __post_init__(self) -> None:
        schemes.check_name(self.scheme)

    def _parse(self, path: Path | str) -> list[Sentence]:
        sentences = []
        for number, record in read_records(path):
            try:
                sentences.append(self.sentence(record, origin=f"{path}:{number}"))
            except ValueError as error:
                raise DataError(str(error), path=path, line=number) from error
        return schemes.normalise(sentences, self.scheme)

    def sentence(self, record: object, *, origin: str) -> Sentence:
        """The sentence of one line, its tags as they are written there.

        Args:
            record: what the line holds.
            origin: of the sentence.

        Raises:
            ValueError: the record is no such object; tells what was expected.
            DataError: the tree is none.
        """
        words = self._words(record)
        assert isinstance(record, dict)
        sentence = Sentence(
            words,
            tags=_layer(record, self.tags, len(words), _is_name, "strings"),
            heads=self._heads(record, len(words)),
            relations=_layer(record, self.relations, len(words), _is_name, "strings"),
            tree=_text(record, self.tree),
            origin=origin,
        )
        if sentence.tree is not None:
            tree_of(sentence)
        return sentence

    def _words(self, record: object) -> tuple[str, ...]:
        if not isinstance(record, dict):
            raise ValueError(
                f'expected an object {{"{self.words}": [...]}}, found {_short(record)}'
            )
        if self.words not in record:
            raise ValueError(
                f"expected the key {self.words!r}, found {_short(list(record))}; "
                "name the key of the words with words = ..."
            )
        words = record[self.words]
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValueError(f"{self.words!r} must be a list of strings, found {_short(words)}")
        if not words:
            raise ValueError(f"{self.words!r} is empty; a sentence has one word at least")
        if not all(words):
            raise ValueError(f"word {words.index('') + 1} of {self.words!r} is empty; delete it")
        "".join(words).encode()  # half of a \ud83d\ude00 pair cannot be, and would fail much later
        return tuple(words)

    def _heads(self, record: dict[str, Any], count: int) -> tuple[int | None, ...] | None:
        def is_head(value: object) -> bool:
            return type(value) is int and 0 <= value <= count

        heads: tuple[int | None, ...] | None = _layer(
            record, self.heads, count, is_head, f"numbers from 0, the root, to {count}"
        )
        found = heads and mistake(heads, single_root=self.single_root)
        if found:
            raise ValueError(found[1])
        return heads

    def write(self, sentences: Iterable[Sentence], stream: Stream) -> None:
        """Writes words, and the other layers where there are any."""
        for sentence in sentences:
            record: dict[str, object] = {self.words: sentence.words}
            if self.tags is not None and sentence.tags is not None:
                record[self.tags] = schemes.from_iob2(sentence.tags, self.scheme)
            if self.heads is not None and sentence.heads is not None:
                record[self.heads] = sentence.heads
            if self.relations is not None and sentence.relations is not None:
                record[self.relations] = sentence.relations
            if self.tree is not None and sentence.tree is not None:
                record[self.tree] = flat(tree_of(sentence))
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")


def read_records(path: Path | str) -> Iterator[tuple[int, Any]]:
    """What each line of a file holds, and its number; empty lines are skipped.

    Raises:
        DataError: the file cannot be read, or a line is no JSON.
    """
    for number, line in enumerate(read_lines(path), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError as error:
                message = f"no valid JSON: {error.msg} at column {error.colno}"
                raise DataError(message, path=path, line=number) from error


def _layer(
    record: dict[str, Any], key: str | None, count: int, fits: Callable[[object], bool], what: str
) -> tuple[Any, ...] | None:
    """One value a word, or None where the layer is not there."""
    values = None if key is None else record.get(key)
    if values is None:
        return None
    if not isinstance(values, list) or not all(value is None or fits(value) for value in values):
        raise ValueError(
            f"{key!r} must be a list of {what}, null where unknown; found {_short(values)}"
        )
    if len(values) != count:
        raise ValueError(f"{count} words but {len(values)} {key!r}; expected one a word")
    return tuple(values)


def _text(record: dict[str, Any], key: str | None) -> str | None:
    value = None if key is None else record.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key!r} must be a tree in brackets, found {_short(value)}")
    return value


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"

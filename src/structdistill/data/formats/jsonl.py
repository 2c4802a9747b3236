"""One JSON object a line."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from structdistill.data import schemes
from structdistill.data.formats.base import Format, Stream, read_lines
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError


@dataclass(frozen=True)
class Jsonl(Format):
    """`{"tokens": [...], "tags": [...]}` a line; tags may be missing, or `null` where unknown.

    Other keys are ignored, empty lines skipped.

    Args:
        words: the key of the words.
        tags: the key of the tags; `None` leaves them unread.
        scheme: how tags write segments (`structdistill.data.schemes`); `auto` reads any scheme
            and writes IOB2, `plain` takes tags as they are.
    """

    words: str = "tokens"
    tags: str | None = "tags"
    scheme: str = "auto"

    def __post_init__(self) -> None:
        schemes.check_name(self.scheme)

    def _parse(self, path: Path | str) -> list[Sentence]:
        sentences = [
            self._sentence(line, path, number)
            for number, line in enumerate(read_lines(path), start=1)
            if line.strip()
        ]
        return schemes.normalise(sentences, self.scheme)

    def _sentence(self, line: str, path: Path | str, number: int) -> Sentence:
        try:
            record = json.loads(line)
            words = self._words(record)
            tags = self._tags(record, len(words))
        except json.JSONDecodeError as error:
            message = f"no valid JSON: {error.msg} at column {error.colno}"
            raise DataError(message, path=path, line=number) from error
        except ValueError as error:
            raise DataError(str(error), path=path, line=number) from error
        return Sentence(words, tags, origin=f"{path}:{number}")

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

    def _tags(self, record: dict[str, object], count: int) -> tuple[str | None, ...] | None:
        tags = None if self.tags is None else record.get(self.tags)
        if tags is None:
            return None
        if not isinstance(tags, list) or not all(tag is None or _is_tag(tag) for tag in tags):
            raise ValueError(
                f"{self.tags!r} must be a list of strings, null where unknown; found {_short(tags)}"
            )
        if len(tags) != count:
            raise ValueError(f"{count} words but {len(tags)} {self.tags!r}; expected one a word")
        return tuple(tags)

    def write(self, sentences: Iterable[Sentence], stream: Stream) -> None:
        """Writes words, and tags where there are any."""
        for sentence in sentences:
            record: dict[str, tuple[str | None, ...]] = {self.words: sentence.words}
            if self.tags is not None and sentence.tags is not None:
                record[self.tags] = schemes.from_iob2(sentence.tags, self.scheme)
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")


def _is_tag(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"

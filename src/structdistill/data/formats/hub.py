"""Data sets of the Hugging Face hub, or folders in its formats."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import datasets

from structdistill.data import schemes
from structdistill.data.formats.base import Format, Stream
from structdistill.data.formats.jsonl import Jsonl
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError

# One row of a column of lists.
_Row = list[str | None] | None


@dataclass(frozen=True)
class Hub(Format):
    """A split of a data set, `NAME:SPLIT`; `NAME` alone is its `train`.

    NAME is a data set on the hub, a folder written by `save_to_disk`, or a folder of files that
    `load_dataset` reads (Parquet, JSON lines). Tags are names, or numbers that have names among
    the data set's features (`ClassLabel`); null or a negative number is an unknown tag.

    Args:
        words: the column of the words, lists of strings.
        tags: the column of the tags; `None` for words without tags.
        config: which configuration of the data set, where it has several.
        scheme: how tags write segments (`structdistill.data.schemes`); `auto` reads any scheme
            and writes IOB2, `plain` takes tags as they are.
    """

    words: str = "tokens"
    tags: str | None = "ner_tags"
    config: str | None = None
    scheme: str = "auto"

    def __post_init__(self) -> None:
        schemes.check_name(self.scheme)

    def _parse(self, path: Path | str) -> list[Sentence]:
        name, split = _name_and_split(str(path))
        splits = self._splits(name)
        if split not in splits:
            raise DataError(
                f"there is no split {split!r}, only: {', '.join(splits)}. "
                f"Name it after a colon: {name}:{next(iter(splits))}",
                path=path,
            )
        rows = splits[split]
        words = _texts(rows, self.words, path)
        tags = [None] * len(words) if self.tags is None else _texts(rows, self.tags, path)
        sentences = [
            self._sentence(*layers, origin=f"{name}:{split}[{number}]")
            for number, layers in enumerate(zip(words, tags, strict=True))
        ]
        return schemes.normalise(sentences, self.scheme)

    def _splits(self, name: str) -> Mapping[str, datasets.Dataset]:
        folder = Path(name)
        try:
            if (folder / "dataset_dict.json").exists() or (folder / "state.json").exists():
                found = datasets.load_from_disk(name)
            else:
                found = datasets.load_dataset(name, self.config)
        except (
            OSError,
            ValueError,
            LookupError,  # a saved folder that lacks a part
            RuntimeError,
            datasets.exceptions.DatasetsError,
        ) as error:
            raise DataError(
                f"no data set could be loaded: {error}. Expected its name on the hub or a folder, "
                "and config = ... where it has several configurations",
                path=name,
            ) from error
        return found if isinstance(found, dict) else {str(found.split or "train"): found}

    def _sentence(self, words: _Row, tags: _Row, *, origin: str) -> Sentence:
        if not words or not all(words):
            raise DataError(
                f"{self.words!r} holds no word or an empty one; filter such rows out", path=origin
            )
        if tags is not None and len(tags) != len(words):
            raise DataError(
                f"{len(words)} words but {len(tags)} {self.tags!r}; expected one a word",
                path=origin,
            )
        return Sentence(
            tuple(word for word in words if word),
            None if tags is None else tuple(tags),
            origin=origin,
        )

    def write(self, sentences: Iterable[Sentence], stream: Stream) -> None:
        """Writes JSON lines: a folder with these as `train.jsonl` is a data set."""
        Jsonl(words=self.words, tags=self.tags, scheme=self.scheme).write(sentences, stream)


def _name_and_split(path: str) -> tuple[str, str]:
    name, colon, split = path.rpartition(":")
    if not colon or not split.isidentifier() or Path(path).is_dir():
        return path, "train"
    return name, split


def _texts(rows: datasets.Dataset, column: str, path: Path | str) -> list[_Row]:
    """A column of lists as text."""
    if column not in rows.column_names:
        raise DataError(
            f"there is no column {column!r}, only: {', '.join(rows.column_names)}. "
            "Choose with words = ... and tags = ...",
            path=path,
        )
    # None unless the column holds lists.
    feature = getattr(rows.features[column], "feature", None)
    if isinstance(feature, datasets.ClassLabel):
        names = feature.names
        return [
            values and [None if value is None or value < 0 else names[value] for value in values]
            for values in rows[column]
        ]
    if isinstance(feature, datasets.Value) and feature.dtype in ("string", "large_string"):
        return list(rows[column])
    raise DataError(
        f"column {column!r} must hold lists of strings, or of numbers with names (ClassLabel), "
        f"found {rows.features[column]}",
        path=path,
    )

"""What every file format does, and how a text file is read."""

import codecs
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable
from io import TextIOBase
from pathlib import Path
from typing import TextIO

from structdistill.data.sentence import Sentence
from structdistill.errors import DataError

# Standard output is declared as the one, `io.StringIO` is the other, an open file both.
Stream = TextIO | TextIOBase


class Format(ABC):
    """A way to store sentences; its fields say how the user's files use it."""

    def read(self, path: Path | str) -> list[Sentence]:
        """All sentences of a file, in order.

        Args:
            path: the file, or whatever else the format reads from.

        Raises:
            DataError: names the file and the line, what was expected, and a remedy.
        """
        sentences = self._parse(path)
        if not sentences:
            raise DataError(
                "expected at least one sentence, found none. Is the file empty?", path=path
            )
        return sentences

    @abstractmethod
    def write(self, sentences: Iterable[Sentence], stream: Stream) -> None:
        """Writes sentences so that `read` gives them back.

        Args:
            sentences: what to write.
            stream: an open text stream, UTF-8 and without translation of line ends.

        Raises:
            DataError: a sentence that the format cannot hold.
        """

    @abstractmethod
    def _parse(self, path: Path | str) -> list[Sentence]:
        """The sentences of a file; none if it is empty."""


def read_lines(path: Path | str) -> list[str]:
    """The lines of a UTF-8 file without their ends (LF or CRLF); a byte-order mark is dropped.

    The file `-` is standard input. Only line feeds end a line: a word may hold what Unicode calls
    a line separator.

    Raises:
        DataError: the file is missing, a folder, unreadable or not UTF-8.
    """
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else Path(path).read_bytes()
    except FileNotFoundError as error:
        raise DataError("no such file; check the path", path=path) from error
    except IsADirectoryError as error:
        raise DataError("is a folder; name one of the files in it", path=path) from error
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=path) from error
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"expected UTF-8, found the byte 0x{data[error.start]:02x}. If the file is in another "
            "encoding, convert it: iconv -f LATIN1 -t UTF-8 OLD > NEW",
            path=path,
            line=data.count(b"\n", 0, error.start) + 1,
        ) from error
    return [line.removesuffix("\r") for line in text.split("\n")]

"""Plain text, one sentence a line."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from structdistill.data.formats.base import Format, Stream, read_lines
from structdistill.data.origin import error_at
from structdistill.data.sentence import Sentence


@dataclass(frozen=True)
class Text(Format):
    """Words between spaces or TABs, without annotation; empty lines are skipped.

    The text must be split into words already: punctuation that hangs on a word stays there. Other
    white space, such as a no-break space, belongs to the word.
    """

    def _parse(self, path: Path | str) -> list[Sentence]:
        return [
            Sentence(tuple(words), origin=f"{path}:{number}")
            for number, line in enumerate(read_lines(path), start=1)
            if (words := re.findall(r"[^ \t]+", line))
        ]

    def write(self, sentences: Iterable[Sentence], stream: Stream) -> None:
        """Writes the words alone, whatever the annotation."""
        for sentence in sentences:
            for index, word in enumerate(sentence.words):
                if re.search(r"[ \t\r\n]", word):
                    raise error_at(
                        sentence, index, "white space in a word is lost in text; write jsonl"
                    )
            stream.write(" ".join(sentence.words) + "\n")

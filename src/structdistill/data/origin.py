"""Where in the user's files a word was read."""

import re

from structdistill.data.sentence import Sentence
from structdistill.errors import DataError

_ORIGIN = re.compile(r"(?P<path>.*?):(?P<first>\d+)(?:-(?P<last>\d+))?")


def error_at(sentence: Sentence, index: int, message: str) -> DataError:
    """A DataError that points at one word of a sentence, counted from 0.

    An origin `file:first-last` with one line a word gives the word's own line; any other origin
    gives the sentence's line.
    """
    message = f"word {index + 1} ({sentence.words[index]!r}): {message}"
    found = _ORIGIN.fullmatch(sentence.origin)
    if found is None:
        return DataError(message, path=sentence.origin or None)
    line = int(found["first"])
    if found["last"] and int(found["last"]) - line + 1 == len(sentence):
        line += index
    return DataError(message, path=found["path"], line=line)

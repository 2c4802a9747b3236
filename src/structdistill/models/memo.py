"""Values worked out once for each word."""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

Value = TypeVar("Value")


class WordMemo(Generic[Value]):
    """Remembers what was worked out for a word, so that an epoch pays only for new words.

    Copies and pickles start empty: they are cheap, and share nothing.

    Args:
        capacity: words beyond which everything is forgotten.
    """

    def __init__(self, capacity: int = 2**18):
        self.capacity = capacity
        self._values: dict[str, Value] = {}

    def look_up(
        self, words: Sequence[str], compute: Callable[[list[str]], Iterable[Value]]
    ) -> list[Value]:
        """The value of each word; `compute` is called once with all words not seen before."""
        if len(self._values) > self.capacity:
            self._values.clear()
        unseen = [word for word in dict.fromkeys(words) if word not in self._values]
        if unseen:
            self._values.update(zip(unseen, compute(unseen), strict=True))
        return [self._values[word] for word in words]

    def __reduce__(self) -> tuple[type["WordMemo[Value]"], tuple[int]]:
        return type(self), (self.capacity,)

"""Values worked out once for each word, or whatever else they are of."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Memo(Generic[Key, Value]):
    """Remembers what was worked out for a key, so that an epoch pays only for new ones.

    Copies and pickles start empty: they are cheap, and share nothing.

    Args:
        capacity: keys beyond which everything is forgotten.
    """

    def __init__(self, capacity: int = 2**18):
        self.capacity = capacity
        self._values: dict[Key, Value] = {}

    def look_up(
        self, keys: Sequence[Key], compute: Callable[[list[Key]], Iterable[Value]]
    ) -> list[Value]:
        """The value of each key; `compute` is called once with all keys not seen before."""
        if len(self._values) > self.capacity:
            self._values.clear()
        unseen = [key for key in dict.fromkeys(keys) if key not in self._values]
        if unseen:
            self._values.update(zip(unseen, compute(unseen), strict=True))
        return [self._values[key] for key in keys]

    def __reduce__(self) -> tuple[type["Memo[Key, Value]"], tuple[int]]:
        return type(self), (self.capacity,)

"""The one record that everything reads and writes."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with optional layers of annotation; knows no tensors.

    Args:
        words: the words, at least one, none empty.
        tags: one tag a word (IOB2 for segments), `None` for a word whose tag is unknown;
            `None` altogether for text without annotation.
        heads: the head of each word, 0 for the root, else the word's number counted from 1;
            `None` where it is unknown.
        relations: the relation of each word to its head, `None` where it is unknown.
        tree: the constituency tree, bracketed on one line.
        origin: where it was read, as `file:line` or, of a word a line, `file:first-last`; for
            messages, not compared.
        lines: the lines it was read from, of a format that writes back what no layer holds; not
            compared.
    """

    words: tuple[str, ...]
    tags: tuple[str | None, ...] | None = None
    heads: tuple[int | None, ...] | None = None
    relations: tuple[str | None, ...] | None = None
    tree: str | None = None
    origin: str = field(default="", compare=False)
    lines: tuple[str, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        for layer in ("tags", "heads", "relations"):
            values = getattr(self, layer)
            if values is not None and len(values) != len(self.words):
                raise ValueError(
                    f"{layer} must have one value a word: {len(self.words)} words, "
                    f"{len(values)} {layer}"
                )

    def __len__(self) -> int:
        return len(self.words)

    def unlabelled(self) -> "Sentence":
        """The same words without any annotation."""
        return replace(self, tags=None, heads=None, relations=None, tree=None)

"""A sentence of the corpus with all its layers."""

from dataclasses import dataclass

from structdistill.data.sentence import Sentence


@dataclass(frozen=True, slots=True)
class Annotated:
    """A sentence with entities, parts of speech, chunks and two trees.

    Args:
        words: the words.
        pos: their parts of speech, Penn tags.
        entities: their entity tags, IOB2: PER, ORG, LOC, WORK, EVENT, PRODUCT.
        chunks: their chunk tags, IOB2, as in CoNLL-2000.
        heads: the head of each word, 0 for the root, else the word's number counted from 1.
        relations: the relation to it, as in Universal Dependencies.
        tree: the constituency tree, bracketed on one line.
    """

    words: tuple[str, ...]
    pos: tuple[str, ...]
    entities: tuple[str, ...]
    chunks: tuple[str, ...]
    heads: tuple[int, ...]
    relations: tuple[str, ...]
    tree: str

    def sentence(self, layer: str = "entities") -> Sentence:
        """The sentence with both trees, tagged with one of the layers.

        Args:
            layer: `entities` or `chunks`.

        Raises:
            ValueError: another layer.
        """
        if layer not in ("entities", "chunks"):
            raise ValueError(f"layer must be 'entities' or 'chunks'; got {layer!r}")
        return Sentence(
            words=self.words,
            tags=self.entities if layer == "entities" else self.chunks,
            heads=self.heads,
            relations=self.relations,
            tree=self.tree,
        )

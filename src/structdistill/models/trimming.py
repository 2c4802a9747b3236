"""Smaller vocabularies: embeddings of the sub-words that a text has."""

from collections.abc import Sequence

from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError
from structdistill.models.encoders.base import Encoder
from structdistill.models.encoders.subwords import Subwords


def trim(encoder: Encoder, sentences: Sequence[Sentence]) -> None:
    """Leaves the sub-words of a text a vector of their own; all others share one.

    Most of a small model are embeddings of sub-words that its text does not have. The shared vector
    begins as the mean of theirs, and training does not reach it.

    Reference: Abdaoui, Pradel, Sigel (2020), who do so by language.

    Raises:
        RecipeError: it has no sub-word embeddings, or those of a whole transformer.
    """
    tables = [module for module in encoder.modules() if isinstance(module, Subwords)]
    if not tables:
        raise RecipeError(
            'vocabulary = "corpus" is for encoders that stand on sub-words, as with embedding = '
            f'"minilm"; got {type(encoder).__name__}. Set vocabulary = "all"'
        )
    words = list(dict.fromkeys(word for sentence in sentences for word in sentence.words))
    for table in tables:
        table.trim({int(number) for piece in table.tokenizer(words) for number in piece})

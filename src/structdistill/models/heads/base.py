"""What turns the vectors of words into a structure."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from jaxtyping import Float, Int
from torch import Tensor, nn

from structdistill.errors import RecipeError
from structdistill.names import suggestion
from structdistill.structures import Structure


class Head(nn.Module, ABC):
    """Scores the parts of a structure, given a vector for each word.

    Subclasses take `width`, the `sizes` of the labels, `structure` and settings of their own.
    Potentials are computed in the weights' precision, also under autocast.

    Args:
        structure: one of `structures`.

    Raises:
        RecipeError: it is another structure.
    """

    structures: ClassVar[Mapping[str, type[Structure]]]
    """The structures that it can make, by name; the first is the default."""

    scored: ClassVar[str]
    """What gets scores, for messages: `tags`."""

    def __init__(self, structure: str):
        super().__init__()
        if structure not in self.structures:
            raise RecipeError(
                f"unknown structure {structure!r} of {self.scored}. "
                f"{suggestion(structure, self.structures)}"
            )

    @classmethod
    def sizes(cls, labels: Sequence[str]) -> dict[str, int]:
        """What the constructor has to know of a list of labels."""
        return {"labels_count": len(labels)}

    @abstractmethod
    def forward(
        self, words: Float[Tensor, "batch word width"], lengths: Int[Tensor, " batch"]
    ) -> Structure:
        """The distributions over the structures of each sentence.

        Args:
            words: the vectors of the words.
            lengths: words of each sentence.
        """

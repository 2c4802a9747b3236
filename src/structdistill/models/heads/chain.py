"""Tags, one a word."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from structdistill.models.heads.base import Head
from structdistill.structures import Independent, LinearChain, Structure


class ChainHead(Head):
    """Scores each word's tags; what else the structure needs is learned, equal at all positions.

    Args:
        width: size of a word's vector.
        labels_count: tags there are.
        structure: `linear_chain` or `independent`.

    Raises:
        RecipeError: it is another structure.
    """

    structures: ClassVar[Mapping[str, type[Structure]]] = {
        "linear_chain": LinearChain,
        "independent": Independent,
    }
    scored: ClassVar[str] = "tags"

    def __init__(self, *, width: int, labels_count: int, structure: str = "linear_chain"):
        super().__init__(structure)
        self.family = LinearChain if structure == "linear_chain" else Independent
        self.emissions = nn.Linear(width, labels_count)
        self.shared = nn.ParameterDict(
            {
                name: nn.Parameter(0.02 * torch.randn([labels_count] * len(axes[0])))
                for name, axes in self.family.axes.items()
                if name != self.family.decisive
            }
        )

    def forward(
        self, words: Float[Tensor, "batch word width"], lengths: Int[Tensor, " batch"]
    ) -> Structure:
        with torch.autocast(words.device.type, enabled=False):
            emissions = self.emissions(words.to(self.emissions.weight.dtype))
        return self.family(emissions=emissions, **self.shared, lengths=lengths)

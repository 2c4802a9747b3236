"""From the vectors of words to a structure."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from structdistill.errors import RecipeError
from structdistill.names import suggestion
from structdistill.structures import Independent, LinearChain, Structure

_CHAINS: dict[str, type[Independent] | type[LinearChain]] = {
    "independent": Independent,
    "linear_chain": LinearChain,
}


class ChainHead(nn.Module):
    """Scores each word's tags; what else the structure needs is learned, equal at all positions.

    Potentials are computed in the weights' precision, also under autocast.

    Args:
        width: size of a word's vector.
        labels_count: tags there are.
        structure: `linear_chain` or `independent`.

    Raises:
        RecipeError: it is another structure.
    """

    def __init__(self, *, width: int, labels_count: int, structure: str = "linear_chain"):
        super().__init__()
        if structure not in _CHAINS:
            raise RecipeError(
                f"unknown structure {structure!r} of tags. {suggestion(structure, _CHAINS)}"
            )
        self.family = _CHAINS[structure]
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
        """The distributions over the tags of each sentence.

        Args:
            words: the vectors of the words.
            lengths: words of each sentence.
        """
        with torch.autocast(words.device.type, enabled=False):
            emissions = self.emissions(words.to(self.emissions.weight.dtype))
        return self.family(emissions=emissions, **self.shared, lengths=lengths)


def build_head(task: str, *, structure: str, width: int, labels_count: int) -> ChainHead:
    """The head that a task's annotation needs.

    Raises:
        RecipeError: the task or the structure is unknown.
    """
    if task != "tagging":
        raise RecipeError(f"unknown task {task!r}. {suggestion(task, ['tagging'])}")
    return ChainHead(width=width, labels_count=labels_count, structure=structure)

"""Several encoders side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import torch
from jaxtyping import Float
from torch import Tensor, nn

from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError
from structdistill.models.encoders.base import Encoder, build, build_embedding


class Joined(Encoder):
    """A word's vectors by several encoders, one behind the other.

    What one does not see another adds, as capitals to a transformer that reads lower case only.

    Args:
        parts: the encoders, each itself, its name or its settings; or the name of a pretrained
            model, whose sub-word embeddings are meant.

    Raises:
        RecipeError: there are no parts.
    """

    def __init__(self, *, parts: Sequence[str | dict[str, Any] | Encoder]):
        super().__init__()
        if not parts:
            raise RecipeError("a joined encoder needs parts: a list of encoders' settings")
        self._parts = [build_embedding(part) for part in parts]
        self.parts = nn.ModuleList(self._parts)
        self.width = sum(part.width for part in self._parts)

    def collate(self, sentences: Sequence[Sentence]) -> dict[str, Tensor]:
        collated = [part.collate(sentences) for part in self._parts]
        inputs = {
            f"{number}.{name}": tensor
            for number, own in enumerate(collated)
            for name, tensor in own.items()
        }
        return {"mask": collated[0]["mask"], **inputs}

    def forward(self, inputs: dict[str, Tensor]) -> Float[Tensor, "batch word width"]:
        own: list[dict[str, Tensor]] = [{} for _ in self.parts]
        for key, tensor in inputs.items():
            number, _, name = key.partition(".")
            if name:
                own[int(number)][name] = tensor
        vectors = [part(tensors) for part, tensors in zip(self.parts, own, strict=True)]
        return torch.cat(vectors, -1)

    def save(self, folder: Path) -> dict[str, Any]:
        parts = []
        for number, part in enumerate(self._parts):
            place = folder / str(number)
            place.mkdir()
            parts.append(part.save(place))
        return {"name": "joined", "parts": parts}

    @classmethod
    def restore(cls, options: dict[str, Any], folder: Path) -> Self:
        parts = enumerate(options["parts"])
        return cls(parts=[build(part, folder / str(number)) for number, part in parts])

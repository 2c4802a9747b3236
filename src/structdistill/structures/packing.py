"""The potentials of each sentence as one vector without padding, and back."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from structdistill.structures.base import Structure
from structdistill.structures.potentials import Parts, allowed, word_offset


@dataclass(frozen=True)
class Packing:
    """How the potentials of one sentence lie in a vector: each flattened, one after another.

    A potential without a batch axis is shared by all sentences and is in no vector. `-inf` stands
    for what is forbidden, because FORBIDDEN is outside the range of half precision.

    Args:
        family: the kind of structure.
        axes: of each potential, the batch axis `b` included where it is there.
        sizes: of the axes over labels and widths.
        switches: what the family's constructor takes beside potentials and lengths.
    """

    family: type[Structure]
    axes: Mapping[str, tuple[str, ...]]
    sizes: Mapping[str, int]
    switches: Mapping[str, bool]

    @classmethod
    def of(cls, structure: Structure) -> "Packing":
        """The packing for this structure and all that differ from it in sentences only."""
        potentials = structure.potentials
        axes = structure._axes
        sizes = {
            axis: size
            for name, names in axes.items()
            for axis, size in zip(names, potentials[name].shape, strict=True)
            if axis != "b" and word_offset(axis) is None
        }
        return cls(type(structure), axes, sizes, structure.switched())

    def shapes(self, words: int) -> dict[str, tuple[int, ...]]:
        """The shapes of the potentials of a sentence of so many words, shared ones left out."""
        return {
            name: tuple(self._size(axis, words) for axis in axes[1:])
            for name, axes in self.axes.items()
            if axes[0] == "b"
        }

    def pack(self, structure: Structure, dtype: torch.dtype) -> list[Float[np.ndarray, " number"]]:
        """One vector a sentence; what is too large for the dtype becomes its largest number."""
        largest = torch.finfo(dtype).max
        arrays = {
            name: torch.where(allowed(tensor), tensor.clamp(-largest, largest), -torch.inf)
            .to(dtype)
            .numpy(force=True)
            for name, tensor in structure.potentials.items()
        }
        return [
            np.concatenate(
                [
                    arrays[name][row][tuple(map(slice, shape))].reshape(-1)
                    for name, shape in self.shapes(words).items()
                ]
            )
            for row, words in enumerate(structure.lengths.tolist())
        ]

    def unpack(
        self,
        vectors: Sequence[Float[np.ndarray, " _"]],
        lengths: Sequence[int],
        *,
        shared: Parts,
    ) -> Structure:
        """The structure of these sentences, padded to the longest.

        Args:
            vectors: as from `pack`, of one dtype; what comes after a sentence's numbers is ignored.
            lengths: words of each sentence.
            shared: the potentials without a batch axis.
        """
        dtype = vectors[0].dtype if vectors else np.float32
        padded = {
            name: np.zeros((len(lengths), *shape), dtype)
            for name, shape in self.shapes(max(lengths, default=0)).items()
        }
        shapes = {words: self.shapes(words) for words in set(lengths)}
        for row, (vector, words) in enumerate(zip(vectors, lengths, strict=True)):
            start = 0
            for name, shape in shapes[words].items():
                end = start + math.prod(shape)
                padded[name][row][tuple(map(slice, shape))] = vector[start:end].reshape(shape)
                start = end
        potentials = {name: torch.from_numpy(array) for name, array in padded.items()}
        family: Callable[..., Structure] = self.family  # each takes its potentials by their names
        given = {**potentials, **shared, **self.switches}
        return family(**given, lengths=torch.tensor(lengths, dtype=torch.long))

    def shared(self, structure: Structure) -> Parts:
        """The potentials without a batch axis, in float32 on the CPU."""
        return {
            name: structure.potentials[name].detach().to("cpu", torch.float32).contiguous()
            for name, axes in self.axes.items()
            if axes[0] != "b"
        }

    def _size(self, axis: str, words: int) -> int:
        offset = word_offset(axis)
        return self.sizes[axis] if offset is None else max(0, words + offset)

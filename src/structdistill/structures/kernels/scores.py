"""What parts score, whatever the potentials are where there are none."""

from functools import reduce

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from structdistill.structures.kernels.arrays import Arrays, arrays, bounded_arrays
from structdistill.structures.kernels.compiling import compiled
from structdistill.structures.kernels.kernel import Tensors
from structdistill.structures.kernels.threads import over_sentences


def scores(potentials: Tensors, parts: Tensors) -> Float[Tensor, " batch"]:
    """⟨potentials, parts⟩ of each sentence, not differentiable.

    Args:
        potentials: a first axis of size 1 stands for a batch of equal ones.
        parts: their counts; where there are none, potentials may be anything.
    """
    if potentials[0].device.type != "cpu":
        products = [torch.where(y != 0, x * y, 0) for x, y in zip(potentials, parts, strict=True)]
        return reduce(torch.add, [product.flatten(1).sum(1) for product in products]).detach()
    found = scores_of_arrays(bounded_arrays(potentials), arrays(parts))
    return torch.from_numpy(found).to(potentials[0].dtype)


def scores_of_arrays(
    potentials: Arrays, parts: Arrays, less: Arrays | None = None
) -> Float[np.ndarray, " batch"]:
    """The same of arrays, in float64.

    Args:
        less: other potentials that are subtracted first, if any, of the same shapes.
    """
    batch = len(parts[0])
    found = np.zeros(batch)
    for x, z, y in zip(potentials, less or (None,) * len(parts), parts, strict=True):
        counts = y.reshape(batch, -1)
        if len(x) == 1:  # what sentences share has no padding
            found += counts @ (x if z is None else x - z).reshape(-1)
        else:
            tables = x.reshape(batch, -1), (x[:0] if z is None else z).reshape(-1, counts.shape[1])
            over_sentences(_add, np.full(batch, counts.shape[1] // 100), *tables, counts, found)
    return found


@compiled
def _add(
    first: int,
    last: int,
    potentials: np.ndarray,
    less: np.ndarray,
    parts: np.ndarray,
    found: np.ndarray,
) -> None:
    """In float64."""
    for b in range(first, last):
        total = 0.0
        for i in range(parts.shape[1]):
            count = np.float64(parts[b, i])
            score = np.float64(potentials[b, i])
            if len(less) > 0:
                score -= less[b, i]
            # Where there is no part, there may be infinity or NaN.
            total += score * count if count != 0 else 0.0
        found[b] += total

"""Parts of sentences, each times the weight of its sentence."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from structdistill.structures.kernels.compiling import compiled
from structdistill.structures.kernels.kernel import Tensors


def weighted(
    weights: Float[Tensor, " batch"], parts: Tensors, shared: tuple[bool, ...]
) -> list[Tensor]:
    """Parts times the weight of their sentence.

    Args:
        shared: which are wanted as a sum over sentences, whose potential is one for all.
    """
    if torch.is_grad_enabled() or not weights.is_cpu:
        return [
            torch.tensordot(weights, part, 1) if alone else _times(weights, part)
            for part, alone in zip(parts, shared, strict=True)
        ]
    # Tables of labels are small: PyTorch takes longer to begin with them than they take.
    given, found = np.ascontiguousarray(weights.numpy()), []
    for part, alone in zip(parts, shared, strict=True):
        if alone:
            rows = part.numpy().reshape(len(given), -1)
            total = np.zeros(rows.shape[1], rows.dtype)
            _add(given, rows, total)
            found.append(torch.from_numpy(total).view(part.shape[1:]))
        else:
            found.append(_times(weights, part))
    return found


def _times(weights: Tensor, part: Tensor) -> Tensor:
    return weights.view(-1, *[1] * (part.dim() - 1)) * part


@compiled
def _add(weights: np.ndarray, rows: np.ndarray, total: np.ndarray) -> None:
    for b in range(len(rows)):
        for i in range(len(total)):
            total[i] += weights[b] * rows[b, i]

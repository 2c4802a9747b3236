"""Parts of sentences, each times the weight of its sentence."""

from typing import cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from structdistill.structures.kernels.compiling import compiled


def weighted(weights: Float[Tensor, " batch"], part: Tensor, *, shared: bool) -> Tensor:
    """A part times the weight of its sentence, summed over sentences that share the potential."""
    if not shared:
        return weights.view(-1, *[1] * (part.dim() - 1)) * part
    if torch.is_grad_enabled() or not weights.is_cpu:
        return cast(Tensor, torch.tensordot(weights, part, 1))
    # A table of labels is small: PyTorch takes longer to begin with it than it takes.
    counts = part.numpy()
    total = np.zeros(counts.shape[1:], counts.dtype)
    # Contiguous, because what a sum hands back is one number for all sentences.
    alone = np.ascontiguousarray(weights.numpy())
    _add(alone, counts.reshape(len(counts), -1), total.reshape(-1))
    return torch.from_numpy(total)


@compiled
def _add(weights: np.ndarray, rows: np.ndarray, total: np.ndarray) -> None:
    for b in range(len(rows)):
        for i in range(len(total)):
            total[i] += weights[b] * rows[b, i]

"""Parts of sentences, each times the weight of its sentence."""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor


def weighted(weights: Float[Tensor, " batch"], part: Tensor, *, shared: bool) -> Tensor:
    """A part times the weight of its sentence, summed over sentences that share the potential."""
    if not shared:
        return weights.view(-1, *[1] * (part.dim() - 1)) * part
    if torch.is_grad_enabled() or not weights.is_cpu:
        return cast(Tensor, torch.tensordot(weights, part, 1))
    # A table of labels is small: PyTorch takes longer to begin with it than numpy takes for it.
    counts = part.numpy()
    total = weights.numpy() @ counts.reshape(len(counts), -1)
    return torch.from_numpy(total.reshape(counts.shape[1:]))

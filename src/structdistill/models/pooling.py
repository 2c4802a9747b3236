"""From the vectors of sub-words to the vectors of words."""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def slots_and_shares(
    mask: Bool[np.ndarray, "batch word"], counts: Int[np.ndarray, " present"]
) -> dict[str, Tensor]:
    """Where each sub-word's vector goes, and the share it has in the mean of its word.

    Args:
        mask: which words of the padded batch are present.
        counts: sub-words of each present word, in reading order.
    """
    return {
        "slots": torch.from_numpy(np.repeat(np.flatnonzero(mask), counts)),
        "shares": torch.from_numpy(np.repeat((1 / counts).astype(np.float32), counts)),
    }


def pool(
    vectors: Float[Tensor, "piece width"],
    *,
    slots: Int[Tensor, " piece"],
    shares: Float[Tensor, " piece"],
    mask: Bool[Tensor, "batch word"],
) -> Float[Tensor, "batch word width"]:
    """The mean of each word's sub-words; zero where the batch is padded."""
    weighted = vectors * shares[:, None]
    words = weighted.new_zeros(mask.numel(), weighted.shape[1]).index_add(0, slots, weighted)
    return words.view(*mask.shape, -1)

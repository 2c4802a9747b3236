"""What identifies a model's weights."""

import hashlib

import torch
from torch import nn


def fingerprint_of(model: nn.Module) -> str:
    """SHA-256 over the names, types, shapes and bytes of all weights and buffers of the state."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)} ".encode())
        values = tensor.detach().cpu().contiguous().view(-1)
        digest.update(values.view(torch.uint8).numpy())
    return digest.hexdigest()

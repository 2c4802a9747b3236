"""Fingerprints of models: equal exactly when the weights are."""

import copy

import torch
from torch import nn

from structdistill.teachers.fingerprint import fingerprint_of


def test_equal_weights_have_equal_fingerprints() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    twin = copy.deepcopy(model).eval().requires_grad_(False)
    assert fingerprint_of(model) == fingerprint_of(twin)
    assert len(fingerprint_of(model)) == 64


def test_every_weight_counts() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    seen = {fingerprint_of(model)}
    for tensor in model.state_dict().values():  # num_batches_tracked, without axes, too
        tensor.view(-1)[-1] += 1
        seen.add(fingerprint_of(model))
    assert len(seen) == 1 + len(model.state_dict())


def test_names_types_and_shapes_count() -> None:
    states = [
        {"a": torch.zeros(2, 3)},
        {"b": torch.zeros(2, 3)},
        {"a": torch.zeros(3, 2)},
        {"a": torch.zeros(2, 6, dtype=torch.bfloat16)},
        {"a": torch.zeros(2, 6, dtype=torch.float16)},
    ]
    assert len({fingerprint_of(nn.ParameterDict(state)) for state in states}) == len(states)

"""Gradients as answers."""

import torch

from structdistill.structures.autograd import value_and_gradient


def test_the_value_and_what_it_changes_with() -> None:
    at = {"x": torch.tensor([1.0, 2.0]), "unused": torch.ones(2)}
    value, gradient = value_and_gradient(lambda p: p["x"] ** 3, at, differentiable=False)
    assert value.tolist() == [1, 8]
    assert gradient["x"].tolist() == [3, 12]
    assert gradient["unused"].tolist() == [0, 0]
    assert not value.requires_grad


def test_where_something_is_to_be_differentiated_the_answers_are_so() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    _, gradient = value_and_gradient(lambda p: p["x"] ** 3, {"x": x}, differentiable=True)
    gradient["x"].sum().backward()
    assert x.grad.tolist() == [6, 12]


def test_it_answers_where_nothing_records_gradients() -> None:
    with torch.inference_mode():
        at = {"x": torch.tensor([2.0])}
        _, gradient = value_and_gradient(lambda p: p["x"] ** 2, at, differentiable=False)
    assert gradient["x"].tolist() == [4]

"""KL of the softmaxes at each word."""

import numpy as np
import pytest
import torch

from structdistill.objectives import Token
from structdistill.structures import LinearChain
from tests.objectives.families import Laws, kl, softmax
from tests.oracle import Arrays, Oracle


def words(oracle: Oracle, temperature: float) -> list[np.ndarray]:
    return [softmax(oracle.potentials["emissions"][i] / temperature) for i in range(oracle.length)]


def value(objective: Token, student: Oracle, teacher: Oracle, _: np.ndarray) -> float:
    temperature = objective.temperature
    both = zip(words(teacher, temperature), words(student, temperature), strict=True)
    return temperature**2 * sum(kl(p, q) for p, q in both) / max(1, student.length)


def gradient(objective: Token, student: Oracle, teacher: Oracle, _: np.ndarray) -> Arrays:
    temperature = objective.temperature
    found = {name: np.zeros_like(potential) for name, potential in student.potentials.items()}
    for i, p in enumerate(words(teacher, temperature)):
        q = words(student, temperature)[i]
        found["emissions"][i] = temperature * (q - p) / student.length
    return found


LAWS = Laws(
    instances=[Token(), Token(temperature=4.0)],
    value=value,
    gradient=gradient,
)


def test_transitions_are_left_out() -> None:
    emissions, lengths = torch.randn(1, 3, 2), torch.tensor([3])
    first, second = (
        LinearChain(emissions=emissions, transitions=torch.randn(2, 2), lengths=lengths)
        for _ in range(2)
    )
    assert Token()(first, second).tolist() == [0.0]


def test_the_size_of_the_gradient_does_not_vanish_with_the_temperature() -> None:
    # For T → ∞ the gradient is (e_student - e_teacher, centred) / labels (Hinton et al. 2015).
    emissions = torch.tensor([[[1.0, -1.0]]], dtype=torch.float64, requires_grad=True)
    lengths, transitions = torch.tensor([1]), torch.zeros(2, 2, dtype=torch.float64)
    student = LinearChain(emissions=emissions, transitions=transitions, lengths=lengths)
    teacher = LinearChain(emissions=-emissions, transitions=transitions, lengths=lengths)
    Token(temperature=1000.0)(student, teacher).sum().backward()
    assert emissions.grad is not None
    assert emissions.grad[0, 0].tolist() == pytest.approx([1.0, -1.0], rel=1e-5)

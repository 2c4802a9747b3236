"""Exact KL over whole structures."""

import numpy as np
import torch

from structdistill.objectives import Structural
from structdistill.structures import LinearChain
from tests.objectives.families import Laws
from tests.oracle import Arrays, Oracle


def value(objective: Structural, student: Oracle, teacher: Oracle, _: np.ndarray) -> float:
    temperature = objective.temperature
    divergence = teacher.temper(temperature).kl(student.temper(temperature))
    return temperature**2 * divergence / max(1, student.length)


def gradient(objective: Structural, student: Oracle, teacher: Oracle, _: np.ndarray) -> Arrays:
    temperature = objective.temperature
    ours = student.temper(temperature).probabilities
    theirs = teacher.temper(temperature).probabilities
    return student.expectation(temperature * (ours - theirs) / max(1, student.length))


LAWS = Laws(
    instances=[Structural(), Structural(temperature=0.7)],
    value=value,
    gradient=gradient,
)


def test_it_sees_what_the_words_alone_do_not_show() -> None:
    emissions, lengths = torch.zeros(1, 3, 2), torch.tensor([3])
    same = torch.tensor([[2.0, -2.0], [-2.0, 2.0]])
    student = LinearChain(emissions=emissions, transitions=-same, lengths=lengths)
    teacher = LinearChain(emissions=emissions, transitions=same, lengths=lengths)
    torch.testing.assert_close(student.marginals()["emissions"], teacher.marginals()["emissions"])
    # Two neighbours, each alike with log-odds 4 for the teacher and -4 for the student.
    per_pair = 4 * (2 * torch.tensor([4.0]).sigmoid() - 1)
    torch.testing.assert_close(Structural()(student, teacher), 2 * per_pair / 3)

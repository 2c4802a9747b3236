"""KL of the marginals at each word."""

import numpy as np
import torch

from structdistill.objectives import Posterior
from structdistill.structures import Independent, LinearChain
from tests.objectives.families import Laws, kl
from tests.oracle import Arrays, Oracle


def value(objective: Posterior, student: Oracle, teacher: Oracle, _: np.ndarray) -> float:
    temperature = objective.temperature
    ours = student.temper(temperature).marginals()["emissions"]
    theirs = teacher.temper(temperature).marginals()["emissions"]
    return temperature**2 * kl(theirs, ours) / max(1, student.length)


def gradient(objective: Posterior, student: Oracle, teacher: Oracle, _: np.ndarray) -> Arrays:
    temperature = objective.temperature
    tempered, members = student.temper(temperature), student.members
    ours = tempered.marginals()["emissions"].reshape(-1)
    theirs = teacher.temper(temperature).marginals()["emissions"].reshape(-1)
    tags = members.parts["emissions"].reshape(len(members.vectors), -1)
    joint = (tempered.probabilities[:, None] * members.vectors).T @ tags
    covariance = joint - np.outer(tempered.probabilities @ members.vectors, ours)
    weights = np.where(theirs > 0, -theirs / np.where(theirs > 0, ours, 1), 0)
    return members.unflatten(temperature * covariance @ weights / max(1, student.length))


LAWS = Laws(instances=[Posterior(), Posterior(temperature=3.0)], value=value, gradient=gradient)


def test_what_has_the_same_marginals_is_the_same() -> None:
    lengths = torch.tensor([4, 1])
    chain = LinearChain(
        emissions=torch.randn(2, 4, 3), transitions=torch.randn(3, 3), lengths=lengths
    )
    marginals = chain.marginals()["emissions"]
    independent = Independent(emissions=marginals.clamp(min=1e-9).log(), lengths=lengths)
    torch.testing.assert_close(Posterior()(independent, chain), torch.zeros(2), rtol=0, atol=1e-6)


def test_probabilities_too_small_for_their_type_are_taken_for_the_smallest() -> None:
    lengths = torch.tensor([1])
    emissions = torch.tensor([[[0.0, -1e4]]], requires_grad=True)
    student = Independent(emissions=emissions, lengths=lengths)
    teacher = Independent(emissions=torch.tensor([[[-1e4, 0.0]]]), lengths=lengths)
    (divergence,) = Posterior()(student, teacher)
    torch.testing.assert_close(divergence, -torch.tensor(torch.finfo(torch.float32).tiny).log())
    divergence.backward()
    assert emissions.grad is not None
    assert emissions.grad.isfinite().all()

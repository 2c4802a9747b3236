"""Negative log-likelihood of the teacher's k best."""

import numpy as np
import pytest
import torch

from structdistill.objectives import TopK
from structdistill.structures import LinearChain
from tests.objectives.families import Laws, softmax
from tests.oracle import Arrays, Oracle


def weights(objective: TopK, teacher: Oracle) -> np.ndarray:
    """Of all structures."""
    best = teacher.scores.argsort()[::-1][: objective.k]
    best = best[np.isfinite(teacher.scores[best])]
    scores = teacher.scores[best] / objective.temperature * objective.weighted
    found = np.zeros(len(teacher.scores))
    found[best] = softmax(scores)
    return found


def value(objective: TopK, student: Oracle, teacher: Oracle, _: np.ndarray) -> float:
    chosen = weights(objective, teacher)
    possible = chosen > 0
    log_prob = student.temper(objective.temperature).log_prob[possible]
    return -(objective.temperature**2) * (chosen[possible] @ log_prob) / max(1, student.length)


def gradient(objective: TopK, student: Oracle, teacher: Oracle, _: np.ndarray) -> Arrays:
    temperature = objective.temperature
    difference = student.temper(temperature).probabilities - weights(objective, teacher)
    return student.expectation(temperature * difference / max(1, student.length))


LAWS = Laws(
    instances=[TopK(k=1), TopK(k=3, weighted=False), TopK(k=2, temperature=3.0)],
    value=value,
    gradient=gradient,
    zero_at_teacher=False,
    repeats=False,
)


def chain(seed: int) -> LinearChain:
    generator = torch.Generator().manual_seed(seed)
    return LinearChain(
        emissions=torch.randn(3, 3, 3, dtype=torch.float64, generator=generator),
        transitions=torch.randn(3, 3, dtype=torch.float64, generator=generator),
        lengths=torch.tensor([3, 2, 1]),
    )


def test_with_all_structures_it_is_the_cross_entropy() -> None:
    student, teacher = chain(1), chain(2)
    expected = teacher.cross_entropy(student) / student.lengths
    torch.testing.assert_close(TopK(k=100)(student, teacher), expected)


def test_one_is_the_likelihood_of_the_best() -> None:
    student, teacher = chain(1), chain(2)
    expected = -student.log_prob(teacher.argmax()) / student.lengths
    torch.testing.assert_close(TopK(k=1)(student, teacher), expected)


def test_it_is_never_below_the_entropy_of_its_weights() -> None:
    student, teacher = chain(1), chain(2)
    _, scores = teacher.top_k(3)
    log_weights = scores.log_softmax(0)
    entropy = -(log_weights.exp() * log_weights).nan_to_num().sum(0) / student.lengths
    for other in (student, teacher):
        assert (TopK(k=3)(other, teacher) >= entropy - 1e-12).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"k": 0}, "k must be at least 1; got 0"),
        ({"temperature": 0.0}, "temperature must be positive; got 0.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TopK(**settings)

"""Objectives between segmentations, and between segments and tags."""

import numpy as np
import pytest
import torch

from structdistill.objectives import NLL, Posterior, Structural, Substructure, Token, TopK
from structdistill.objectives.base import Objective
from structdistill.structures import FORBIDDEN, Independent, LinearChain, SemiMarkov, Structure
from tests.objectives.families import kl
from tests.structures import test_semi_markov
from tests.structures.families import Setting, draw, partner

TEACHER = draw(Setting(family=test_semi_markov.FAMILY, lengths=(5, 0, 1, 3)))
STUDENT = partner(TEACHER)
LOCAL = [Token(), Substructure(), Substructure(transitions=False), Substructure(measure="kl")]
GLOBAL = [Posterior(), Posterior(temperature=2.0), Structural(), TopK()]


@pytest.mark.parametrize("objective", [*LOCAL, *GLOBAL[:-1]], ids=str)
def test_nothing_is_lost_only_where_student_and_teacher_agree(objective: Objective) -> None:
    student, teacher = STUDENT.structure, TEACHER.structure
    words = TEACHER.lengths > 0
    # The label of the only word is compared by all of them.
    assert (objective(student, teacher)[words] > 1e-3).all()
    leaf = teacher.potentials["segments"].clone().requires_grad_()
    same = TEACHER.make({**TEACHER.inputs, "segments": leaf})
    value = objective(same, teacher)
    torch.testing.assert_close(value, torch.zeros_like(value), rtol=0, atol=1e-12)
    (gradient,) = torch.autograd.grad(value.sum(), leaf)
    torch.testing.assert_close(gradient, torch.zeros_like(gradient), rtol=0, atol=1e-6)


def test_posterior_compares_the_segments_that_start_at_a_word() -> None:
    def places(marginals: np.ndarray) -> list[np.ndarray]:
        return [np.append(each.reshape(-1), 1 - each.sum()) for each in marginals]

    expected = []
    for ours, theirs in zip(STUDENT.oracles, TEACHER.oracles, strict=True):
        p, q = (places(oracle.marginals()["segments"][: ours.length]) for oracle in (theirs, ours))
        # At the first word some segment starts, up to rounding.
        sums = [kl(a.clip(1e-15), b.clip(1e-15)) for a, b in zip(p, q, strict=True)]
        expected.append(sum(sums) / max(1, ours.length))
    value = Posterior()(STUDENT.structure, TEACHER.structure)
    torch.testing.assert_close(value, torch.tensor(expected, dtype=torch.float64))


def test_nll_is_of_the_annotated_segments() -> None:
    student = STUDENT.structure
    assert isinstance(student, SemiMarkov)
    gold = student.indicator(
        [[(0, 2, 1), (2, 3, 0), (3, 5, 2)], [], [(0, 1, 0)], [(0, 1, 1), (1, 3, 1)]]
    )
    expected = -student.log_prob(gold) / student.lengths.clamp(min=1)
    torch.testing.assert_close(NLL()(student, gold=gold), expected)
    nothing = {name: torch.zeros_like(part) for name, part in gold.items()}
    assert (NLL()(student, gold=nothing) == 0).all()


def families(dtype: torch.dtype = torch.float64) -> dict[str, Structure]:
    """Over BIO tags of two labels."""
    lengths = torch.tensor([5, 0, 1, 3])
    segments = torch.randn(4, 5, 3, 3, dtype=dtype)
    segments[:, :, 1:, 0] = FORBIDDEN
    emissions = torch.randn(4, 5, 5, dtype=dtype)
    return {
        "segments": SemiMarkov(
            segments=segments, transitions=torch.randn(3, 3, dtype=dtype), lengths=lengths
        ),
        "chain": LinearChain(
            emissions=emissions, transitions=torch.randn(5, 5, dtype=dtype), lengths=lengths
        ),
        "independent": Independent(emissions=emissions, lengths=lengths),
    }


@pytest.mark.parametrize("objective", GLOBAL, ids=str)
@pytest.mark.parametrize("tags", ["chain", "independent"])
@pytest.mark.parametrize("swap", [False, True])
def test_segments_teach_tags_and_tags_teach_segments(
    objective: Objective, tags: str, swap: bool
) -> None:
    made = families()
    student, teacher = (made["segments"], made[tags])[:: -1 if swap else 1]
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in student.potentials.items()}
    value = objective(student._like(leaves), teacher)
    assert value.shape == (4,)
    assert (value >= 0).all()
    assert value[1] == 0
    gradients = torch.autograd.grad(value.sum(), list(leaves.values()))
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert (gradients[0] != 0).any()


@pytest.mark.parametrize("objective", LOCAL, ids=str)
def test_segments_and_tags_have_no_places_in_common(objective: Objective) -> None:
    made = families()
    with pytest.raises(ValueError, match="cannot compare places with alternatives"):
        objective(made["segments"], made["independent"])

"""A teacher's certainty is that of enumeration, whatever it is made of."""

import pytest
import torch

from structdistill.errors import RecipeError
from structdistill.structures import Independent, LinearChain
from structdistill.structures.mixture import Mixture
from structdistill.teachers.certainty import entropy, log_confidence
from tests.structures.families import Setting, draw, settings


def chain(seed: int) -> LinearChain:
    generator = torch.Generator().manual_seed(seed)
    return LinearChain(
        emissions=torch.randn(3, 4, 2, generator=generator, dtype=torch.float64),
        transitions=torch.randn(2, 2, generator=generator, dtype=torch.float64),
        lengths=torch.tensor([4, 1, 3]),
    )


def test_of_a_structure_it_is_that_of_the_best() -> None:
    p = chain(0)
    logs = p.top_k(16).scores - p.log_partition()  # all of them: -inf where there are fewer
    torch.testing.assert_close(log_confidence(p), logs[0])
    torch.testing.assert_close(entropy(p), torch.special.entr(logs.exp()).sum(0))


@pytest.mark.parametrize("setting", settings(dtypes=[torch.float64], cases=20), ids=str)
def test_of_every_structure_it_is_that_of_enumeration(setting: Setting) -> None:
    case = draw(setting)
    best = [oracle.log_prob.max() for oracle in case.oracles]
    case.assert_close(log_confidence(case.structure), best)
    assert (log_confidence(case.structure) <= 0).all()


def test_of_a_list_it_is_the_largest_weight() -> None:
    p = chain(0).best(3)
    torch.testing.assert_close(log_confidence(p), p.weights().amax(0).log())
    torch.testing.assert_close(entropy(p), p.entropy())


def test_of_several_teachers_it_is_the_average_of_their_probabilities() -> None:
    members = chain(0), chain(1)
    both = Mixture(members, (1, 3))
    best = both.argmax()
    expected = (
        0.25 * members[0].log_prob(best).exp() + 0.75 * members[1].log_prob(best).exp()
    ).log()
    torch.testing.assert_close(log_confidence(both), expected)
    same = Mixture([chain(0), chain(0)], (1, 2))
    torch.testing.assert_close(log_confidence(same), log_confidence(chain(0)))


def test_what_is_not_known_is_refused() -> None:
    other = Independent(emissions=torch.zeros(3, 4, 2), lengths=torch.tensor([4, 1, 3]))
    with pytest.raises(RecipeError, match="factorise differently"):
        log_confidence(Mixture([chain(0), other], (1, 1)))
    with pytest.raises(RecipeError, match=r"filter by confidence, as in data\.unlabelled_filter"):
        entropy(Mixture([chain(0), chain(1)], (1, 1)))

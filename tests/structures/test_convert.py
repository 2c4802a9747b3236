"""One family's parts under another's distribution, against enumeration of the same structures."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch

from structdistill.structures import Independent, LinearChain, Parts, Structure, expected_parts
from tests.structures import test_independent, test_linear_chain
from tests.structures.families import Case, Setting, draw, partner

# These families are over the same structures, tag sequences, and enumerate them in one order.
TAGGERS = (test_independent.FAMILY, test_linear_chain.FAMILY)
PAIRS = [
    pytest.param(first, second, id=f"{first}-to-{second}")
    for first, second in itertools.product(
        [
            Setting(family=family, form=form, scores=scores, labels=4, lengths=(6, 0, 1, 2, 5, 3))
            for family in TAGGERS
            for form in range(len(family.forms))
            for scores in ("normal", "wide")
        ],
        repeat=2,
    )
    if first.scores == second.scores and first != second
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_expected_parts_equal_enumeration(first: Setting, second: Setting) -> None:
    p, q = draw(first), draw(second)
    parts = expected_parts(p.structure, like=q.structure)
    expected = [
        theirs.expectation(ours.probabilities)
        for ours, theirs in zip(p.oracles, q.oracles, strict=True)
    ]
    assert parts.keys() == expected[0].keys()
    for name, part in parts.items():
        p.assert_close(part, np.stack([each[name] for each in expected]))


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_divergences_equal_enumeration(first: Setting, second: Setting) -> None:
    p, q = draw(first), partner(draw(second))
    _assert_close(p, q, p.structure.cross_entropy(q.structure), lambda a, b: a.cross_entropy(b))
    _assert_close(p, q, p.structure.kl(q.structure), lambda a, b: a.kl(b))


def _assert_close(p: Case, q: Case, ours: torch.Tensor, quantity: Callable[..., float]) -> None:
    theirs = [quantity(a, b) for a, b in zip(p.oracles, q.oracles, strict=True)]
    q.assert_close(ours, theirs, relative=p.tolerance)


@pytest.mark.parametrize("structure", [Independent, LinearChain])
def test_a_chain_that_does_not_look_back_diverges_from_independent_tags_by_nothing(
    structure: type[Structure],
) -> None:
    emissions, lengths = torch.randn(3, 4, 5), torch.tensor([4, 1, 0])
    chain = LinearChain(emissions=emissions, transitions=torch.zeros(5, 5), lengths=lengths)
    independent = Independent(emissions=emissions, lengths=lengths)
    torch.testing.assert_close(chain.kl(independent), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(independent.kl(chain), torch.zeros(3), atol=1e-5, rtol=0)


@pytest.mark.parametrize("swap", [False, True])
def test_conversions_are_differentiable(swap: bool) -> None:
    lengths = torch.tensor([3, 1])

    def divergence(first: torch.Tensor, transitions: torch.Tensor, second: torch.Tensor):
        chain = LinearChain(emissions=first, transitions=transitions, lengths=lengths)
        independent = Independent(emissions=second, lengths=lengths)
        return independent.kl(chain) if swap else chain.kl(independent)

    leaves = [
        torch.randn(shape, dtype=torch.float64, requires_grad=True)
        for shape in [(2, 3, 2), (2, 2), (2, 3, 2)]
    ]
    assert torch.autograd.gradcheck(divergence, leaves)


class Unheard(Structure):
    """A family that nobody knows."""

    axes = Independent.axes
    decisive = "emissions"

    def __init__(self, *, emissions: torch.Tensor, lengths: torch.Tensor):
        super().__init__(potentials={"emissions": emissions}, lengths=lengths)

    def _log_partition(self, potentials: Parts) -> torch.Tensor:
        return torch.zeros(len(self))


Unheard.__abstractmethods__ = frozenset()  # there is no need for the rest here


@pytest.mark.parametrize("method", ["cross_entropy", "kl"])
def test_unknown_conversions_name_the_known_ones(method: str) -> None:
    emissions, lengths = torch.zeros(1, 2, 2), torch.tensor([2])
    strange = Unheard(emissions=emissions, lengths=lengths)
    chain = LinearChain(emissions=emissions, transitions=torch.zeros(2, 2), lengths=lengths)
    with pytest.raises(TypeError) as error:
        getattr(chain, method)(strange)
    message = str(error.value)
    assert message.startswith("no conversion LinearChain → Unheard is known")
    for known in ("LinearChain → Independent", "Independent → LinearChain"):
        assert known in message

"""Trees with crossing arcs: what the laws must know of them, and what is peculiar."""

from functools import partial

import numpy as np
import pytest
import torch

from structdistill.structures import NonProjectiveTree, ProjectiveTree
from tests.oracle import Arrays
from tests.structures.families import Family, Shapes
from tests.structures.trees import heads_of_trees, labelled_parts


def parts(length: int, shapes: Shapes, *, single_root: bool) -> Arrays:
    return labelled_parts(shapes, heads_of_trees(length, single_root=single_root))


def single_root_count(length: int, labels: int) -> int:
    return length ** (length - 1) * labels**length if length else 1


def several_roots_count(length: int, labels: int) -> int:
    return (length + 1) ** (length - 1) * labels**length if length else 1


FORMS = [{"arcs": ("b", "n+1", "n+1", "r")}, {"arcs": ("b", "n+1", "n+1")}]
SINGLE_ROOT = Family(
    structure=NonProjectiveTree,
    forms=FORMS,
    parts=partial(parts, single_root=True),
    count=single_root_count,
    words=4,
    labels=(2, 1),
    fixed={"single_root": True},
    place=(1,),
)
SEVERAL_ROOTS = Family(
    structure=NonProjectiveTree,
    forms=FORMS,
    parts=partial(parts, single_root=False),
    count=several_roots_count,
    words=4,
    labels=(2, 1),
    fixed={"single_root": False},
    place=(1,),
)

every_switch = pytest.mark.parametrize("single_root", [True, False])


@every_switch
def test_long_sentences_with_scores_far_apart(single_root: bool) -> None:
    words = 150
    lengths = torch.tensor([words, words - 3])
    arcs = torch.empty(2, words + 1, words + 1).uniform_(-1e4, 1e4).requires_grad_()
    structure = NonProjectiveTree(arcs=arcs, single_root=single_root, lengths=lengths)
    log_partition, marginals = structure.log_partition(), structure.marginals()["arcs"]
    heads = marginals[:, :, 1:].sum(1)
    torch.testing.assert_close(heads[0], torch.ones(words))
    torch.testing.assert_close(heads[1], (torch.arange(words) < words - 3).float())
    # The best tree is all but certain, and found in quite another way.
    best = structure.argmax()
    torch.testing.assert_close(log_partition, structure.score(best), rtol=1e-6, atol=1e-2)
    assert ((marginals * best["arcs"]).sum((1, 2)) > 0.9 * lengths).all()
    (structure.entropy() + log_partition).sum().backward()
    assert arcs.grad is not None
    assert arcs.grad.isfinite().all()


@every_switch
def test_long_sentences_with_weights_in_a_product(single_root: bool) -> None:
    """Weights u[head] · v[dependent] on all arcs, of which sums over trees are known."""
    words = 150
    rates = torch.empty(2, words + 1, dtype=torch.float64).uniform_(-3, 3)
    head, dependent = rates
    arcs = (head[:, None] + dependent)[None]
    total = NonProjectiveTree(
        arcs=arcs, single_root=single_root, lengths=torch.tensor([words])
    ).log_partition()
    # Cayley-Prüfer: the root with d children and the words with theirs, all assignments of heads.
    # Σ = v · u0 (u1 + … + un)^(n-1) with one child of the root, v · u0 (u0 + … + un)^(n-1) in all.
    others = head[1:] if single_root else head
    expected = dependent[1:].sum() + head[0] + (words - 1) * others.logsumexp(0)
    torch.testing.assert_close(total, expected[None], rtol=1e-13, atol=0)


def test_half_precision_is_computed_in_double() -> None:
    arcs = torch.randn(1, 6, 6).half()
    lengths = torch.tensor([5])
    half = NonProjectiveTree(arcs=arcs, lengths=lengths).log_partition()
    assert half.dtype == torch.float32
    double = NonProjectiveTree(arcs=arcs.double(), lengths=lengths).log_partition()
    assert torch.equal(half, double.float())


def test_the_best_of_several_roots_is_not_repaired_but_replaced() -> None:
    # Hanging word 1 below word 2 after all would give 5 + 0, not 4 + 3.
    arcs = torch.tensor([[[0.0, 4, 5], [0, 0, 3], [0, 0, 0]]])
    found = {
        single_root: NonProjectiveTree(
            arcs=arcs, single_root=single_root, lengths=torch.tensor([2])
        ).argmax()["arcs"]
        for single_root in (True, False)
    }
    assert found[False].nonzero().tolist() == [[0, 0, 1], [0, 0, 2]]
    assert found[True].nonzero().tolist() == [[0, 0, 1], [0, 1, 2]]


@every_switch
def test_projective_trees_are_among_them(single_root: bool) -> None:
    arcs, lengths = torch.randn(2, 5, 5, 2, dtype=torch.float64), torch.tensor([4, 2])
    projective, every = (
        family(arcs=arcs, single_root=single_root, lengths=lengths)
        for family in (ProjectiveTree, NonProjectiveTree)
    )
    # p = q / q(projective), so that KL(p ‖ q) = −log q(projective).
    expected = every.log_partition() - projective.log_partition()
    torch.testing.assert_close(projective.kl(every), expected)
    assert expected[0] > 1e-3
    with pytest.raises(TypeError, match="no conversion NonProjectiveTree → ProjectiveTree"):
        every.kl(projective)


@every_switch
def test_samples_of_longer_sentences_have_the_marginals(single_root: bool) -> None:
    arcs, lengths = torch.randn(2, 9, 9, 2), torch.tensor([8, 3])
    structure = NonProjectiveTree(arcs=arcs, single_root=single_root, lengths=lengths)
    samples = structure.sample(4000)["arcs"]
    heads = samples.sum((2, 4))[:, :, 1:]
    assert (heads == (torch.arange(8) < lengths[:, None])).all()
    difference = (samples.mean(0) - structure.marginals()["arcs"]).abs()
    assert difference.max() < 5 * np.sqrt(0.25 / 4000)

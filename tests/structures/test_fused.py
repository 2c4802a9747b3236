"""Kernels stand in for the plain programme where there are some."""

import torch

from structdistill.structures import LinearChain, NonProjectiveTree


def test_an_empty_batch_has_empty_answers() -> None:
    chain = LinearChain(
        emissions=torch.zeros(0, 4, 3),
        transitions=torch.zeros(3, 3),
        lengths=torch.zeros(0, dtype=torch.long),
    )
    assert chain.log_partition().shape == (0,)
    assert chain.argmax()["emissions"].shape == (0, 4, 3)


def test_an_empty_batch_of_trees_has_empty_answers() -> None:
    tree = NonProjectiveTree(arcs=torch.zeros(0, 4, 4), lengths=torch.zeros(0, dtype=torch.long))
    assert tree.log_partition().shape == (0,)
    assert tree.argmax()["arcs"].shape == tree.marginals()["arcs"].shape == (0, 4, 4)


def test_transitions_at_every_position_have_the_answers_of_shared_ones() -> None:
    emissions, transitions = torch.randn(2, 4, 3), torch.randn(3, 3)
    lengths = torch.tensor([4, 2])
    shared, positional = (
        LinearChain(emissions=emissions, transitions=some, lengths=lengths)
        for some in (transitions, transitions.expand(2, 3, 3, 3))
    )
    torch.testing.assert_close(shared.log_partition(), positional.log_partition())
    assert torch.equal(shared.argmax()["emissions"], positional.argmax()["emissions"])

"""The k best tag sequences by lists are those by partition."""

import pytest
import torch

from structdistill.structures import FORBIDDEN, LinearChain
from structdistill.structures.k_best import by_partition
from tests.structures.kernels.agreement import every_precision

LENGTHS = (6, 0, 1, 4, 5)


@every_precision
@pytest.mark.parametrize("forbidden", [False, True])
@pytest.mark.parametrize("k", [1, 2, 7])
def test_lists_agree_with_the_partition(k: int, forbidden: bool, dtype: torch.dtype) -> None:
    shapes = ((len(LENGTHS), 6, 3), (3, 3), (3,), (3,))
    tensors = [torch.randn(shape, dtype=dtype) for shape in shapes]
    if forbidden:
        tensors[1][0, 1] = tensors[1][2, 2] = tensors[2][1] = FORBIDDEN
        tensors[0][0, 2, 1] = FORBIDDEN
    chain = LinearChain(
        **dict(zip(LinearChain.axes, tensors, strict=True)), lengths=torch.tensor(LENGTHS)
    )
    ours, theirs = chain.top_k(k), by_partition(chain, k)
    torch.testing.assert_close(ours.scores, theirs.scores)
    for name, part in ours.parts.items():
        assert torch.equal(part, theirs.parts[name])


def test_each_sentence_may_have_its_own_transitions() -> None:
    chain = LinearChain(
        emissions=torch.randn(2, 4, 3),
        transitions=torch.randn(2, 3, 3),
        lengths=torch.tensor([4, 3]),
    )
    assert torch.equal(
        chain.top_k(5).scores, torch.cat([chain[i].top_k(5).scores for i in (0, 1)], 1)
    )

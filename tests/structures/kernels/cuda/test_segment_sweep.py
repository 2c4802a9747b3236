"""The kernel of segmentations, with potentials of what they begin and end with."""

import pytest
import torch

pytest.importorskip("triton")

from structdistill.structures.kernels.cuda.arithmetic import EXPECTATIONS
from structdistill.structures.kernels.cuda.segment_sweep import sweep


def test_two_words_are_one_segment_or_two() -> None:
    segments = torch.randn(1, 2, 2, 2).double()  # word, width, label
    transitions, start, end = (torch.randn(1, *shape).double() for shape in ((2, 2), (2,), (2,)))
    log_z, parts = sweep(EXPECTATIONS, (segments, transitions, start, end), (), torch.tensor([2]))
    first, second = segments[0, :, 0]
    one = (start + segments[0, 0, 1] + end).flatten()
    two = (start + first).view(2, 1) + transitions[0] + second + end
    torch.testing.assert_close(log_z, torch.cat([one, two.flatten()]).logsumexp(0, True))
    expected = (two - log_z).exp()
    wide = (one - log_z).exp()
    torch.testing.assert_close(parts[0][0, 0, 1], wide)
    torch.testing.assert_close(parts[1][0], expected)
    torch.testing.assert_close(parts[2][0], wide + expected.sum(1))
    torch.testing.assert_close(parts[3][0], wide + expected.sum(0))


def test_what_all_sentences_share_is_as_if_each_had_its_own() -> None:
    own = [torch.randn(3, *shape) for shape in ((2, 1, 2), (2, 2), (2,), (2,))]
    shared = [x[:1].expand(x.shape) for x in own]
    repeated = [x.clone() for x in shared]
    lengths = torch.tensor([2, 1, 0])
    answers = [sweep(EXPECTATIONS, tuple(x), (), lengths) for x in (shared, repeated)]
    assert torch.equal(answers[0][0], answers[1][0])
    for part, same in zip(answers[0][1], answers[1][1], strict=True):
        assert torch.equal(part, same)

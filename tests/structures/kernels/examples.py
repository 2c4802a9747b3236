"""Random structures for the kernels of all devices."""

import torch
from torch import Tensor

from structdistill.structures import ConstituencyTree, SemiMarkov
from structdistill.structures.dependency_tree import DependencyTree
from tests.structures.kernels.agreement import forbid, scores


def segmentations(
    scale: float,
    dtype: torch.dtype,
    *,
    lengths: Tensor,
    labels: int,
    widths: int,
    shared: bool = True,
    forbidden: bool = False,
) -> SemiMarkov:
    """Where parts are forbidden, the first label for each word remains."""
    sentences = len(lengths)
    segments = scores(scale, dtype, sentences, int(lengths.max()), widths, labels)
    transitions = scores(scale, dtype, *([] if shared else [sentences]), labels, labels)
    if forbidden:
        kept, pair = torch.zeros_like(segments), torch.zeros_like(transitions)
        kept[:, :, 0, 0] = pair[..., 0, 0] = 1
        segments = forbid(segments, share=0.4, except_for=kept)
        transitions = forbid(transitions, share=0.4, except_for=pair)
    return SemiMarkov(segments=segments, transitions=transitions, lengths=lengths)


def constituency_trees(
    scale: float, dtype: torch.dtype, *, lengths: Tensor, labels: int, forbidden: bool = False
) -> ConstituencyTree:
    """Where parts are forbidden, the words remain, and the spans from the first."""
    size = int(lengths.max()) + 1
    spans = scores(scale, dtype, len(lengths), size, size, labels)
    if forbidden:
        kept = torch.zeros_like(spans)
        word = torch.arange(size - 1)
        kept[:, 0, :, 0] = kept[:, word, word + 1, 0] = 1
        spans = forbid(spans, share=0.6, except_for=kept)
    return ConstituencyTree(spans=spans, lengths=lengths)


def dependency_trees(
    family: type[DependencyTree],
    scale: float,
    dtype: torch.dtype,
    *,
    lengths: Tensor,
    relations: tuple[int, ...],
    single_root: bool = True,
    forbidden: bool = False,
) -> DependencyTree:
    """Where parts are forbidden, the arcs from each word to the next remain."""
    size = int(lengths.max()) + 1
    arcs = scores(scale, dtype, len(lengths), size, size, *relations)
    if forbidden:
        kept = torch.zeros_like(arcs)
        node = torch.arange(size - 1)
        kept[:, node, node + 1] = 1
        arcs = forbid(arcs, share=0.5, except_for=kept)
    return family(arcs=arcs, single_root=single_root, lengths=lengths)

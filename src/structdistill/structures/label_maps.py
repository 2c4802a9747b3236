"""Labels renamed and merged: what becomes of parts and of potentials."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import one_hot, pad

from structdistill.structures.base import Structure
from structdistill.structures.empirical import Empirical
from structdistill.structures.potentials import FORBIDDEN, LABELS, Parts


@dataclass(frozen=True)
class LabelMap:
    """Which label becomes which; several may become one, and some may be nobody's.

    Args:
        index: for each old label the number of the new one.
        size: how many new labels there are.
    """

    index: tuple[int, ...]
    size: int

    def __post_init__(self) -> None:
        if not all(0 <= new < self.size for new in self.index):
            raise ValueError(f"labels must be numbers from 0 to {self.size - 1}; got {self.index}")

    @property
    def injective(self) -> bool:
        """Whether no two labels become one."""
        return len(set(self.index)) == len(self.index)

    @property
    def identity(self) -> bool:
        """Whether all labels stay what they are."""
        return self.index == tuple(range(self.size))

    def matrix(self, like: Tensor) -> Float[Tensor, "old new"]:
        """The indicator of which label becomes which, on the device of a tensor, in its dtype."""
        index = torch.tensor(self.index, dtype=torch.long, device=like.device)
        return one_hot(index, self.size).to(like.dtype)

    def pulled_back(self, structure: Structure) -> Structure:
        """A structure over the old labels, each with the potentials of what it becomes."""
        return structure.relabel(torch.tensor(self.index, device=structure.lengths.device))


LabelMaps = Mapping[str, LabelMap]
"""How the labels of each family are renamed, by the name of the decisive potential."""


def push_parts(parts: Parts, labels: LabelMap, *, of: Structure) -> Parts:
    """The (expected) parts of structures, once their labels are renamed.

    Renaming is linear in parts: E[parts_new] = Σ_{old: m(old) = new} E[parts_old]. A segment whose
    label becomes 0, outside, is no segment any more, but so many words outside.

    Args:
        parts: indicators or expectations, perhaps with further axes in front.
        labels: of the old labels.
        of: any structure of these parts, with the old labels.
    """
    matrix = labels.matrix(parts[of.decisive])
    if of.decisive == "segments":
        return _push_segments(parts, matrix, of)
    return _push(parts, matrix, of)


def words_inside(
    parts: Parts, labels: LabelMap, *, of: Structure
) -> Float[Tensor, "*count batch word"]:
    """How probably each word is in a segment that becomes words outside, and not its first.

    Args:
        parts: as for `push_parts`, of segments.
        labels: of the old labels.
        of: any structure of these parts, with the old labels.
    """
    reaching = _reaching(parts["segments"], _dropped(labels.matrix(parts["segments"])))
    return _by_word(reaching, start=1)[..., : of.potentials["segments"].shape[1]]


def push_potentials(structure: Structure, labels: LabelMap) -> Structure:
    """Potentials of merged labels: log-sum-exp over those that become one, FORBIDDEN for nobody's.

    The distribution of the renamed structures, exactly, if no labels are merged or if the
    structure has labels in its decisive potential only.

    Args:
        structure: with the old labels.
        labels: of the old labels.
    """
    potentials = dict(structure.potentials)
    for name, axes in structure._axes.items():
        for dim, axis in enumerate(axes):
            if axis in LABELS:
                potentials[name] = log_sum_merged(potentials[name], labels, dim)
    return structure._like(potentials)


def log_sum_merged(values: Tensor, labels: LabelMap, dim: int) -> Tensor:
    """Log-sum-exp along an axis over the labels that become one; FORBIDDEN for nobody's."""
    groups = [[o for o, new in enumerate(labels.index) if new == n] for n in range(labels.size)]
    last = values.movedim(dim, -1)
    merged = [
        last[..., group].logsumexp(-1)
        if len(group) > 1
        else last[..., group[0]]
        if group
        else torch.full_like(last[..., 0], FORBIDDEN)
        for group in groups
    ]
    return torch.stack(merged, -1).movedim(-1, dim)


def push_list(empirical: Empirical, labels: LabelMap) -> Empirical:
    """A list of structures with renamed labels; structures that become one count together.

    Args:
        empirical: with the old labels.
        labels: of the old labels.
    """
    return Empirical(
        family=push_potentials(empirical.family, labels),
        parts=push_parts(empirical.parts, labels, of=empirical.family),
        scores=empirical.scores,
    ).pooled()


def _push(parts: Parts, matrix: Float[Tensor, "old new"], of: Structure) -> Parts:
    """Sums over the labels that become one."""
    pushed = dict(parts)
    for name, axes in of._axes.items():
        for dim, axis in enumerate(axes):
            if axis in LABELS:
                last = pushed[name].movedim(dim - len(axes), -1)
                pushed[name] = (last @ matrix).movedim(-1, dim - len(axes))
    return pushed


def _push_segments(parts: Parts, matrix: Float[Tensor, "old new"], of: Structure) -> Parts:
    """The same where a segment may fall apart into words outside."""
    dropped = _dropped(matrix)
    pushed = _push({**parts, "segments": parts["segments"] * ~dropped}, matrix, of)
    if not dropped.any() or not parts["segments"].shape[-3]:
        return pushed
    reaching = _reaching(parts["segments"], dropped)
    words = reaching.shape[-2]
    outside = _by_word(reaching, start=0)[..., :words]
    shape = pushed["segments"].shape
    pushed["segments"] = pushed["segments"] + pad(
        outside[..., None, None], (0, shape[-1] - 1, 0, shape[-2] - 1)
    )
    between = _by_word(reaching, start=1)[..., 1:words]  # word i and the one before it, in one
    transitions = pushed["transitions"]
    if of.batched()["transitions"].dim() == 3:
        between = between.sum(-1)
    labels = transitions.shape[-1] - 1
    pushed["transitions"] = transitions + pad(between[..., None, None], (0, labels, 0, labels))
    return pushed


def _dropped(matrix: Float[Tensor, "old new"]) -> Bool[Tensor, " old"]:
    """Which labels of segments become outside, and have not been it before."""
    old = torch.arange(len(matrix), device=matrix.device)
    return (matrix[:, 0] > 0) & (old > 0)


def _reaching(
    segments: Float[Tensor, "*count batch word width old"], dropped: Bool[Tensor, " old"]
) -> Float[Tensor, "*count batch word width"]:
    """[i, d]: the probability of such a segment from word i that reaches word i + d."""
    return (segments * dropped).sum(-1).flip(-1).cumsum(-1).flip(-1)


def _by_word(
    reaching: Float[Tensor, "*count batch word width"], *, start: int
) -> Float[Tensor, "*count batch words"]:
    """The sum over the words i + d from d = start on; longer than the sentence, by zeros."""
    words, widths = reaching.shape[-2:]
    return sum(
        (pad(reaching[..., d], (d, widths - d)) for d in range(start, widths)),
        reaching.new_zeros(*reaching.shape[:-2], words + widths),
    )

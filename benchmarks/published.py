"""Previous methods as their published code does them: Python loops over words, and autograd.

For timing only. Chains alone, whose transitions are shared and which have no length 0.

Reference: Wang et al. (2020), Structure-Level Knowledge Distillation For Multilingual Sequence
    Labeling, sections 3.1 and 3.2; their loops are written anew here from the formulas.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from structdistill.objectives.base import Distillation
from structdistill.structures import LinearChain, Structure


def forward(chain: LinearChain) -> Tensor:
    """log α[b, i, t]: of all taggings of the words up to i that end in t; frozen behind the end."""
    potentials = chain.batched()
    emissions = potentials["emissions"]
    alphas = [potentials["start"] + emissions[:, 0]]
    for i in range(1, emissions.shape[1]):
        longer = torch.logsumexp(alphas[-1][:, :, None] + potentials["transitions"], 1)
        real = (i < chain.lengths)[:, None]
        alphas.append(torch.where(real, longer + emissions[:, i], alphas[-1]))
    return torch.stack(alphas, 1)


def backward(chain: LinearChain) -> Tensor:
    """log β[b, i, t]: of all taggings of the words behind i, after t at i."""
    potentials = chain.batched()
    emissions = potentials["emissions"]
    betas = [potentials["end"]]
    for i in reversed(range(emissions.shape[1] - 1)):
        rest = emissions[:, i + 1] + betas[-1]
        longer = torch.logsumexp(potentials["transitions"] + rest[:, None, :], 2)
        real = (i < chain.lengths - 1)[:, None]
        betas.append(torch.where(real, longer, potentials["end"]))
    return torch.stack(betas[::-1], 1)


def log_partition(chain: LinearChain) -> Tensor:
    """log Z[b]."""
    return torch.logsumexp(forward(chain)[:, -1] + chain.batched()["end"], 1)


def best_paths(chain: LinearChain, k: int) -> tuple[Tensor, Tensor]:
    """The k best taggings [b, k, i] and their scores [b, k], where there are so many."""
    potentials = chain.batched()
    emissions = potentials["emissions"]
    batch, words, tags = emissions.shape
    scores = (potentials["start"] + emissions[:, 0])[:, :, None]
    origins = []
    for i in range(1, words):
        longer = scores[:, :, None, :] + potentials["transitions"][..., None]
        flat = longer.transpose(1, 2).flatten(2)  # to each tag, from each tag and rank
        best, where = flat.topk(min(k, flat.shape[2]), 2)
        real = (i < chain.lengths)[:, None, None]
        padded = torch.nn.functional.pad(scores, (0, best.shape[2] - scores.shape[2]), value=-1e9)
        stay = torch.arange(tags)[None, :, None] * scores.shape[2]
        stay = stay + torch.arange(best.shape[2]).clamp(max=scores.shape[2] - 1)
        origins.append((torch.where(real, where, stay), scores.shape[2]))
        scores = torch.where(real, best + emissions[:, i, :, None], padded)
    flat = (scores + potentials["end"][:, :, None]).flatten(1)
    found, at = flat.topk(min(k, flat.shape[1]), 1)
    tag, rank = at // scores.shape[2], at % scores.shape[2]
    path = [tag]
    for where, width in reversed(origins):
        origin = where[torch.arange(batch)[:, None], tag, rank]
        tag, rank = origin // width, origin % width
        path.append(tag)
    return torch.stack(path[::-1], 2), found


@dataclass(frozen=True)
class PublishedPosterior(Distillation):
    """KL of the tag marginals at each word, both by loops of forward and backward."""

    def divergence(self, student: Structure, teacher: Structure) -> Tensor:
        assert isinstance(student, LinearChain)
        assert isinstance(teacher, LinearChain)
        theirs, ours = (
            torch.log_softmax(forward(chain) + backward(chain), 2) for chain in (teacher, student)
        )
        real = torch.arange(ours.shape[1]) < student.lengths[:, None]
        divergence = (theirs.exp() * (theirs - ours)).sum(2).where(real, 0)
        return divergence.sum(1) / student.lengths


@dataclass(frozen=True)
class PublishedTopK(Distillation):
    """Negative log-likelihood of the teacher's k best taggings, found in each step by a loop."""

    k: int = 3

    def divergence(self, student: Structure, teacher: Structure) -> Tensor:
        assert isinstance(student, LinearChain)
        assert isinstance(teacher, LinearChain)
        paths, scores = best_paths(teacher, self.k)
        expected = [
            weight * student.score(student.indicator(path))
            for path, weight in zip(paths.unbind(1), scores.softmax(1).unbind(1), strict=True)
        ]
        return (log_partition(student) - torch.stack(expected).sum(0)) / student.lengths

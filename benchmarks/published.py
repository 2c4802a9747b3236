"""Previous methods as their published code does them: Python loops over words, and autograd.

For timing only. Chains alone, whose transitions are shared and which have no length 0. The loops
are written anew, with what costs their time: a table that is copied at each word, for autograd
allows no change in place; sums of exponentials step by step; a loop for the backward pass, over
reversed sentences; another for the annotation; and as many times the sentences as there are best
taggings. Other tensors that their code repeats are left out. What the teacher says is worked out
before training there, so here by kernels, which take next to nothing.

Reference: Wang et al. (2020), Structure-Level Knowledge Distillation For Multilingual Sequence
    Labeling, sections 3.1 and 3.2, and its code (MultilangStructureKD:
    `simple_forward_distillation_loss` and what it calls; `assign_pretrained_teacher_targets`).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from structdistill.objectives import Objective
from structdistill.objectives.base import Distillation
from structdistill.structures import Distribution, LinearChain, Parts, Structure


def forward(start: Tensor, emissions: Tensor, transitions: Tensor) -> Tensor:
    """log α[b, i, t]: of all taggings of the words up to i that end in t."""
    table = emissions.new_zeros(emissions.shape)
    table[:, 0] = start + emissions[:, 0]
    for i in range(1, emissions.shape[1]):
        longer = table[:, i - 1, None, :] + transitions.mT + emissions[:, i, :, None]
        largest = longer.max(2).values
        total = torch.log(torch.sum(torch.exp(longer - largest[:, :, None]), 2))
        table = table.clone()
        table[:, i] = largest + total
    return table


def marginals(chain: LinearChain) -> Tensor:
    """The log-probability of each tag at each word."""
    given = chain.batched()
    alphas = forward(given["start"], given["emissions"], given["transitions"])
    reversed_emissions = _reversed(given["emissions"], chain.lengths)
    betas = forward(given["end"], reversed_emissions, given["transitions"].mT)
    both = alphas + _reversed(betas, chain.lengths) - given["emissions"]
    return torch.log_softmax(both, 2)


def log_partition(chain: LinearChain) -> Tensor:
    """log Z[b]."""
    given = chain.batched()
    alphas = forward(given["start"], given["emissions"], given["transitions"])
    last = alphas[torch.arange(len(alphas)), chain.lengths - 1]
    return torch.logsumexp(last + given["end"], 1)


def _reversed(words: Tensor, lengths: Tensor) -> Tensor:
    """Each sentence from its last word to its first, its padding as it is."""
    turned = torch.zeros_like(words)
    for row, (sentence, length) in enumerate(zip(words, lengths.tolist(), strict=True)):
        turned[row, :length] = sentence[:length].flip(0)
    return turned


@dataclass(frozen=True)
class PublishedNLL(Objective):
    """Negative log-likelihood of the annotation, of whole sentences."""

    @property
    def needs_teacher(self) -> bool:
        return False

    def __call__(
        self, student: Structure, teacher: Distribution | None = None, gold: Parts | None = None
    ) -> Tensor:
        assert isinstance(student, LinearChain)
        assert gold is not None
        return (log_partition(student) - student.score(gold)) / student.lengths


@dataclass(frozen=True)
class PublishedPosterior(Distillation):
    """KL of the tag marginals at each word."""

    def divergence(self, student: Structure, teacher: Structure) -> Tensor:
        assert isinstance(student, LinearChain)
        theirs, ours = teacher.marginals()["emissions"], marginals(student)
        real = torch.arange(ours.shape[1]) < student.lengths[:, None]
        divergence = (torch.xlogy(theirs, theirs) - theirs * ours).sum(2).where(real, 0)
        return divergence.sum(1) / student.lengths


@dataclass(frozen=True)
class PublishedTopK(Distillation):
    """Negative log-likelihood of the teacher's k best taggings."""

    k: int = 3

    def divergence(self, student: Structure, teacher: Structure) -> Tensor:
        assert isinstance(student, LinearChain)
        best = teacher.top_k(self.k)
        # Each sentence as often as there are taggings of it, its log Z found each time.
        repeated = student[torch.arange(len(student)).repeat(self.k)]
        log_z = log_partition(repeated).unflatten(0, (self.k, -1))
        scores = student.score(best.parts)
        return (best.scores.softmax(0) * (log_z - scores)).sum(0) / student.lengths

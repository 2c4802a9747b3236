"""Dependency trees whose arcs may cross."""

import torch
from jaxtyping import Float
from torch import Tensor

from structdistill.structures.dependency_tree import DependencyTree
from structdistill.structures.fused import Fused
from structdistill.structures.inside import log_sum_exp
from structdistill.structures.kernels.arrays import best_on_cpu
from structdistill.structures.matrix_tree import log_sum_arborescences
from structdistill.structures.potentials import Parts


class NonProjectiveTree(DependencyTree, Fused):
    """Dependency trees over the words of a sentence, whose arcs may cross.

    p(y) ∝ exp Σ_{(h, d, r) ∈ y} arcs[h, d, r]

    Each word d = 1 … n has one head h, another word or the root 0, and every word descends from
    the root.

    Parts: arcs[b, h, d] is an arc from head h to dependent d, arcs[b, h, d, r] one of relation r.
        Entries into the root, of a word to itself and beyond the sentence are no parts.
    Cost: O(n³ + n² r) time and memory, n sequential steps; the best tree O(n² r) time, on the CPU.
        Samples take the time of n log Z.
    Count: n^(n−1) · r^n structures, or (n+1)^(n−1) · r^n where several arcs may leave the root; for
        n = 0 one, the empty one, with score 0.
    Reference: Koo et al. (2007) and McDonald et al. (2005). We compute their determinant without
        subtractions, and with one arc from the root unless told otherwise.
    """

    def _reference(self, *potentials: Tensor) -> Float[Tensor, " batch"]:
        arcs = potentials[0].double()
        if arcs.dim() == 4:
            arcs = log_sum_exp(arcs, 3)
        total = log_sum_arborescences(arcs[:, :, 1:], self.lengths, single_root=self.single_root)
        return total.to(self.dtype)

    def _reference_argmax(self) -> Parts:
        # There is but one programme, which is compiled for CPUs.
        from structdistill.structures.kernels import non_projective_tree

        potentials = (self.potentials["arcs"],)
        switches = (self.single_root,)
        (arcs,) = best_on_cpu(non_projective_tree.best, potentials, self.lengths, switches)
        return {"arcs": arcs}

    def sample(self, count: int, *, generator: torch.Generator | None = None) -> Parts:
        # One word after another draws its head and relation, given those of the words before.
        rest = self.detach()[torch.arange(len(self)).repeat(count)]
        drawn = torch.zeros_like(rest.potentials["arcs"])
        for word in range(1, drawn.shape[2]):
            weights = rest.marginals()["arcs"][:, :, word].flatten(1).clamp(min=0)
            # Sentences that are over draw in vain.
            over = rest.lengths < word
            weights = weights.masked_fill(over[:, None], 1)
            choice = torch.multinomial(weights, 1, generator=generator)
            one_hot = torch.zeros_like(weights).scatter_(1, choice, 1)
            one_hot = one_hot.masked_fill(over[:, None], 0)
            drawn[:, :, word] = one_hot.view(drawn[:, :, word].shape)
            rest = rest.constrain(drawn)
        return {"arcs": drawn.unflatten(0, (count, len(self)))}

"""Pure inference: batches of distributions over structures. No modules, no text, no files."""

from structdistill.structures.base import Structure
from structdistill.structures.constituency_tree import ConstituencyTree
from structdistill.structures.convert import expected_parts
from structdistill.structures.distribution import Distribution
from structdistill.structures.empirical import Empirical
from structdistill.structures.independent import Independent
from structdistill.structures.inside import Inside
from structdistill.structures.k_best import Ranked, k_best
from structdistill.structures.linear_chain import LinearChain
from structdistill.structures.local import Local
from structdistill.structures.non_projective_tree import NonProjectiveTree
from structdistill.structures.potentials import FORBIDDEN, Parts
from structdistill.structures.projective_tree import ProjectiveTree
from structdistill.structures.semi_markov import SemiMarkov

__all__ = [
    "FORBIDDEN",
    "ConstituencyTree",
    "Distribution",
    "Empirical",
    "Independent",
    "Inside",
    "LinearChain",
    "Local",
    "NonProjectiveTree",
    "Parts",
    "ProjectiveTree",
    "Ranked",
    "SemiMarkov",
    "Structure",
    "expected_parts",
    "k_best",
]

"""Pure inference: batches of distributions over structures. No modules, no text, no files."""

from structdistill.structures.base import Ranked, Structure
from structdistill.structures.convert import expected_parts
from structdistill.structures.independent import Independent
from structdistill.structures.inside import Inside
from structdistill.structures.k_best import k_best
from structdistill.structures.linear_chain import LinearChain
from structdistill.structures.local import Local
from structdistill.structures.potentials import FORBIDDEN, Parts
from structdistill.structures.projective_tree import ProjectiveTree

__all__ = [
    "FORBIDDEN",
    "Independent",
    "Inside",
    "LinearChain",
    "Local",
    "Parts",
    "ProjectiveTree",
    "Ranked",
    "Structure",
    "expected_parts",
    "k_best",
]

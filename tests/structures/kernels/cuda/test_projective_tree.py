"""Projective trees on CUDA devices."""

from structdistill.structures import ProjectiveTree
from tests.structures.kernels.cuda.dependency_trees import DependencyTrees


class TestProjectiveTrees(DependencyTrees):
    family = ProjectiveTree

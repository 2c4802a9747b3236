"""The expectation of one family's parts under another family's distribution."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

from structdistill.structures.base import Structure
from structdistill.structures.dependency_tree import DependencyTree
from structdistill.structures.distribution import Distribution
from structdistill.structures.empirical import Empirical
from structdistill.structures.independent import Independent
from structdistill.structures.linear_chain import LinearChain
from structdistill.structures.merged import Merged
from structdistill.structures.mixture import Mixture
from structdistill.structures.non_projective_tree import NonProjectiveTree
from structdistill.structures.potentials import Parts
from structdistill.structures.projective_tree import ProjectiveTree
from structdistill.structures.segment_tags import (
    chain_to_segments,
    independent_to_segments,
    segments_to_chain,
    segments_to_independent,
)
from structdistill.structures.semi_markov import SemiMarkov


def expected_parts(structure: Distribution, *, like: Structure) -> Parts:
    """E_p[parts(y)], where p is `structure` and the parts are those of `like`'s family.

    With it two distributions over the same tag sequences compare whatever they are made of: the
    four cases of Wang et al. (2021), Structural Knowledge Distillation, section 3. Segments
    compare with tags as `segment_tags` tells and reads them.

    Trees with relations compare with trees without, and their relations with independent tags.

    Raises:
        TypeError: no conversion between these families is known.
        ValueError: the labels of segments do not correspond to the tags.
        ValueError: the parts would have to tell relations that the structure does not have, or
            the structure has trees that are none in `like`'s family.
    """
    if isinstance(structure, Empirical):
        return _of_list(structure, like)
    if isinstance(structure, Merged | Mixture):
        return structure.expected_parts(like)
    if isinstance(structure, Structure) and structure.has_parts_of(like):
        return structure.marginals()
    key = (type(structure), type(like))
    if key not in _CONVERSIONS:
        known = ", ".join(f"{a.__name__} → {b.__name__}" for a, b in _CONVERSIONS)
        raise TypeError(
            f"no conversion {key[0].__name__} → {key[1].__name__} is known. Known: {known}; "
            "parts that are alike need none"
        )
    assert isinstance(structure, Structure)
    return _CONVERSIONS[key](structure, like)


def comparable(structure: Structure, *, like: Structure) -> Structure:
    """The distribution of what `like` is a distribution of, which may be less than all that y is.

    Raises:
        TypeError: it is none of a known family, so that its entropy is not known.
    """
    if isinstance(structure, DependencyTree) and isinstance(like, DependencyTree):
        tells_less = structure.is_labelled and not like.is_labelled
        return structure.unlabelled() if tells_less else structure
    if isinstance(structure, DependencyTree) and isinstance(like, Independent):
        raise TypeError(
            "no entropy of a tree's relations without the tree is known, and so no KL to "
            "independent tags: compare by cross_entropy, or by marginals (posterior)"
        )
    return structure


def _of_list(empirical: Empirical, like: Structure) -> Parts:
    """The mean of the parts of its members."""
    parts = empirical.parts
    if not empirical.family.has_parts_of(like):
        # A structure in other parts: what is expected when it is certain.
        members = [expected_parts(member, like=like) for member in empirical.members()]
        parts = {name: torch.stack([each[name] for each in members]) for name in members[0]}
    return {name: empirical.mean(part) for name, part in parts.items()}


def _other_transitions(structure: Structure, like: Structure) -> Parts:
    """Between transitions that are shared over positions and transitions at every position."""
    assert isinstance(structure, LinearChain | SemiMarkov)
    pairs = structure.pair_marginals()
    shared = like.batched()["transitions"].dim() == 3
    return {**structure.marginals(), "transitions": pairs.sum(1) if shared else pairs}


def _segments_to_segments(segments: Structure, like: Structure) -> Parts:
    """Other transitions, other widths: a segment that is wider than `like` allows is left out."""
    parts = _other_transitions(segments, like)
    missing = like.potentials["segments"].shape[2] - parts["segments"].shape[2]
    return {**parts, "segments": pad(parts["segments"], (0, 0, 0, missing))}


def _chain_to_independent(chain: Structure, _: Structure) -> Parts:
    return {"emissions": chain.marginals()["emissions"]}


def _independent_to_chain(independent: Structure, like: Structure) -> Parts:
    assert isinstance(like, LinearChain)
    return like.product(independent.marginals()["emissions"])


def _tree_to_tree(tree: Structure, like: Structure) -> Parts:
    """Relations summed over, or a tree with one arc from the root taken for one with several."""
    assert isinstance(tree, DependencyTree)
    assert isinstance(like, DependencyTree)
    if like.single_root and not tree.single_root:
        raise ValueError(
            "trees with several arcs from the root are none of a family with single_root=True: "
            "make both with the same single_root"
        )
    arcs = tree.marginals()["arcs"]
    if tree.is_labelled == like.is_labelled:
        return {"arcs": arcs}
    return {"arcs": _with_relations(arcs).sum(3)}


def _tree_to_independent(tree: Structure, _: Structure) -> Parts:
    """The relation of a word to its head, as its tag."""
    return {"emissions": _with_relations(tree.marginals()["arcs"])[:, :, 1:].sum(1)}


def _with_relations(arcs: Tensor) -> Tensor:
    if arcs.dim() == 3:
        raise ValueError(
            "a tree without relations does not tell what they are: expected arcs of shape "
            f"(b, n+1, n+1, r), got {tuple(arcs.shape)}. Compare with trees without relations"
        )
    return arcs


_Conversion = Callable[[Structure, Structure], Parts]
_CONVERSIONS: dict[tuple[type[Distribution], type[Distribution]], _Conversion] = {
    (LinearChain, LinearChain): _other_transitions,
    (LinearChain, Independent): _chain_to_independent,
    (Independent, LinearChain): _independent_to_chain,
    (SemiMarkov, SemiMarkov): _segments_to_segments,
    (SemiMarkov, LinearChain): segments_to_chain,
    (SemiMarkov, Independent): segments_to_independent,
    (LinearChain, SemiMarkov): chain_to_segments,
    (Independent, SemiMarkov): independent_to_segments,
    (ProjectiveTree, ProjectiveTree): _tree_to_tree,
    (ProjectiveTree, NonProjectiveTree): _tree_to_tree,
    (NonProjectiveTree, NonProjectiveTree): _tree_to_tree,
    (ProjectiveTree, Independent): _tree_to_independent,
    (NonProjectiveTree, Independent): _tree_to_independent,
}

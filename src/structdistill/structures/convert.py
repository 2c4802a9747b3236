"""The expectation of one family's parts under another family's distribution."""

from collections.abc import Callable

from structdistill.structures.base import Structure
from structdistill.structures.independent import Independent
from structdistill.structures.linear_chain import LinearChain
from structdistill.structures.potentials import Parts
from structdistill.structures.segment_tags import (
    chain_to_segments,
    independent_to_segments,
    segments_to_chain,
    segments_to_independent,
)
from structdistill.structures.semi_markov import SemiMarkov


def expected_parts(structure: Structure, *, like: Structure) -> Parts:
    """E_p[parts(y)], where p is `structure` and the parts are those of `like`'s family.

    With it two distributions over the same tag sequences compare whatever they are made of: the
    four cases of Wang et al. (2021), Structural Knowledge Distillation, section 3. Segments
    compare with tags as `segment_tags` tells and reads them.

    Raises:
        TypeError: no conversion between these families is known.
        ValueError: the labels of segments do not correspond to the tags.
    """
    if structure.has_parts_of(like):
        return structure.marginals()
    key = (type(structure), type(like))
    if key not in _CONVERSIONS:
        known = ", ".join(f"{a.__name__} → {b.__name__}" for a, b in _CONVERSIONS)
        raise TypeError(
            f"no conversion {key[0].__name__} → {key[1].__name__} is known. Known: {known}; "
            "parts that are alike need none"
        )
    return _CONVERSIONS[key](structure, like)


def _chain_to_chain(chain: Structure, like: Structure) -> Parts:
    """Between transitions that are shared over positions and transitions at every position."""
    assert isinstance(chain, LinearChain)
    pairs = chain.pair_marginals()
    shared = like.batched()["transitions"].dim() == 3
    return {**chain.marginals(), "transitions": pairs.sum(1) if shared else pairs}


def _chain_to_independent(chain: Structure, _: Structure) -> Parts:
    return {"emissions": chain.marginals()["emissions"]}


def _independent_to_chain(independent: Structure, like: Structure) -> Parts:
    assert isinstance(like, LinearChain)
    return like.product(independent.marginals()["emissions"])


def _segments_to_segments(segments: Structure, like: Structure) -> Parts:
    """Between transitions that are shared over positions and transitions at every position."""
    assert isinstance(segments, SemiMarkov)
    pairs = segments.pair_marginals()
    shared = like.batched()["transitions"].dim() == 3
    return {**segments.marginals(), "transitions": pairs.sum(1) if shared else pairs}


_Conversion = Callable[[Structure, Structure], Parts]
_CONVERSIONS: dict[tuple[type[Structure], type[Structure]], _Conversion] = {
    (LinearChain, LinearChain): _chain_to_chain,
    (LinearChain, Independent): _chain_to_independent,
    (Independent, LinearChain): _independent_to_chain,
    (SemiMarkov, SemiMarkov): _segments_to_segments,
    (SemiMarkov, LinearChain): segments_to_chain,
    (SemiMarkov, Independent): segments_to_independent,
    (LinearChain, SemiMarkov): chain_to_segments,
    (Independent, SemiMarkov): independent_to_segments,
}

"""Arcs between the nodes of a sentence, of which dependency trees consist."""

from functools import partial

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import one_hot, pad

from structdistill.structures.local import Local
from structdistill.structures.potentials import FORBIDDEN, inside


def possible_arcs(
    arcs: Float[Tensor, "batch node node *relation"], lengths: Int[Tensor, " batch"]
) -> Bool[Tensor, "batch node node *#relation"]:
    """Where an arc can be, for all relations alike: not into the root, to itself, in padding."""
    nodes = inside("n+1", arcs.shape[1], lengths)
    possible = nodes[:, :, None] & nodes[:, None]
    possible &= ~torch.eye(arcs.shape[1], dtype=torch.bool, device=arcs.device)
    possible[:, :, :1] = False
    return possible.view(*possible.shape, *[1] * (arcs.dim() - 3))


def chosen_arcs(
    arcs: Float[Tensor, "batch node node *relation"],
    lengths: Int[Tensor, " batch"],
    heads: Int[Tensor, "batch word"],
    relations: Int[Tensor, "batch word"] | None,
) -> Float[Tensor, "batch node node *relation"]:
    """Indicators of each word's arc, shaped like `arcs`; what is negative or padding is unknown.

    Without known head no arc, with known head and unknown relation those of all relations.

    Raises:
        ValueError: relations are given for arcs that have none.
    """
    known = (heads >= 0) & inside("n", heads.shape[1], lengths)
    chosen = one_hot(heads.where(known, 0), arcs.shape[1]) * known[..., None]
    chosen = pad(chosen.mT, (1, 0))  # [head, dependent], none of which is the root
    if arcs.dim() == 3:
        if relations is not None:
            raise ValueError(
                "relations are given, but these arcs have none: leave them out, or give potentials "
                f"of shape (b, n+1, n+1, r); got {tuple(arcs.shape)}"
            )
        return chosen.to(arcs.dtype)
    if relations is None:
        relations = torch.full_like(heads, -1)
    labelled = (relations >= 0) & known
    alternatives = one_hot(relations.where(labelled, 0), arcs.shape[3])
    alternatives = alternatives.where(labelled[..., None], 1)
    return (chosen[..., None] * pad(alternatives, (0, 0, 1, 0))[:, None]).to(arcs.dtype)


def head_choices(
    arcs: Float[Tensor, "batch node node *relation"],
    lengths: Int[Tensor, " batch"],
    *,
    single_root: bool,
) -> Local:
    """The arcs as local distributions: for each dependent, over its heads and relations.

    A constant for all arcs to a dependent changes no distribution of trees. If exactly one arc
    leaves the root, nor does a constant for all that leave it.
    """
    arcs = arcs.where(possible_arcs(arcs, lengths), FORBIDDEN)
    dependents = inside("n+1", arcs.shape[1], lengths)
    dependents[:, :1] = False  # the root
    from_root = torch.zeros_like(arcs.detach())
    from_root[:, 0] = 1
    invariance = partial(_of_dependents_and_root, from_root=by_dependent(from_root))
    return Local(
        unary=by_dependent(arcs),
        places=dependents,
        invariance=invariance if single_root else None,
    )


def by_dependent(
    arcs: Float[Tensor, "batch node node *relation"],
) -> Float[Tensor, "batch node alternative"]:
    """For each dependent its arcs, by head and relation."""
    return arcs.transpose(1, 2).flatten(2)


def _of_dependents_and_root(
    difference: Float[Tensor, "batch node alternative"],
    weights: Float[Tensor, "batch node alternative"],
    *,
    from_root: Float[Tensor, "batch node alternative"],
) -> Float[Tensor, "batch node alternative"]:
    """The nearest sum of a constant for each dependent and one for all arcs from the root.

    By least squares: the latter is the regression on `from_root`, both without their means.
    """
    mean = (weights * difference).sum(2, keepdim=True)
    root = from_root - (weights * from_root).sum(2, keepdim=True)
    covariance = (weights * root * (difference - mean)).sum((1, 2), keepdim=True)
    variance = (weights * root.square()).sum((1, 2), keepdim=True)
    return mean + root * covariance / variance.clamp(min=torch.finfo(variance.dtype).eps)

"""How certain a teacher is of what it says of a sentence."""

import torch
from jaxtyping import Float
from torch import Tensor

from structdistill.errors import RecipeError
from structdistill.structures import Distribution, Structure
from structdistill.structures.empirical import Empirical
from structdistill.structures.mixture import Mixture


def log_confidence(teacher: Distribution) -> Float[Tensor, " batch"]:
    """log p(y) of the most probable structure y, exactly; never positive.

    Of a mixture it is that of the structure which it elects (`Mixture.argmax`), and may be lower
    than that of another one which no member finds best.

    Raises:
        RecipeError: the probability of a structure is not known.
    """
    if isinstance(teacher, Structure):
        return teacher.log_prob(teacher.argmax()).clamp(max=0)
    if isinstance(teacher, Empirical):
        return teacher.pooled().weights().amax(0).log()
    if isinstance(teacher, Mixture):
        members = [member for member in teacher.members if isinstance(member, Structure)]
        alike = all(member.has_parts_of(members[0]) for member in members)
        if len(members) == len(teacher.members) and alike:
            best = teacher.argmax()
            logs = torch.stack([member.log_prob(best) for member in members])
            weights = logs.new_tensor(teacher.weights).log()
            return (logs + weights[:, None]).logsumexp(0).clamp(max=0)
    raise RecipeError(
        "several teachers that factorise differently, or whose labels are merged, give no "
        "structure a probability together: filter by one of them, or without data.unlabelled_filter"
    )


def entropy(teacher: Distribution) -> Float[Tensor, " batch"]:
    """H(p) in nats, exactly.

    Raises:
        RecipeError: it is not known.
    """
    if isinstance(teacher, Structure | Empirical):
        return teacher.entropy()
    raise RecipeError(
        "the entropy of several teachers together is not known: filter by confidence, as in "
        "data.unlabelled_filter = { min_confidence = 0.9 }"
    )

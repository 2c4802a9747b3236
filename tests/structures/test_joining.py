"""Batches put together."""

import pytest
import torch

from structdistill.structures import Independent, ProjectiveTree
from structdistill.structures.joining import joined
from tests.structures.families import Case, Setting, draw, families

CASES = [
    draw(Setting(family=family, form=form, labels=2, lengths=lengths))
    for family in families()
    for form in range(len(family.forms))
    for lengths in [(3, 0, 1, 2)]
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.setting))
def test_sentences_put_together_are_the_batch(case: Case) -> None:
    batch = joined([case.alone(i) for i in range(4)])
    torch.testing.assert_close(batch.log_partition(), case.structure.log_partition())
    assert batch.switched() == case.structure.switched()
    decisive = case.structure.decisive
    torch.testing.assert_close(batch.marginals()[decisive], case.structure.marginals()[decisive])
    assert joined([case.structure]) is case.structure


def test_batches_of_different_families_stay_apart() -> None:
    lengths = torch.tensor([2])
    tree = ProjectiveTree(arcs=torch.zeros(1, 3, 3), lengths=lengths)
    other = ProjectiveTree(arcs=torch.zeros(1, 3, 3), single_root=False, lengths=lengths)
    tags = Independent(emissions=torch.zeros(1, 2, 2), lengths=lengths)
    for structures in ([tree, tags], [tree, other], []):
        with pytest.raises(ValueError, match="batches of one family can be put together; got"):
            joined(structures)

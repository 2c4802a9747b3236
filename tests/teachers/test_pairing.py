"""Teachers that cannot teach a student."""

import pytest

from structdistill.errors import RecipeError
from structdistill.teachers.pairing import check_tasks


def test_who_annotates_another_layer_is_no_teacher() -> None:
    check_tasks("runs/a", teacher="segmentation", student="tagging")
    with pytest.raises(
        RecipeError, match=r"^the teacher runs/a was made for constituency, but the"
    ):
        check_tasks("runs/a", teacher="constituency", student="segmentation")

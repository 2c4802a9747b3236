"""A student's first weights, taken from its teacher."""

from structdistill.errors import RecipeError
from structdistill.models.encoders.base import Encoder
from structdistill.models.encoders.pretrained import Pretrained


def initialise(student: Encoder, teacher: Encoder) -> None:
    """Copies the teacher's embeddings and, of its layers, those that the student has.

    Layers are numbered as in the pretrained model that both were made from.

    Raises:
        RecipeError: the two are not of the same pretrained model, or the teacher lacks a layer.
    """
    if not isinstance(student, Pretrained) or not isinstance(teacher, Pretrained):
        raise RecipeError(
            f"only a pretrained encoder can start from its teacher's weights, and only if that is "
            f"one, too; got {type(student).__name__} and {type(teacher).__name__}"
        )
    name, layers = student.numbered_layers()
    _, sources = teacher.numbered_layers()
    lacking = sorted(layers.keys() - sources.keys())
    if lacking:
        raise RecipeError(
            f"the student keeps layers {sorted(layers)}, but the teacher has no layers {lacking}; "
            f"choose among {sorted(sources)}"
        )
    others = {
        key: weights
        for key, weights in teacher.transformer.state_dict().items()
        if not key.startswith(f"{name}.")
    }
    try:
        student.transformer.load_state_dict(others, strict=False)
        for number, layer in layers.items():
            layer.load_state_dict(sources[number].state_dict())
    except RuntimeError as error:
        raise RecipeError(
            f"the student's transformer must be that of its teacher, layers aside: {error}"
        ) from error

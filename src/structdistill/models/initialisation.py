"""A student's first weights, taken from its teacher."""

import torch
from jaxtyping import Float
from torch import Tensor
from transformers import PreTrainedModel

from structdistill.errors import RecipeError
from structdistill.models.encoders.base import Encoder
from structdistill.models.encoders.pretrained import Pretrained
from structdistill.models.encoders.subwords import Subwords
from structdistill.models.subword_tokenizer import SubwordTokenizer


def initialise(student: Encoder, teacher: Encoder) -> None:
    """Copies what the student has of its teacher: layers of a transformer, or embeddings.

    A transformer gets the teacher's embeddings and, of its layers, those that it has; layers are
    numbered as in the pretrained model that both were made from. Sub-word embeddings, on which
    another encoder may stand, become the teacher's, `reduced` to their width.

    Raises:
        RecipeError: the two are not of the same pretrained model, or the teacher lacks what the
            student has.
    """
    tables = [module for module in student.modules() if isinstance(module, Subwords)]
    if isinstance(student, Pretrained) and isinstance(teacher, Pretrained):
        _copy_layers(student, teacher)
    elif tables:
        for table in tables:
            _copy_embeddings(table, teacher)
    else:
        raise RecipeError(
            "expected a pretrained encoder whose teacher is one, too, or one that stands on "
            'sub-words, as with embedding = { name = "subwords", width = 64 }, to start from its '
            f"teacher's weights; got {type(student).__name__} and {type(teacher).__name__}"
        )


def reduced(table: Float[Tensor, "piece wide"], width: int) -> Float[Tensor, "piece width"]:
    """Embeddings in fewer dimensions: their principal components.

    E ↦ (E − mean) V, V the leading right singular vectors of E − mean: of all tables of that rank
    it keeps most of the distances between embeddings (Eckart & Young 1936). They are centred
    because embeddings of transformers share a large vector, which would take up the first
    dimension (Mu & Viswanath 2018), and whose loss the bias of the layer above makes good. Nothing
    is rescaled. As they are if they are not wider.

    Reference: Acharya et al. (2019), who factorise trained embeddings by SVD, uncentred, and train
        on; ALBERT (Lan et al. 2020) has factorised ones from the beginning.

    Raises:
        ValueError: they have fewer dimensions than asked for.
    """
    if width > table.shape[1]:
        raise ValueError(f"expected a width of at most {table.shape[1]}; got {width}")
    if width == table.shape[1]:
        return table.clone()
    centred = table.double() - table.double().mean(0)
    _, vectors = torch.linalg.eigh(centred.mT @ centred)  # in ascending order
    leading = vectors.flip(1)[:, :width]
    # Each direction could as well be its opposite: the largest entry decides.
    largest = leading.gather(0, leading.abs().argmax(0, keepdim=True))
    found: Tensor = centred @ (leading * largest.sign())
    return found.to(table.dtype)


def _copy_layers(student: Pretrained, teacher: Pretrained) -> None:
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


def _copy_embeddings(student: Subwords, teacher: Encoder) -> None:
    tokenizer, embeddings = _embeddings(teacher)
    rows, theirs = student.tokenizer.vocabulary(), tokenizer.vocabulary()
    lacking = sorted(
        piece for piece in rows if theirs.get(piece, len(embeddings)) >= len(embeddings)
    )
    if lacking:
        raise RecipeError(
            f"the teacher has no embeddings of {len(lacking):,} of the student's {len(rows):,} "
            f"sub-words, such as {lacking[0]!r}: set model of the student's subwords to the "
            "pretrained model that the teacher was made from"
        )
    try:
        table = reduced(embeddings, student.width)
    except ValueError as error:
        raise RecipeError(f"the student's sub-words start from its teacher's: {error}") from error
    places = list(rows.values())
    with torch.no_grad():
        student.table.weight[places] = table[[theirs[piece] for piece in rows]]


def _embeddings(teacher: Encoder) -> tuple[SubwordTokenizer, Float[Tensor, "piece width"]]:
    """The first sub-word embeddings of an encoder, and the tokenizer that numbers them."""
    for module in teacher.modules():
        if isinstance(module, Subwords):
            return module.tokenizer, module.embeddings()
        if isinstance(module, Pretrained) and isinstance(module.transformer, PreTrainedModel):
            layer = module.transformer.get_input_embeddings()
            return module.tokenizer, layer.get_parameter("weight").detach()
    raise RecipeError(
        f"the teacher, {type(teacher).__name__}, has no sub-word embeddings to start from: set "
        'initialise = "pretrained"'
    )

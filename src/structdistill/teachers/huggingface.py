"""Token classifiers of the Hugging Face hub as teachers."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError
from structdistill.models.checkpoint import load_token_classifier, load_tokenizer
from structdistill.models.encoders.pretrained import Pretrained
from structdistill.structures import Independent


class HuggingFace(nn.Module):
    """A token classifier, whose tags are independent; a word is scored by its first sub-word.

    Long sentences are read in overlapping windows, as everywhere.

    Args:
        model: a name on the hub, or a folder.

    Raises:
        RecipeError: there is no such model, it is no token classifier, or its labels have no names
            of their own.
    """

    def __init__(self, model: str):
        super().__init__()
        self.task = "tagging"
        network = load_token_classifier(model)
        names = {int(index): str(name) for index, name in (network.config.id2label or {}).items()}
        if len(set(names.values())) < len(names):
            raise RecipeError(
                f"the token classifier {model!r} has labels of the same name: {names}; correct "
                "id2label in its config.json"
            )
        if all(name == f"LABEL_{index}" for index, name in names.items()):
            raise RecipeError(
                f"the token classifier {model!r} does not say what its labels are: set id2label in "
                "its config.json"
            )
        self.labels = Labels(tuple(names[index] for index in sorted(names)))
        self.reader = Pretrained(
            # It scores where a transformer encodes; its reader is that of every other model.
            transformer=_Scores(network),
            tokenizer=load_tokenizer(model),
            pooling="first",
            dropout=0,
        )

    def forward(self, sentences: Sequence[Sentence]) -> Independent:
        """The tag distributions of a batch of sentences."""
        device = next(self.parameters()).device
        inputs = self.reader.collate(sentences)
        emissions = self.reader({name: tensor.to(device) for name, tensor in inputs.items()})
        lengths = torch.tensor([len(sentence) for sentence in sentences], device=device)
        return Independent(emissions=emissions, lengths=lengths)


class _Scores(nn.Module):
    """A token classifier that gives its scores where a transformer gives its vectors."""

    def __init__(self, network: PreTrainedModel):
        super().__init__()
        self.network, self.config = network, network.config

    def forward(self, **inputs: Tensor) -> Any:
        return SimpleNamespace(last_hidden_state=self.network(**inputs).logits)

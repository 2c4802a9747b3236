"""A structured predictor: encoder and head."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, Self

import torch
from huggingface_hub import PyTorchModelHubMixin, snapshot_download
from torch import Tensor, nn

from structdistill import __version__
from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError, RunError
from structdistill.models.encoders.base import Encoder, build
from structdistill.models.folder import read_config, read_weights, write_model
from structdistill.models.heads import build_head, head_of
from structdistill.structures import Structure

_CARD = """---
{{ card_data }}
---

A structured predictor, made with structdistill. To use it:

```python
from structdistill import Model

model = Model.from_pretrained("this folder, or the name of this repository")
```
"""


class Model(
    nn.Module,
    PyTorchModelHubMixin,
    model_card_template=_CARD,
    library_name="structdistill",
    tags=["structured-prediction", "knowledge-distillation"],
    pipeline_tag="token-classification",
):
    """A function from sentences to distributions over their structures.

    Saved, pushed and loaded as a folder that needs nothing beside it: `config.json`,
    `model.safetensors` and, where the encoder has one, its tokenizer.

    Args:
        encoder: the encoder, or its name and options, such as `{"name": "pretrained",
            "model": "minilm", "layers": "even:3"}`.
        labels: the labels, in the order of the potentials.
        structure: what the head makes, such as `linear_chain` or `independent`; by default the
            first that the task has.
        task: the kind of annotation.
        head: settings of the head, such as the width of its layers.

    Raises:
        RecipeError: a name or an option is unknown.
    """

    def __init__(
        self,
        *,
        encoder: dict[str, Any] | Encoder,
        labels: Sequence[str],
        structure: str | None = None,
        task: str = "tagging",
        head: Mapping[str, Any] | None = None,
    ):
        super().__init__()
        self.labels = Labels(tuple(labels))
        self._ahead: tuple[Sequence[Sentence], Future[dict[str, Tensor]]] | None = None
        self.task = task
        self.structure = structure or next(iter(head_of(task).structures))
        self.encoder = encoder if isinstance(encoder, Encoder) else build(encoder)
        self.head_settings = dict(head or {})
        self.head = build_head(
            task,
            structure=self.structure,
            width=self.encoder.width,
            labels=self.labels.names,
            settings=self.head_settings,
        )

    def forward(self, sentences: Sequence[Sentence]) -> Structure:
        """The distributions over the structures of a batch of sentences."""
        device = next(self.head.parameters()).device
        inputs = self._collated(sentences)
        words = self.encoder({name: tensor.to(device) for name, tensor in inputs.items()})
        lengths = torch.tensor([len(sentence) for sentence in sentences], device=device)
        structure: Structure = self.head(words, lengths)
        return structure

    def collate_ahead(self, sentences: Sequence[Sentence]) -> None:
        """Begins to collate the next batch, beside what is computed now; `forward` takes it up.

        Args:
            sentences: the very list that `forward` gets next.
        """
        self._ahead = sentences, _collating().submit(self.encoder.collate, sentences)

    def _collated(self, sentences: Sequence[Sentence]) -> dict[str, Tensor]:
        ahead, self._ahead = self._ahead, None
        if ahead is None:
            return self.encoder.collate(sentences)
        inputs = ahead[1].result()  # also of another batch: encoders collate one at a time
        return inputs if ahead[0] is sentences else self.encoder.collate(sentences)

    def parameter_count(self) -> int:
        """The numbers that it consists of, those that training leaves as they are included."""
        return sum(parameter.numel() for parameter in self.parameters())

    def parameter_groups(
        self, *, lr: float, head_lr: float, weight_decay: float
    ) -> list[dict[str, Any]]:
        """The parameters as an optimizer takes them.

        Args:
            lr: learning rate of the encoder.
            head_lr: learning rate of the head.
            weight_decay: of matrices; vectors (biases, norms, scores of start and end) have none.
        """
        groups = []
        for module, rate in ((self.encoder, lr), (self.head, head_lr)):
            trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
            matrices = [parameter for parameter in trained if parameter.dim() > 1]
            vectors = [parameter for parameter in trained if parameter.dim() <= 1]
            groups += [
                {"params": matrices, "lr": rate, "weight_decay": weight_decay},
                {"params": vectors, "lr": rate, "weight_decay": 0.0},
            ]
        return [group for group in groups if group["params"]]

    def _save_pretrained(self, save_directory: Path) -> None:
        config = {
            "task": self.task,
            "structure": self.structure,
            "labels": self.labels.names,
            "encoder": self.encoder.save(save_directory),
            "head": self.head_settings,
        }
        write_model(self, config, save_directory)

    @classmethod
    def from_pretrained(  # type: ignore[override]  # its **kwargs would hide misspelt options
        cls,
        pretrained_model_name_or_path: str | Path,
        *,
        force_download: bool = False,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
        local_files_only: bool = False,
        revision: str | None = None,
    ) -> Self:
        """The model of a folder, or of a repository on the Hugging Face hub; in evaluation mode.

        Args:
            pretrained_model_name_or_path: the folder, or the repository's name.
            force_download: whether to download again what is in the cache.
            token: for the hub.
            cache_dir: where downloads are kept.
            local_files_only: whether to do without the network.
            revision: branch, tag or commit of the repository.

        Raises:
            RunError: there is no such model, it is incomplete, or it is not one of ours.
        """
        folder = Path(pretrained_model_name_or_path)
        if not folder.is_dir():
            try:
                download = snapshot_download(
                    str(pretrained_model_name_or_path),
                    revision=revision,
                    cache_dir=cache_dir,
                    force_download=force_download,
                    token=token,
                    local_files_only=local_files_only,
                    allow_patterns=["*.json", "*.safetensors"],
                )
            except (OSError, ValueError) as error:
                raise RunError(
                    f"no model {str(pretrained_model_name_or_path)!r}: it is no folder here, and "
                    f"no model that can be had from the Hugging Face hub ({error})"
                ) from error
            folder = Path(download)
        config = read_config(folder)
        try:
            model = cls(
                encoder=build(config["encoder"], folder),
                labels=config["labels"],
                structure=config["structure"],
                task=config["task"],
                head=config.get("head"),  # which the models of version 0.1.0 do not have
            )
        except (KeyError, TypeError, ValueError, RecipeError) as error:
            raise RunError(
                f"{folder}: structdistill {__version__} cannot build the model, which was saved by "
                f"version {config['structdistill']}: {error!r}"
            ) from error
        read_weights(model, folder)
        return model.eval()


@cache
def _collating() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="structdistill-collate")

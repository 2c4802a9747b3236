"""Sentences that were annotated several times: by people, or by a language model that was sampled.

A file of them has a JSON object a line:

    {"tokens": ["Ann", "left"], "annotations": [{"tags": ["B-PER", "O"], "weight": 0.7},
                                                {"tags": ["O", "O"], "weight": 0.3}]}

A line without `annotations` is itself one, as in the format `jsonl`.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from structdistill.data import schemes
from structdistill.data.constituency.bracketing import flat, tree_of
from structdistill.data.formats.jsonl import Jsonl, read_records
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError
from structdistill.names import suggestion

LAYERS: Mapping[str, Sequence[str]] = {
    "tags": ("tags",),
    "heads": ("heads", "relations"),
    "tree": ("tree",),
}
"""What belongs to a layer of annotation."""

_KEYS = ("spans", "weight", *(name for names in LAYERS.values() for name in names))


@dataclass(frozen=True)
class Annotated:
    """A sentence and its annotations.

    Args:
        sentence: the words, without annotation.
        annotations: the same words with one annotation each, all different.
        weights: of the annotations, positive; they sum to 1.
    """

    sentence: Sentence
    annotations: tuple[Sentence, ...]
    weights: tuple[float, ...]

    @classmethod
    def pool(cls, samples: Iterable[tuple[Sentence, float]]) -> "Annotated":
        """Annotations of the same words with any weights; those that are alike become one.

        Args:
            samples: annotated sentences with their weights, one of which at least is positive.
        """
        weights: dict[Sentence, float] = {}
        for sentence, weight in samples:
            weights[sentence] = weights.get(sentence, 0) + weight
        found = {sentence: weight for sentence, weight in weights.items() if weight > 0}
        total = sum(found.values())
        words = next(iter(found)).unlabelled()
        return cls(words, tuple(found), tuple(weight / total for weight in found.values()))

    def renamed(self, rename: Callable[[Sentence], Sentence]) -> "Annotated":
        """The same annotations with other labels; those that become alike become one."""
        pairs = zip(self.annotations, self.weights, strict=True)
        return Annotated.pool((rename(sentence), weight) for sentence, weight in pairs)


def is_complete(sentence: Sentence, *, layer: str) -> bool:
    """Whether a layer of a sentence is annotated, all words of it."""
    values = [getattr(sentence, name) for name in LAYERS[layer]]
    return all(value is not None and None not in tuple(value) for value in values)


def read_annotations(path: Path | str, *, layer: str, scheme: str = "auto") -> list[Annotated]:
    """The sentences of a file with their annotations.

    Args:
        path: the file.
        layer: of annotation; others are not read.
        scheme: how tags write segments, as for the format `jsonl`.

    Raises:
        DataError: names the file and the line, what was expected, and a remedy.
    """
    lines = []
    for number, record in read_records(path):
        try:
            lines.append(_samples(record, f"{path}:{number}", layer))
        except ValueError as error:
            raise DataError(str(error), path=path, line=number) from error
    if not lines:
        raise DataError("expected at least one sentence, found none. Is the file empty?", path=path)
    read = iter(schemes.normalise([sentence for line in lines for sentence, _ in line], scheme))
    return [Annotated.pool([(next(read), weight) for _, weight in line]) for line in lines]


def _samples(record: Any, origin: str, layer: str) -> list[tuple[Sentence, float]]:
    """The annotations of a line with their weights, as they are written there."""
    if not isinstance(record, dict) or "annotations" not in record:
        return [(_sentence(record, origin, layer), 1.0)]
    annotations = record["annotations"]
    if not isinstance(annotations, list) or not annotations:
        raise ValueError(
            "'annotations' must be a list of one object or more; annotate the sentence, or delete "
            "the line"
        )
    samples = []
    for place, annotation in enumerate(annotations, start=1):
        try:
            _check_keys(annotation)
            words = {name: value for name, value in record.items() if name == "tokens"}
            samples.append((_sentence({**words, **annotation}, origin, layer), _weight(annotation)))
        except ValueError as error:
            raise ValueError(f"annotation {place}: {error}") from error
    given = sum("weight" in annotation for annotation in annotations)
    if 0 < given < len(annotations):
        raise ValueError(
            f"{given} of {len(annotations)} annotations have a weight; give one to all, or to none"
        )
    if not any(weight for _, weight in samples):
        raise ValueError("all weights are 0; give a positive one to an annotation that counts")
    return samples


def _check_keys(annotation: object) -> None:
    if not isinstance(annotation, dict):
        raise ValueError(f'expected an object such as {{"tags": [...]}}, found {annotation!r}')
    for key in annotation:
        if key not in _KEYS:
            raise ValueError(f"unknown key {key!r}. {suggestion(key, _KEYS)}")


def _weight(annotation: Mapping[str, Any]) -> float:
    weight = annotation.get("weight", 1.0)
    is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
    if not is_number or not 0 <= weight < math.inf:
        raise ValueError(f"'weight' must be a number from 0 on, found {weight!r}; correct it")
    return float(weight)


def _sentence(record: Any, origin: str, layer: str) -> Sentence:
    """One annotation, of which only the layer is read."""

    def key(name: str) -> str | None:
        return name if name in LAYERS[layer] else None

    form = Jsonl(tags=key("tags"), heads=key("heads"), relations=key("relations"), tree=key("tree"))
    if layer == "tags" and isinstance(record, dict) and "spans" in record and "tags" not in record:
        words = form.sentence({**record, "tags": None}, origin=origin).words
        record = {**record, "tags": _tags(record["spans"], len(words))}
    sentence = form.sentence(record, origin=origin)
    if not is_complete(sentence, layer=layer):
        names = " and ".join(map(repr, LAYERS[layer]))
        raise ValueError(
            f"expected {names} for all words, found none or null; complete the annotation, or "
            "delete it"
        )
    if sentence.tree is not None:
        sentence = replace(sentence, tree=flat(tree_of(sentence)))
    return sentence


def _tags(spans: object, words: int) -> list[str]:
    """The tags of labelled segments; the words outside are O."""
    tags = ["O"] * words
    for span in spans if isinstance(spans, list) else [spans]:
        match span:
            case {"start": int(start), "end": int(end), "label": str(label)} if (
                0 <= start < end <= words and label and set(tags[start:end]) == {"O"}
            ):
                tags[start:end] = [f"B-{label}"] + [f"I-{label}"] * (end - start - 1)
            case _:
                raise ValueError(
                    "'spans' must be a list of objects with start, end and label, for "
                    f"words[start:end] of {words} words without overlap; found {span!r}"
                )
    return tags

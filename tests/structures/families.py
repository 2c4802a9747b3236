"""Random batches of every family of structures, each sentence with its oracle.

A family is found by its test file: `test_<family>.py` defines `FAMILY`, or several.
"""

import importlib
import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from structdistill.structures import FORBIDDEN, Structure
from tests.oracle import Arrays, Members, Oracle

Shapes = Mapping[str, tuple[int, ...]]
Potentials = dict[str, Tensor]

CASES = 1000  # sentences of each family that a law sees
WORDS = 6
LABELS = (5, 3, 4, 2, 1)
WIDTHS = 3  # of an axis over the widths of segments
SCORES: dict[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    "normal": lambda random, shape: random.normal(0, 1, shape),
    "wide": lambda random, shape: random.normal(0, 10, shape),
    "extreme": lambda random, shape: random.uniform(-1e4, 1e4, shape),
    "shifted": lambda random, shape: random.normal(8000, 1, shape),
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Family:
    """What the laws must know of a structure.

    Args:
        structure: the class.
        forms: axes that its potentials can have, `b` included; what is left out is omitted.
        parts: indicators of all structures of a sentence: from its length and the shapes of the
            potentials, batch axis excluded, to `(structures, ...)` of these shapes.
        count: how many there are, in closed form: from the length and the number of labels.
        words: the longest sentences that are drawn.
        labels: how many there are, in the settings that take turns.
        fixed: settings of the class that are no potentials, such as `single_root`.
        place: axes of a sentence's decisive parts over places; the others are over alternatives.
        excluded: what an observation excludes beside the other alternatives of observed places.
    """

    structure: type[Structure]
    forms: Sequence[Mapping[str, tuple[str, ...]]]
    parts: Callable[[int, Shapes], Arrays]
    count: Callable[[int, int], int]
    words: int = WORDS
    labels: Sequence[int] = LABELS
    fixed: Mapping[str, object] = field(default_factory=dict)
    place: tuple[int, ...] = (0,)
    excluded: Callable[[np.ndarray], np.ndarray] = np.zeros_like

    def observe(self, decisive: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Some of the places, at some of them also other alternatives."""
        alternatives = self._alternatives(decisive)
        place = decisive.any(alternatives, keepdims=True)
        known = place & (random.random(place.shape) < 0.6)
        more = random.random(decisive.shape) < 0.2
        return np.where(known, np.maximum(decisive, more), 0)

    def contradicted(self, observed: np.ndarray) -> np.ndarray:
        """The decisive parts of no structure that agrees."""
        known = observed.any(self._alternatives(observed), keepdims=True)
        return known & (observed == 0) | self.excluded(observed).astype(bool)

    def _alternatives(self, decisive: np.ndarray) -> tuple[int, ...]:
        return tuple(axis for axis in range(decisive.ndim) if axis not in self.place)


@cache
def families() -> tuple[Family, ...]:
    """Those of all test files of this folder."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py"))
    modules = [importlib.import_module(f"tests.structures.{name}") for name in names]
    found = (value for module in modules for value in vars(module).values())
    return tuple(dict.fromkeys(value for value in found if isinstance(value, Family)))


@cache
def members(
    family: Family, length: int, shapes: tuple[tuple[str, tuple[int, ...]], ...]
) -> Members:
    """All structures of a sentence."""
    return Members(family.parts(length, dict(shapes)))


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A kind of batch."""

    family: Family
    form: int = 0
    dtype: torch.dtype = torch.float64
    scores: str = "normal"
    forbidden: bool = False
    labels: int = 3
    lengths: tuple[int, ...] = (4, 0, 1, 3, 2)

    def __str__(self) -> str:
        fixed = [f"{name}={value}" for name, value in self.family.fixed.items()]
        words = [self.family.structure.__name__, *fixed, str(self.form)]
        words += [str(self.dtype)[6:], self.scores]
        return "-".join([*words, *["forbidden"] * self.forbidden])

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        """Of each potential."""
        return self.family.forms[self.form]


def settings(
    *,
    dtypes: Iterable[torch.dtype] = (torch.float32, torch.float64),
    scores: Iterable[str] = SCORES,
    cases: int = CASES,
) -> list[Setting]:
    """Every combination, each in two forms that take turns, with so many sentences a family."""
    found = []
    for family in families():
        forms = min(2, len(family.forms))
        grid = list(itertools.product(dtypes, scores, (False, True), range(forms)))
        sentences = math.ceil(cases / len(grid))
        for number, (dtype, name, forbidden, _) in enumerate(grid):
            longest, labels = family.words, family.labels
            random = np.random.default_rng(number).integers(0, longest + 1, max(0, sentences - 3))
            found.append(
                Setting(
                    family=family,
                    form=number % len(family.forms),
                    dtype=dtype,
                    scores=name,
                    forbidden=forbidden,
                    labels=labels[(number + number // len(labels)) % len(labels)],
                    lengths=(longest, 0, 1, *random.tolist()),
                )
            )
    return found


@dataclass(frozen=True, eq=False, repr=False)
class Case:
    """A batch of potentials, also where there is padding."""

    setting: Setting
    inputs: Potentials

    @cached_property
    def lengths(self) -> Tensor:
        return torch.tensor(self.setting.lengths)

    @cached_property
    def structure(self) -> Structure:
        return self.make(self.inputs)

    @cached_property
    def oracles(self) -> list[Oracle]:
        """One a sentence."""
        omitted = {n: torch.zeros_like(p) for n, p in self.structure.potentials.items()}
        found = []
        for i, length in enumerate(self.setting.lengths):
            potentials = self.sentence({**omitted, **self.inputs}, i)
            shapes = tuple((name, array.shape) for name, array in potentials.items())
            found.append(Oracle(members(self.setting.family, length, shapes), potentials, length))
        return found

    @property
    def tolerance(self) -> float:
        """How far rounding can move a score, and with it log Z and the logarithm of a probability.

        Each sum of a score is rounded to eps relative to its size, which is at most the number of
        parts × the largest potential; dynamic programmes add up in another order. A probability
        is then wrong by as much relative to itself, so absolutely at most.
        """
        parts = 2 * WORDS + 1
        largest = max(oracle.largest for oracle in self.oracles)
        return 4 * torch.finfo(self.structure.dtype).eps * parts * (1 + largest)

    def make(self, inputs: Mapping[str, Tensor], lengths: Tensor | None = None) -> Structure:
        """A structure of this family."""
        lengths = self.lengths if lengths is None else lengths
        family = self.setting.family
        return family.structure(**inputs, **family.fixed, lengths=lengths)

    def sentence(self, inputs: Mapping[str, Tensor], i: int) -> Arrays:
        """What of the inputs one sentence sees."""
        batched = {name for name, axes in self.setting.axes.items() if axes[0] == "b"}
        return {n: array(tensor[i] if n in batched else tensor) for n, tensor in inputs.items()}

    def alone(self, i: int) -> Structure:
        """One sentence by itself, without padding."""
        inputs = {}
        for name, axes in self.setting.axes.items():
            tensor = self.inputs[name]
            for dim, axis in enumerate(axes):
                if axis == "b":
                    tensor = tensor.narrow(dim, i, 1)
                elif axis.startswith("n"):
                    size = max(0, self.setting.lengths[i] + int(axis[1:] or 0))
                    tensor = tensor.narrow(dim, 0, size)
            inputs[name] = tensor
        return self.make(inputs, self.lengths[i : i + 1])

    def padded(self, filling: float, *, more: int = 2) -> Potentials:
        """The inputs with more padding, all of it filled with one value."""
        inputs = {}
        for name, axes in self.setting.axes.items():
            tensor = self.inputs[name].clone()
            for dim, axis in enumerate(axes):
                if axis.startswith("n"):
                    extension = [*tensor.shape]
                    extension[dim] = more
                    tensor = torch.cat([tensor, tensor.new_zeros(extension)], dim)
                    position = torch.arange(tensor.shape[dim]) - int(axis[1:] or 0)
                    outside = position >= self.lengths[:, None]
                    view = [1] * tensor.dim()
                    view[0], view[dim] = outside.shape
                    tensor = tensor.masked_fill(outside.view(view), filling)
            inputs[name] = tensor
        return inputs

    def assert_close(
        self, ours: Tensor, theirs: Sequence[float] | np.ndarray, *, relative: float = 0.0
    ) -> None:
        """Equal up to rounding; a relative tolerance is for expectations of large values."""
        wanted = torch.as_tensor(np.array(theirs), dtype=torch.float64)
        torch.testing.assert_close(ours.double(), wanted, rtol=relative, atol=self.tolerance)


def array(tensor: Tensor) -> np.ndarray:
    """As numpy sees it."""
    return tensor.detach().double().numpy()


@cache
def draw(setting: Setting) -> Case:
    """A random batch. Where parts are forbidden, one random structure of each sentence is not."""
    random = np.random.default_rng(0)
    sizes = {"b": len(setting.lengths), "n": max(setting.lengths), "k": WIDTHS}
    sizes |= dict.fromkeys("tlr", setting.labels)
    inputs: Potentials = {}
    for name, axes in setting.axes.items():
        shape = tuple(
            max(0, sizes["n"] + int(axis[1:] or 0)) if axis.startswith("n") else sizes[axis]
            for axis in axes
        )
        inputs[name] = torch.tensor(SCORES[setting.scores](random, shape), dtype=setting.dtype)
    case = Case(setting, inputs)
    return Case(setting, _forbid(case, random)) if setting.forbidden else case


def _forbid(case: Case, random: np.random.Generator) -> Potentials:
    kept = [oracle.members.vectors[random.integers(len(oracle.scores))] for oracle in case.oracles]
    pieces = [
        oracle.members.unflatten(vector) for oracle, vector in zip(case.oracles, kept, strict=True)
    ]
    inputs = {}
    for name, tensor in case.inputs.items():
        needed = np.stack([piece[name] for piece in pieces])
        if case.setting.axes[name][0] != "b":
            needed = needed.max(0)
        chance = random.random(needed.shape)
        inputs[name] = tensor.masked_fill(torch.tensor((chance < 0.3) & (needed == 0)), FORBIDDEN)
        inputs[name] = inputs[name].masked_fill(
            torch.tensor((chance < 0.15) & (needed == 0)), -torch.inf
        )
    return inputs


@cache
def partner(case: Case) -> Case:
    """Another distribution over the same sentences, in which fewer parts are forbidden."""
    random = np.random.default_rng(1)
    inputs = {}
    for name, tensor in case.inputs.items():
        other = torch.tensor(SCORES[case.setting.scores](random, tensor.shape), dtype=tensor.dtype)
        stay = torch.tensor(random.random(tensor.shape) < 0.5) & (tensor <= FORBIDDEN)
        inputs[name] = other.masked_fill(stay, FORBIDDEN)
    return Case(case.setting, inputs)

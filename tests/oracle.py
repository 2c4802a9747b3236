"""Brute force: what a distribution must answer, by going through all its structures.

In numpy and float64, and sharing no code with the library. A potential of -1e9 or -inf forbids;
here it is -inf.
"""

import itertools
from collections.abc import Mapping
from functools import cache

import numpy as np

Arrays = dict[str, np.ndarray]


@cache
def tag_sequences(length: int, words: int, tags: int) -> np.ndarray:
    """Indicators of all tag sequences of a sentence, padded: `(tags ** length, words, tags)`."""
    sequences = list(itertools.product(range(tags), repeat=length))
    chosen = np.array(sequences, dtype=int).reshape(len(sequences), length)
    indicators = np.zeros((len(sequences), words, tags))
    indicators[:, :length] = np.eye(tags)[chosen]
    return indicators


class Members:
    """All structures that a sentence can have.

    Args:
        parts: their indicators, shapes `(structures, ...)`.
    """

    def __init__(self, parts: Arrays):
        self.parts = parts
        self.vectors = self.vector(parts)
        # Whole numbers, so that sums are exact: each structure has a number of its own.
        weights = np.random.default_rng(0).integers(0, 2**40, self.vectors.shape[1])
        self._weights = weights.astype(np.float64)
        self._numbers = self.vectors @ self._weights
        self._order = self._numbers.argsort()

    def vector(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """Potentials or parts, flattened and joined; further axes before stay."""
        flat = []
        for name, array in self.parts.items():
            value = np.asarray(values[name], dtype=np.float64)
            flat.append(value.reshape(*value.shape[: value.ndim - array.ndim + 1], -1))
        return np.concatenate(flat, -1)

    def unflatten(self, vectors: np.ndarray) -> Arrays:
        """The inverse of `vector`."""
        shapes = {name: array.shape[1:] for name, array in self.parts.items()}
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()])
        pieces = np.split(vectors, ends[:-1], axis=-1)
        return {
            name: piece.reshape(*vectors.shape[:-1], *shape)
            for piece, (name, shape) in zip(pieces, shapes.items(), strict=True)
        }

    def index(self, parts: Mapping[str, np.ndarray]) -> np.ndarray:
        """Which structures these indicators are, shapes `(n, ...)` → `(n,)`; all must be one."""
        wanted = self.vector(parts) @ self._weights
        place = np.searchsorted(self._numbers, wanted, sorter=self._order)
        found = self._order[place.clip(max=len(self._order) - 1)]
        assert (self._numbers[found] == wanted).all(), "not a structure"
        return found


class Oracle:
    """The distribution over the structures of one sentence.

    Args:
        members: the structures.
        potentials: shapes `(...)`; what lies in the padding is not looked at.
        length: number of words.
    """

    def __init__(self, members: Members, potentials: Mapping[str, np.ndarray], length: int):
        self.members, self.length = members, length
        self.potentials: Arrays = {
            name: np.where(potentials[name] > -5e8, potentials[name], -np.inf).astype(np.float64)
            for name in members.parts
        }
        values = members.vector(self.potentials)
        possible = np.isfinite(values)
        scores = members.vectors @ np.where(possible, values, 0)
        self.largest = float(np.abs(values[possible]).max(initial=0))
        self.scores = np.where(members.vectors @ ~possible > 0, -np.inf, scores)
        largest = self.scores.max()
        weights = np.exp(self.scores - largest)
        self.probabilities = weights / weights.sum()
        self.log_partition = largest + np.log(weights.sum())
        self.log_prob = self.scores - self.log_partition

    def marginals(self) -> Arrays:
        return self.expectation(self.probabilities)

    def expectation(self, weights: np.ndarray) -> Arrays:
        """Σ_y weight(y) parts(y)."""
        return self.members.unflatten(weights @ self.members.vectors)

    def entropy(self) -> float:
        return self.cross_entropy(self)

    def cross_entropy(self, other: "Oracle") -> float:
        """Of another family too, if it enumerates the same structures in the same order."""
        possible = self.probabilities > 0
        return -(self.probabilities[possible] @ other.log_prob[possible])

    def kl(self, other: "Oracle") -> float:
        possible = self.probabilities > 0
        difference = self.log_prob[possible] - other.log_prob[possible]
        return self.probabilities[possible] @ difference

    def top_k(self, k: int) -> np.ndarray:
        """The k best scores; -inf where there are fewer."""
        best = np.sort(self.scores)[::-1][:k]
        return np.concatenate([best, np.full(k - len(best), -np.inf)])

    def temper(self, temperature: float) -> "Oracle":
        potentials = {name: value / temperature for name, value in self.potentials.items()}
        return Oracle(self.members, potentials, self.length)

    def without(self, excluded: Mapping[str, np.ndarray]) -> "Oracle":
        """The distribution in which these parts are impossible."""
        potentials = {
            name: np.where(excluded[name], -np.inf, value) if name in excluded else value
            for name, value in self.potentials.items()
        }
        return Oracle(self.members, potentials, self.length)

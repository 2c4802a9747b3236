"""Renamed structures by enumeration, for tests: each structure of each sentence, one by one."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import torch

from structdistill.structures import Parts, SemiMarkov, Structure
from tests.structures.families import Case

# A tag a word; or segments (start, end, label).
Told = tuple[int, ...] | tuple[tuple[int, int, int], ...]


def told(case: Case, i: int) -> Iterator[tuple[Told, float]]:
    """All structures of a sentence, with their probabilities."""
    oracle = case.oracles[i]
    decisive = oracle.members.parts[case.structure.decisive]
    for parts, probability in zip(decisive, oracle.probabilities, strict=True):
        if isinstance(case.structure, SemiMarkov):
            found = torch.tensor(parts).nonzero().tolist()
            yield tuple((start, start + width + 1, t) for start, width, t in found), probability
        else:
            yield tuple(parts[: case.setting.lengths[i]].argmax(-1).tolist()), probability


def rename(structure: Told, index: Sequence[int]) -> Told:
    """One structure with its labels renamed; segments of label 0 are single words."""
    if structure and isinstance(structure[0], tuple):
        found: list[tuple[int, int, int]] = []
        for start, end, label in structure:
            if index[label] == 0 and label > 0:
                found += [(word, word + 1, 0) for word in range(start, end)]
            else:
                found.append((start, end, index[label]))
        return tuple(found)
    return tuple(index[tag] for tag in structure)


def pushed(case: Case, index: Sequence[int]) -> list[dict[Told, float]]:
    """For each sentence the probabilities of all renamed structures."""
    everything = []
    for i in range(len(case.setting.lengths)):
        sums: dict[Told, float] = defaultdict(float)
        for structure, probability in told(case, i):
            sums[rename(structure, index)] += float(probability)
        everything.append(dict(sums))
    return everything


def indicator(like: Structure, i: int, structure: Told) -> Parts:
    """Of one structure of one sentence, in the parts of a family."""
    alone = like[i]
    if isinstance(like, SemiMarkov):
        return alone.indicator([structure])
    tags = torch.full((1, alone.potentials["emissions"].shape[1]), -1)
    tags[0, : len(structure)] = torch.tensor(structure, dtype=torch.long)
    return alone.indicator(tags)

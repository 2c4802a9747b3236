"""Potentials packed without padding, and unpacked again."""

import inspect
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from structdistill import structures
from structdistill.structures import FORBIDDEN, Independent, LinearChain, Structure
from structdistill.structures.packing import Packing

LENGTHS = [3, 1, 4]
TAGS = 2


class Grid(Structure):
    """Stands for families whose potentials have several word axes; only holds them."""

    axes: ClassVar = {"arcs": [("n+1", "n+1"), ("n+1", "n+1", "r")], "widths": [("n", "k", "t")]}
    decisive: ClassVar[str] = "arcs"
    switches: ClassVar = ["odd"]

    def __init__(self, *, arcs: Tensor, widths: Tensor, odd: bool = False, lengths: Tensor):
        self.odd = odd
        super().__init__(potentials={"arcs": arcs, "widths": widths}, lengths=lengths)

    def _nothing(self, *_: object, **__: object) -> None:
        raise NotImplementedError

    _log_partition = argmax = sample = local = places = _nothing


def randn(*shape: int) -> Tensor:
    return torch.randn(shape)


def independent(b: int, n: int, t: int) -> dict[str, Tensor]:
    return {"emissions": randn(b, n, t)}


def shared_chain(b: int, n: int, t: int) -> dict[str, Tensor]:
    return {"emissions": randn(b, n, t), "transitions": randn(t, t), "start": randn(t)}


def chain_of_sentences(b: int, n: int, t: int) -> dict[str, Tensor]:
    return {"emissions": randn(b, n, t), "transitions": randn(b, t, t), "end": randn(b, t)}


def chain_of_positions(b: int, n: int, t: int) -> dict[str, Tensor]:
    return {"emissions": randn(b, n, t), "transitions": randn(b, n - 1, t, t)}


def unlabelled_grid(b: int, n: int, t: int) -> dict[str, Tensor]:
    return {"arcs": randn(b, n + 1, n + 1), "widths": randn(b, n, 5, t)}


def labelled_grid(b: int, n: int, t: int) -> dict[str, Tensor]:
    return {"arcs": randn(b, n + 1, n + 1, 7), "widths": randn(b, n, 5, t)}


Potentials = Callable[[int, int, int], dict[str, Tensor]]
every_kind = pytest.mark.parametrize(
    ("family", "potentials"),
    [
        (Independent, independent),
        (LinearChain, shared_chain),
        (LinearChain, chain_of_sentences),
        (LinearChain, chain_of_positions),
        (Grid, unlabelled_grid),
        (Grid, labelled_grid),
    ],
)


def random_structure(family: type[Structure], potentials: Potentials) -> Structure:
    lengths = torch.tensor(LENGTHS)
    return family(**potentials(len(LENGTHS), max(LENGTHS) + 2, TAGS), lengths=lengths)


@every_kind
def test_unpacking_gives_what_was_packed(family: type[Structure], potentials: Potentials) -> None:
    structure = random_structure(family, potentials)
    packing = Packing.of(structure)
    vectors = packing.pack(structure, torch.float32)
    found = packing.unpack(vectors, LENGTHS, shared=packing.shared(structure))
    assert type(found) is family
    assert found.lengths.tolist() == LENGTHS
    for name, tensor in structure.potentials.items():
        # The two words of padding that no sentence needs are gone.
        kept = found.potentials[name]
        assert torch.equal(kept, tensor[tuple(map(slice, kept.shape))])
    assert Packing.of(found) == packing


@every_kind
def test_sentences_unpack_in_any_selection(family: type[Structure], potentials: Potentials) -> None:
    structure = random_structure(family, potentials)
    packing = Packing.of(structure)
    vectors = packing.pack(structure, torch.float32)
    found = packing.unpack([vectors[1], vectors[0]], [1, 3], shared=packing.shared(structure))
    for row, original in enumerate([1, 0]):
        alone = structure[original].potentials
        for name, tensor in found[row].potentials.items():
            assert torch.equal(tensor, alone[name][tuple(map(slice, tensor.shape))])


@every_kind
def test_no_sentence_unpacks(family: type[Structure], potentials: Potentials) -> None:
    structure = random_structure(family, potentials)
    packing = Packing.of(structure)
    assert len(packing.unpack([], [], shared=packing.shared(structure))) == 0


def test_a_vector_has_the_potentials_one_after_another_without_padding() -> None:
    chain = LinearChain(
        emissions=torch.tensor([[[1.0, 2], [3, 4], [9, 9]]]),
        transitions=torch.tensor([[[[5.0, 6], [7, 8]], [[9, 9], [9, 9]]]]),
        start=torch.tensor([10.0, 11]),
        lengths=torch.tensor([2]),
    )
    packing = Packing.of(chain)
    (vector,) = packing.pack(chain, torch.float32)
    assert vector.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert packing.shapes(2) == {"emissions": (2, 2), "transitions": (1, 2, 2)}
    assert {name: t.tolist() for name, t in packing.shared(chain).items()} == {
        "start": [10, 11],
        "end": [0, 0],
    }


def test_half_precision_keeps_what_is_forbidden_and_what_is_only_large() -> None:
    emissions = torch.tensor([[[FORBIDDEN, -torch.inf, 1e5, -1e5, 0.1]]])
    structure = Independent(emissions=emissions, lengths=torch.tensor([1]))
    packing = Packing.of(structure)
    (vector,) = packing.pack(structure, torch.float16)
    assert vector.dtype == np.float16
    assert vector.tolist() == [-np.inf, -np.inf, 65504, -65504, np.float16(0.1)]
    found = packing.unpack([vector], [1], shared={}).potentials["emissions"].flatten()
    assert found[:4].tolist() == [FORBIDDEN, FORBIDDEN, 65504, -65504]
    assert found.dtype == torch.float32


def test_gradients_do_not_matter() -> None:
    emissions = torch.ones(1, 2, 3, requires_grad=True)
    transitions = torch.ones(3, 3, requires_grad=True)
    chain = LinearChain(emissions=emissions, transitions=transitions, lengths=torch.tensor([2]))
    packing = Packing.of(chain)
    assert packing.pack(chain, torch.float32)[0].tolist() == [1] * 6
    assert not packing.shared(chain)["transitions"].requires_grad


def test_switches_are_kept() -> None:
    lengths = torch.tensor(LENGTHS)
    for odd in (False, True):
        grid = Grid(**unlabelled_grid(3, 4, TAGS), odd=odd, lengths=lengths)
        packing = Packing.of(grid)
        found = packing.unpack(packing.pack(grid, torch.float32), LENGTHS, shared={})
        assert found.switched() == grid[1].temper(2.0).switched() == {"odd": odd}


def test_a_family_consists_of_potentials_switches_and_lengths_alone() -> None:
    # Anything else that a constructor takes would be lost.
    families = [
        family
        for family in vars(structures).values()
        if inspect.isclass(family) and issubclass(family, Structure)
        if not inspect.isabstract(family)
    ]
    assert LinearChain in families
    for family in families:
        assert set(inspect.signature(family).parameters) == {
            *family.axes,
            *family.switches,
            "lengths",
        }

"""What is timed of a structure, as each library does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

BATCH = 32
Call = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One piece of work.

    Args:
        calls: by library, ours is `structdistill`.
        log_z: of the same batch, by those libraries whose distributions are comparable.
    """

    work: str
    size: str
    calls: Mapping[str, Call]
    log_z: Mapping[str, Callable[[], Tensor]]

    def check(self) -> None:
        """Whether the libraries speak of the same distributions.

        Raises:
            ValueError: a log Z differs from ours.
        """
        expected = self.log_z["structdistill"]().detach()
        for name, call in self.log_z.items():
            found = call().detach().view(-1)
            if not torch.allclose(found, expected, rtol=1e-3, atol=1e-3):
                worst = (found - expected).abs().max().item()
                raise ValueError(f"{self.work}: log Z of {name} differs from ours by {worst}")


def draw(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Random potentials on the default device, the same on all."""
    return torch.randn(shape, generator=generator, device="cpu").to(torch.get_default_device())


def draw_lengths(words: int, generator: torch.Generator) -> Tensor:
    """Of sentences from a third of the longest on, which comes first."""
    lengths = draw_integers(words // 3, words + 1, (BATCH,), generator)
    lengths[0] = words
    return lengths


def draw_integers(
    low: int, high: int, shape: tuple[int, ...], generator: torch.Generator
) -> Tensor:
    """Random ones, `high` not among them, on the default device, the same on all."""
    drawn = torch.randint(low, high, shape, generator=generator, device="cpu")
    return drawn.to(torch.get_default_device())

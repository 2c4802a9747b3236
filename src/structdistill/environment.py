"""What runs here: versions, devices, threads, and what computes each family of structures."""

import itertools
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import torch

from structdistill import structures
from structdistill.structures import Structure, kernels

_LIBRARIES = """
    structdistill torch numpy numba transformers tokenizers accelerate datasets safetensors triton
    onnxruntime spacy optuna
"""


@dataclass(frozen=True)
class Computation:
    """What computes a family of structures from such potentials.

    Args:
        structure: the name of the class.
        potentials: as the documentation writes them: `emissions[b,n,t]`.
        device: a kind of device; cuda is told about even where there is none.
        dtype: what is computed in; half precision is computed in float32.
        implementation: "compiled kernel", "Triton kernel" or "plain PyTorch".
    """

    structure: str
    potentials: str
    device: str
    dtype: str
    implementation: str


@dataclass(frozen=True)
class Environment:
    """What runs here.

    Args:
        versions: of Python and of the libraries that are installed.
        devices: by their names in PyTorch, with what they are.
        threads: as many as PyTorch uses in one operation.
        computations: of every structure, form of its potentials, device and precision.
    """

    versions: dict[str, str]
    devices: dict[str, str]
    threads: int
    computations: list[Computation]


def describe() -> Environment:
    """This machine, as the process sees it."""
    devices = _devices()
    return Environment(
        versions(_LIBRARIES.split()),
        devices,
        torch.get_num_threads(),
        list(_computations({name.partition(":")[0]: None for name in (*devices, "cuda")})),
    )


def versions(libraries: Iterable[str]) -> dict[str, str]:
    """Of Python, and of those libraries that are installed."""
    found = {"python": platform.python_version()}
    for name in libraries:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _devices() -> dict[str, str]:
    found = {"cpu": f"{platform.machine()}, {platform.system()}"}
    for i in range(torch.cuda.device_count()):
        found[f"cuda:{i}"] = torch.cuda.get_device_name(i)
    if torch.backends.mps.is_available():
        found["mps"] = "Apple"
    return found


def _computations(devices: Iterable[str]) -> Iterator[Computation]:
    public = [getattr(structures, name) for name in structures.__all__]
    for family in public:
        if not isinstance(family, type) or not issubclass(family, Structure):
            continue
        if family.__abstractmethods__:
            continue
        for forms in itertools.product(*family.axes.values()):
            told = [f"{n}[{','.join(('b', *f))}]" for n, f in zip(family.axes, forms, strict=True)]
            for device, dtype in itertools.product(devices, (torch.float32, torch.float64)):
                if device == "mps" and dtype == torch.float64:  # which it does not have
                    continue
                dimensions = tuple(len(form) + 1 for form in forms)
                kernel = kernels.choose(family, dimensions, device, dtype)
                by = "Triton kernel" if device == "cuda" else "compiled kernel"
                yield Computation(
                    family.__name__,
                    " ".join(told),
                    device,
                    str(dtype).removeprefix("torch."),
                    "plain PyTorch" if kernel is None else by,
                )

"""What a measurement was made on."""

import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def processor() -> str:
    """The processor's name."""
    lines = Path("/proc/cpuinfo")
    if lines.exists():
        for line in lines.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(": ")[2]
    return platform.processor()


def versions(others: Sequence[str] = ()) -> dict[str, str]:
    """Of Python, of the libraries that compute, and of others that are installed."""
    found = {"python": platform.python_version()}
    for name in ("torch", "numpy", "numba", *others):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found

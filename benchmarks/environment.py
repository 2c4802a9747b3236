"""What a measurement was made on."""

import platform
from pathlib import Path

COMPUTING = ("torch", "numpy", "numba")
"""The libraries whose versions matter."""


def processor() -> str:
    """The processor's name."""
    lines = Path("/proc/cpuinfo")
    if lines.exists():
        for line in lines.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(": ")[2]
    return platform.processor()

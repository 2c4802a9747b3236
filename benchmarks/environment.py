"""What a measurement was made on."""

import platform
from pathlib import Path

import torch

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


def device() -> str:
    """What models are trained on: the name of the GPU, or of the processor where there is none."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else processor()

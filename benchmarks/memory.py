"""How much memory a piece of work takes."""

import ctypes
import gc
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch

_CLEAR_PEAK = "5"


T = TypeVar("T")


def peak(work: Callable[[], T]) -> tuple[T, float]:
    """What a piece of work gives, and its MiB at the peak, beyond what the process held before.

    On a CUDA device, if that is the default, what PyTorch had taken there. Else on Linux, where a
    process may ask what it held at most. What was freed is handed back to the system first, so that
    it counts again when it is taken again.
    """
    gc.collect()
    if torch.get_default_device().type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        held = torch.cuda.memory_allocated()
        result = work()
        return result, (torch.cuda.max_memory_allocated() - held) / 2**20
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text(_CLEAR_PEAK)
    before = _status("VmRSS")
    result = work()
    return result, max(0, _status("VmHWM") - before) / 1024


def _status(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1])

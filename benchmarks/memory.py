"""How much memory a piece of work takes."""

import ctypes
import gc
import re
from collections.abc import Callable
from pathlib import Path

_CLEAR_PEAK = "5"


def peak(work: Callable[[], object]) -> float:
    """MiB at the peak of a piece of work, beyond what the process held before.

    On Linux, where a process may ask what it held at most. What was freed is handed back to the
    system first, so that it counts again when it is taken again.
    """
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text(_CLEAR_PEAK)
    before = _status("VmRSS")
    work()
    return max(0, _status("VmHWM") - before) / 1024


def _status(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1])

"""A process's memory: current, peak, and resetting the peak."""

import contextlib
import resource
import sys
from pathlib import Path


def resident() -> int:
    """Bytes in memory now; 0 where the system does not say."""
    return _status("VmRSS")


def peak() -> int:
    """Bytes in memory at the highest since the process began, or since `reset_peak`."""
    return _status("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def reset_peak() -> None:
    """Reset the peak to the current resident memory, where Linux allows it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")


def _status(name: str) -> int:
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":")), 0)

"""How much memory the machine has, so that an array that cannot fit raises an error before anything is allocated."""

import math
import os
from collections.abc import Sequence
from contextlib import suppress

from minidl.config.checks import is_integer

_CONTAINER_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")  # of a Linux container
_ALWAYS_FITS = 1 << 28  # bytes: below it the system is not asked


def total_memory() -> int | None:
    """Bytes of memory that this process may use at most; `None` where the system does not tell."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return None
    for path in _CONTAINER_LIMITS:
        with suppress(OSError, ValueError), open(path) as file:  # no container, or one without a limit: "max"
            total = min(total, int(file.read()))
    return total


def free_memory() -> int | None:
    """Bytes that this process may still use, swap included; `None` where the system does not tell."""
    total = total_memory()
    with suppress(OSError, ValueError, KeyError), open("/proc/meminfo") as file:  # only Linux has this file
        lines = (line.split(":") for line in file)
        kilobytes = {name: int(value.split()[0]) for name, value in lines}
        free = 1024 * (kilobytes["MemAvailable"] + kilobytes["SwapFree"])
        total = free if total is None else min(total, free)
    return total


def check_memory(owner: str, name: str, shape: Sequence[int], itemsize: int) -> None:
    """Raise MemoryError for a weight that, with its gradient, is larger than the free memory.

    Args:
        owner, name: whose weight this is, for the message.
        shape: its shape.
        itemsize: bytes of an element.
    Raises:
        MemoryError: the machine has less memory free.
    """
    needed = 2 * itemsize * math.prod(size for size in shape if is_integer(size))
    if needed < _ALWAYS_FITS:
        return
    free = free_memory()
    if free is not None and needed > free:
        raise MemoryError(
            f"{owner} needs {_readable(needed)} for its {name} of shape {tuple(shape)} and the gradient, but only "
            f"{_readable(free)} of memory are free; make the layer or its input smaller"
        )


def _readable(size: int) -> str:
    """1500000000 as "1.5 GB"."""
    number = float(size)
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:,.0f} PB"

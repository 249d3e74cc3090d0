"""Memory maps: the system is told in which order their rows will be read."""

import mmap
from typing import Any


def announce_order(array: Any, scattered: bool) -> None:
    """Say whether rows will be read here and there, or one after another; nothing happens for data in memory.

    Unless told, systems read megabytes around each row, which costs a hundred times the time where the file is larger than
    memory and rows are shuffled.
    """
    base = array
    while base is not None and not isinstance(base, mmap.mmap):
        base = getattr(base, "base", None)
    if base is not None and hasattr(mmap, "MADV_RANDOM"):  # Windows has none
        base.madvise(mmap.MADV_RANDOM if scattered else mmap.MADV_NORMAL)

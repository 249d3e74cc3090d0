"""Memory maps: tell the operating system in which order their rows will be read."""

import numpy as np


def advise_order(array: object, scattered: bool) -> None:
    """Tell the system of random or sequential access to a memory map; does nothing for data in memory.

    By default systems read megabytes around each row, which takes a hundred times as long if the file is larger than memory
    and rows are shuffled.
    """
    base = array
    while (owner := getattr(base, "base", None)) is not None:
        base = owner
    if isinstance(base, np.ndarray):
        return
    import mmap  # most data is in memory

    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_RANDOM"):  # not available on Windows
        base.madvise(mmap.MADV_RANDOM if scattered else mmap.MADV_NORMAL)

"""Memory that was freed stays with the process, so that the next step need not ask the system for fresh pages.

A step of training makes large arrays and lets them go. The C library gives such memory back to the system and asks for it anew,
which costs up to 3 microseconds a page of 4 kB: a sixth of a small convnet's step, a quarter of a full batch of 5,000 rows. So
models ask for this before they first learn or predict. Nothing more is in use at the peak.
"""

import ctypes
import functools
import os
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # numbers of glibc's mallopt
_LARGEST = 64 << 20  # bytes of an array that is still kept
_KEPT = 256 << 20  # bytes that may lie free at the end of the heap


@functools.cache
def keep_freed_memory() -> bool:
    """Ask glibc, once, to keep up to 256 MB of what is freed; whether it does.

    Elsewhere this does nothing, nor where the variables MALLOC_TRIM_THRESHOLD_ or MALLOC_MMAP_THRESHOLD_ are set, which say
    how the user wants it.
    """
    if "MALLOC_TRIM_THRESHOLD_" in os.environ or "MALLOC_MMAP_THRESHOLD_" in os.environ:
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    return mallopt is not None and bool(mallopt(_MMAP_THRESHOLD, _LARGEST) and mallopt(_TRIM_THRESHOLD, _KEPT))

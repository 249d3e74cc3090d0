"""Cores: keep helper threads off the core of their caller.

Linux wakes a thread up where it ran last, and on few cores often looks for no idle one. A helper on its caller's core starts 1
to 4 milliseconds late, while another core is idle.
"""

import functools
import os
import sys
import threading
from collections.abc import Callable


class HelperCores:
    """The cores of some helper threads: all that the caller may use, except the one that it runs on."""

    def __init__(self) -> None:
        self._helpers: list[int] = []
        self._avoided = -1  # the core that the helpers may not use

    def add_this_thread(self) -> None:
        """Called by a helper when it starts."""
        self._helpers.append(threading.get_native_id())
        self._avoided = -1

    def avoid_core_of_caller(self) -> None:
        """Called before helpers are woken up: it costs a microsecond only if the caller has moved to another core."""
        core = _core_finder()()
        if core == self._avoided or sys.platform != "linux":
            return
        cores = os.sched_getaffinity(0)
        if 1 < len(cores) == os.cpu_count():  # with fewer cores, `busy.running_threads` does not say whether others use them
            try:
                for helper in self._helpers:
                    os.sched_setaffinity(helper, cores - {core})
            except OSError:  # a helper has ended, or the system forbids it
                pass
        self._avoided = core


@functools.cache
def _core_finder() -> Callable[[], int]:
    """A function that returns the number of the core on which it is called; -1 if that is unknown."""
    try:
        import ctypes  # as NumPy does, where Python has it

        return ctypes.PyDLL(None).sched_getcpu
    except (ImportError, OSError, AttributeError, TypeError):  # a system without it
        return lambda: -1

"""Busy machines: notice that other programs need the cores, and let helper threads rest then."""

import os
import sys
import time
from collections.abc import Callable

if sys.platform != "win32":
    import resource

# A thread has lost its core if others had it for a larger share of its time and for more seconds than these.
_BUSY, _LOST = 0.2, 0.0001
_LOOK, _FULL = 0.005, 0.02  # seconds between two looks at what else runs, and of a full machine before helpers rest
_REST = 0.05  # seconds for which helpers rest


class Load:
    """When helpers rest, as they would only compete with other programs.

    They rest if no core has been idle for a while, or if their caller loses its core twice in a short time: what is shorter may
    be a task of the system.
    """

    def __init__(self) -> None:
        self._next_look = 0.0
        self._full_since = 0.0  # the first of the last looks, if none of them found an idle core, or the last look
        self._lost_at = 0.0  # the end of the last work that lost its core
        self._rests_until = 0.0

    def leaves_room(self, awake: int) -> bool:
        """Whether helpers may work now; `awake` of them do not sleep."""
        now = time.perf_counter()
        if now >= self._next_look:
            is_full = running_threads() - awake >= (os.cpu_count() or 1)
            if not is_full or now > self._next_look + _REST:  # without calls for so long, anything may have happened
                self._full_since = now
            elif now - self._full_since >= _FULL:
                self._rests_until = now + _REST
            self._next_look = max(self._rests_until, now + _LOOK)
        return now >= self._rests_until

    def watch(self, work: Callable[[], None]) -> None:
        """`work()` of a caller with helpers: take note if it loses its core."""
        start, (used, stops, waits) = time.perf_counter(), _usage()
        work()
        end, (used_now, stops_now, waits_now) = time.perf_counter(), _usage()
        lost = end - start - (used_now - used)
        if stops_now > stops and waits_now == waits and lost > max(_LOST, _BUSY * (end - start)):
            if start - max(self._lost_at, self._rests_until) < _REST:
                self._rests_until = end + _REST
            self._lost_at = end


def running_threads() -> int:
    """Number of threads of all programs that run, or wait for a core only; 0 if the system does not say that."""
    try:
        file = os.open("/proc/loadavg", os.O_RDONLY)  # not a file object, which warns if a Ctrl-C comes before it is closed
        try:
            text = os.read(file, 100)  # such as b"0.81 2.05 2.09 5/115 5909"
        finally:
            os.close(file)
        return int(text.split()[3].split(b"/")[0])
    except (OSError, ValueError, IndexError):
        return 0


def _usage() -> tuple[float, int, int]:
    """This thread's seconds on a core; how often others took its core, and how often it waited, which only Linux says."""
    if sys.platform != "linux":
        return time.thread_time(), 0, 0
    usage = resource.getrusage(resource.RUSAGE_THREAD)
    return usage.ru_utime + usage.ru_stime, usage.ru_nivcsw, usage.ru_nvcsw

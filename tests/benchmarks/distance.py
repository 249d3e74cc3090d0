"""How far two cores are from one another: how long a message between them takes, there and back."""

import functools
import importlib.util
import os
import threading
import time
from typing import Any

MESSAGES = 20_000
FAR = 200.0  # nanoseconds: more than between two cores that share a cache


def round_trip() -> float | None:
    """Nanoseconds: 50 to 100 between cores that share a cache, some 300 between others; `None` where it cannot be measured.

    On a virtual machine it changes from minute to minute, when the host moves its cores. What two threads share, such as the
    weights of a network, then takes several times as long to read.
    """
    if importlib.util.find_spec("numba") is None or not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2:
        return None
    import numpy as np

    exchange, signal = _compiled(), np.zeros(1, np.int64)
    exchange(signal, 0, 0)  # compile

    def run(core: int, first: int) -> None:
        os.sched_setaffinity(0, {core})  # this thread's
        exchange(signal, first, MESSAGES)

    threads = [
        threading.Thread(target=run, args=pair) for pair in zip(sorted(os.sched_getaffinity(0))[:2], (0, 1), strict=True)
    ]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.perf_counter() - start) / MESSAGES * 1e9


@functools.cache
def _compiled() -> Any:
    import numba

    from minidl.kernels.compiled.waiting import _look

    @numba.njit(nogil=True)
    def exchange(signal: Any, first: int, count: int) -> None:
        """Wait for every second number, and answer with the one after it."""
        for number in range(first, first + 2 * count, 2):
            while _look(signal) != number:
                pass
            signal[0] = number + 1

    return exchange

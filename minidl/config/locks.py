"""`ProcessLock`: a lock that is free in a forked process."""

import os
import threading


class ProcessLock:
    """A reentrant lock for a module, used with `with`.

    A child made by `fork` has only the thread that forked. A lock that another thread of the parent held then would stay
    locked forever, so the child gets a new one.

    Example:
        >>> lock = ProcessLock()
        >>> with lock, lock:
        ...     print("entered")
        entered
    """

    def __init__(self) -> None:
        self._open()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._open)

    def _open(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        self._lock.release()

"""`ProcessLock`: a lock that is free in a forked process."""

import os
import threading


class ProcessLock:
    """A reentrant lock for a module, used as `with lock.held`.

    A child made by `fork` has only the thread that forked. A lock that another thread of the parent held then would stay
    locked forever, so the child gets a new one.

    Attributes:
        held: Python's own lock. Ctrl-C inside an `__enter__` written in Python would leave it locked forever.
    Example:
        >>> lock = ProcessLock()
        >>> with lock.held, lock.held:
        ...     print("entered")
        entered
    """

    def __init__(self) -> None:
        self._open()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._open)

    def _open(self) -> None:
        self.held = threading.RLock()

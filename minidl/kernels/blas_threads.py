"""The number of threads that BLAS uses for a matrix product, and limits of it."""

import functools
import os
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from minidl.config.interrupts import with_cleanup

if TYPE_CHECKING:
    from threadpoolctl import LibController

Result = TypeVar("Result")

_lock = threading.RLock()  # no loop directly below `with _lock`: CPython 3.13 leaves it locked if an interrupt meets the loop
_limits: set["BlasLimit"] = set()  # the active limits
_before: dict[tuple[str, int | None], int] = {}  # library and scope: its number of threads without `_limits`
_limited: dict[tuple[str, int | None], int] = {}  # the same, with the active limits


class _Here(threading.local):
    """What holds in one thread: whether it works on a piece, and the outermost limit that it took."""

    working = False
    limit: "BlasLimit | None" = None


here = _Here()


class BlasLimit:
    """Limits each matrix product to at most `count` threads, from `take` to `release`; of several limits the smallest counts.

    It holds for every thread of the process (OpenBLAS on OpenMP: for the thread that took it), and costs some microseconds.
    """

    def __init__(self, count: int) -> None:
        self.count, self.thread, self._open = count, threading.get_ident(), False

    def take(self) -> None:
        """Activate the limit; call it inside `with_cleanup(..., limit.release)`."""
        with _lock:
            self._open = True
            _limits.add(self)
            _remember_numbers()
            _limit_blas()
        if here.limit is None:
            here.limit = self

    def release(self) -> None:
        """End the limit. Idempotent, so that it can be repeated when it was interrupted."""
        if self._open:
            if here.limit is self:
                here.limit = None
            with _lock:
                _limits.discard(self)
                _limit_blas()
                self._open = False


def run_with_blas_threads(count: int, work: Callable[[], Result]) -> Result:
    """Run `work()` while each matrix product uses at most `count` threads."""
    limit = BlasLimit(count)

    def limited() -> Result:
        limit.take()
        return work()

    return with_cleanup(limited, limit.release)


def has_one_blas_thread() -> bool:
    """Whether this thread's products use one BLAS thread, because it works on a piece, or has taken a limit."""
    return here.working or (here.limit is not None and here.limit.count == 1)


def _remember_numbers() -> None:
    """Store each library's number of threads, unless a limit has already changed it."""
    for library in blas_libraries():
        if _key(library) not in _before:
            _before[_key(library)] = library.get_num_threads()


def _limit_blas() -> None:
    """Set the number of threads of every library according to the active limits.

    A number that is already set is not set again: during a call of the library other threads may take the GIL, and return it
    only after up to 5 milliseconds each.
    """
    for library in blas_libraries():
        key = _key(library)
        if key in _before:
            counts = [limit.count for limit in _limits if key[1] in (None, limit.thread)]
            number = min([_before[key], *counts])
            if _limited.get(key) != number:
                _limited.pop(key, None)
                _set_num_threads(library, number)
                _limited[key] = number
            if not counts:
                _limited.pop(key)
                _before.pop(key)


def _set_num_threads(library: "LibController", count: int) -> None:
    """Set the number from any thread.

    threadpoolctl 3.8 lets only the first thread that sets a number control OpenBLAS, and ignores all others until that thread
    ends or releases control. Control is released before and after, since minidl itself manages the limits of all threads.
    """
    release_control = getattr(library, "clear_controlling_thread", None)
    if release_control is not None:
        release_control(force=True)
    library.set_num_threads(count)
    if release_control is not None:
        release_control(force=True)


def _key(library: "LibController") -> tuple[str, int | None]:
    """Library and scope of its number: this thread in OpenBLAS on OpenMP, otherwise `None`, the whole process."""
    return library.filepath, threading.get_ident() if _is_per_thread(library) else None


def _is_per_thread(library: "LibController") -> bool:
    return bool(library.internal_api == "openblas" and library.threading_layer == "openmp")


def has_number_per_thread() -> bool:
    """Whether some library's number of threads belongs to each thread, so that the caller's limit does not hold in helpers."""
    return _counts_per_thread("scipy.linalg" in sys.modules)


@functools.cache
def _counts_per_thread(with_scipy: bool) -> bool:
    return any(map(_is_per_thread, _find_libraries(with_scipy)))


def blas_libraries() -> list["LibController"]:
    """The loaded BLAS libraries: NumPy's, and SciPy's own once something has imported it."""
    return _find_libraries("scipy.linalg" in sys.modules)


@functools.cache
def _find_libraries(with_scipy: bool) -> list["LibController"]:
    """Finding them takes a millisecond, so it is done once, and again with SciPy."""
    try:
        from threadpoolctl import ThreadpoolController  # here, because importing minidl loads NumPy alone
    except ImportError:  # prediction works with NumPy alone; BLAS then keeps its own number of threads
        return []
    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


def set_blas_threads(count: int) -> None:
    """Set the number of threads of every library; active limits hold."""
    with _lock:
        _limited.clear()
        _before.update(dict.fromkeys(map(_key, blas_libraries()), count))
        _limit_blas()


def _after_fork() -> None:
    """Reset the state in a forked process, in which only the forking thread exists: no limits of others, no held lock."""
    global _lock
    _lock = threading.RLock()
    others = {limit for limit in _limits if limit.thread != threading.get_ident()}
    if others:
        _limits.difference_update(others)
        _limit_blas()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

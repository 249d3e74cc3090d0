"""Threads: work in pieces on all cores, and how many threads the matrix products of BLAS may take.

NumPy lets other threads run while it computes, so pieces that each take a millisecond or more gain from a second core; handing
work over costs about 0.1 ms. Pieces are chosen by the caller from sizes and from `threads()`, never by who is free, so results
are the same, bit for bit, for one number of threads.
"""

import contextvars
import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from minidl.config.checks import check_positive_integer

Piece = TypeVar("Piece")
Result = TypeVar("Result")

_lock = threading.RLock()
_limits: list[int] = []  # of the `blas_threads` that are open now
_kept: dict[str, Any] = {}  # "threads" that were set, "pool" of helpers, "libraries" of BLAS, their numbers "before" a limit
_here = threading.local()  # `_here.working` in a thread that works on a piece


def threads() -> int:
    """Number of threads that work is spread over: as many as there are cores, unless `set_threads` says otherwise."""
    if _kept.get("threads") is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        asked = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
        _kept["threads"] = min(cores, int(asked)) if asked.isdigit() and int(asked) > 0 else cores
    return int(_kept["threads"])


def set_threads(count: int | None) -> None:
    """Choose how many threads minidl and NumPy's matrix products may use from now on.

    Results are the same, bit for bit, for one number of threads; another may round differently.

    Args:
        count: a positive integer; `None` for as many as there are cores, or as the variable OMP_NUM_THREADS says.
    Raises:
        ValueError: `count` is not a positive integer.
    Example:
        >>> set_threads(1); threads()
        1
        >>> set_threads(None)
    """
    with _lock:
        _kept["threads"] = None if count is None else check_positive_integer("set_threads", "count", count)
        _kept.pop("pool", None)  # its threads end with the work they were given
        _kept["before"] = [threads() for _ in blas_libraries()]
        _limit_blas()


def in_parallel(function: Callable[[Piece], Result], pieces: Iterable[Piece]) -> list[Result]:
    """`[function(piece) for piece in pieces]`, the calling thread and helpers taking one piece after another.

    Meanwhile each product of BLAS stays on its own thread. Inside a piece, and with one thread or one piece, this is the plain
    loop. An error leaves once no piece is being worked on; pieces that nobody had begun are left out.
    """
    pieces = list(pieces)
    helpers = min(threads(), len(pieces)) - 1
    if helpers < 1 or getattr(_here, "working", False):
        return [function(piece) for piece in pieces]
    results: dict[int, Result] = {}
    waiting = iter(enumerate(pieces))  # shared: each asks it for the next piece

    def work(core: int | None) -> None:
        _here.working = True
        try:
            with kept_to(core):
                for number, piece in waiting:
                    results[number] = function(piece)
        except BaseException:
            list(waiting)  # nobody begins another
            raise
        finally:
            _here.working = False

    mine, *others = cores_for(helpers + 1)
    with blas_threads(1):
        begun = [_pool().submit(contextvars.copy_context().run, work, core) for core in others]
        try:
            work(mine)
        finally:
            errors = [helper.exception() for helper in begun if not helper.cancel()]
    if failed := [error for error in errors if error is not None]:
        raise failed[0]
    return [results[number] for number in range(len(pieces))]


@contextmanager
def blas_threads(count: int) -> Iterator[None]:
    """Within this context each matrix product takes at most so many threads; of several that are open the smallest counts.

    It holds for the whole process, and costs a few microseconds.
    """
    with _lock:
        if not _limits:
            _kept["before"] = [library.get_num_threads() for library in blas_libraries()]
        _limits.append(count)
        _limit_blas()
    try:
        yield
    finally:
        with _lock:
            _limits.remove(count)
            _limit_blas()


def cores_for(count: int) -> list[int | None]:
    """A core for each of so many threads, first the one that this thread runs on; `None` where they are not to choose.

    Linux wakes a thread on the core of the one that woke it, and takes milliseconds to see that another is free.
    """
    if "current core" not in _kept:
        _kept["current core"] = getattr(ctypes.CDLL(None), "sched_getcpu", None) if sys.platform == "linux" else None
    if _kept["current core"] is None:
        return [None] * count
    allowed, mine = os.sched_getaffinity(0), _kept["current core"]()
    others = sorted(allowed - {mine})
    return [mine, *others[: count - 1]] if mine in allowed and len(others) >= count - 1 else [None] * count


@contextmanager
def kept_to(core: int | None) -> Iterator[None]:
    """Within this context the thread stays on that core, unless it is `None`."""
    if core is None:
        yield
        return
    allowed = os.sched_getaffinity(0)
    with suppress(OSError):  # a core that the system took away meanwhile, or that it does not let us choose
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, allowed)


def _limit_blas() -> None:
    """Tell NumPy's BLAS how many threads it may take now."""
    for library, before in zip(blas_libraries(), _kept["before"], strict=True):
        library.set_num_threads(min([before, *_limits]))


def blas_libraries() -> Any:
    """The libraries of BLAS that are loaded. Looking for them takes a millisecond, so it is done once."""
    if "libraries" not in _kept:
        from threadpoolctl import ThreadpoolController  # here, because importing minidl loads NumPy alone

        _kept["libraries"] = ThreadpoolController().select(user_api="blas").lib_controllers
    return _kept["libraries"]


def _pool() -> Any:
    """The helpers, who wait for work from the first time on that there is some."""
    with _lock:
        if "pool" not in _kept:
            from concurrent.futures import ThreadPoolExecutor

            _kept["pool"] = ThreadPoolExecutor(max(threads() - 1, 1), thread_name_prefix="minidl")
        return _kept["pool"]


def _begin_anew() -> None:
    """In a forked process the helpers are not there, and whoever held the lock is not either."""
    global _lock
    _lock = threading.RLock()
    _kept.pop("pool", None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)

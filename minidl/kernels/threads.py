"""Threads: run pieces of work in parallel.

NumPy releases the GIL while it computes, so pieces that each take a millisecond or more benefit from a second core; passing
a piece to a helper thread costs about 0.1 ms. The pieces depend only on sizes and `threads()`, never on which thread is free,
so results are bitwise identical for a given number of threads.
"""

import _thread
import contextvars
import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.interrupts import with_cleanup
from minidl.config.types import Array
from minidl.kernels.blas_threads import (
    BlasLimit,
    has_number_per_thread,
    has_one_blas_thread,
    here,
    run_with_blas_threads,
    set_blas_threads,
)
from minidl.kernels.busy import Load
from minidl.kernels.in_use import in_use, is_compiled

if TYPE_CHECKING:
    from queue import SimpleQueue

Piece = TypeVar("Piece")
Result = TypeVar("Result")

_POLL_COUNT = 200  # times that a caller looks whether a helper has finished, in about 50 microseconds, before it sleeps

# Linux ends a sleep of no time only after 50 microseconds or more.
let_others_run: Callable[[], None] = os.sched_yield if hasattr(os, "sched_yield") else lambda: time.sleep(0)

_lock = threading.RLock()  # no loop directly below `with _lock`: CPython 3.13 leaves it locked if an interrupt meets the loop
_chosen: dict[str, int] = {}  # "threads", once it is known
_callers: dict[object, None] = {}  # one key for each running call of `in_parallel`


def threads() -> int:
    """Number of threads used: the number of cores, unless changed by `set_threads`.

    Example:
        >>> set_threads(2)
        >>> threads()
        2
        >>> set_threads(None)
    """
    if "threads" not in _chosen:
        _chosen["threads"] = _default_threads()
    return _chosen["threads"]


def _default_threads() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
    return min(cores, int(asked)) if asked.isdigit() and int(asked) > 0 else cores


def set_threads(count: int | None) -> None:
    """Set the number of threads that minidl and NumPy's matrix products may use.

    Results are bitwise identical for a given number of threads; another number may round differently.

    Args:
        count: a positive integer; `None` for the number of cores, or the value of the variable OMP_NUM_THREADS.
    Raises:
        ValueError: `count` is not a positive integer.
    Example:
        >>> set_threads(1); threads()
        1
        >>> set_threads(None)
    """
    global _pool
    checked = None if count is None else check_positive_integer("set_threads", "count", count)
    with _lock:
        _chosen["threads"] = _default_threads() if checked is None else checked
        _pool.close()
        _pool = _Pool()
        set_blas_threads(threads())


def head_start() -> int:
    """Multiplications of a matrix product, about 70 or 20 microseconds, that the caller does before a helper has started."""
    return 1 << 20 if is_compiled() else 3 << 20


def in_parallel(function: Callable[[Piece], Result], pieces: Iterable[Piece]) -> list[Result]:
    """`[function(piece) for piece in pieces]`, distributed over the calling thread and helpers.

    Meanwhile each BLAS product uses a single thread. A caller among several has no helpers, as several keep the cores busy by
    themselves, such as the threads of a server. Inside a piece, and with one thread or one piece, this is the plain loop.
    An error is raised once all running pieces have finished; pieces that have not started are skipped.
    """
    pieces = pieces if isinstance(pieces, list) else list(pieces)
    helpers = min(threads(), len(pieces)) - 1
    if helpers < 1 or here.working:
        return [function(piece) for piece in pieces]
    results: dict[int, Result] = {}
    waiting = iter(enumerate(pieces))  # shared: each thread takes the next piece from it

    def work() -> None:
        try:
            for number, piece in waiting:
                results[number] = function(piece)
        finally:
            list(waiting)  # after an error no other piece is started

    tasks = [_Task(work) for _ in range(helpers)]
    limit = None if has_one_blas_thread() else BlasLimit(1)

    def work_with_helpers() -> None:
        if limit is not None:
            limit.take()
        _callers[work] = None
        has_helpers = len(_callers) == 1 and _pool.load.leaves_room(_pool.awake)
        if has_helpers:
            _pool.start(tasks)
        here.working = True
        _pool.load.watch(work) if has_helpers else work()

    def cleanup() -> None:
        here.working = False
        list(waiting)
        for task in tasks:
            task.finish()
        _callers.pop(work, None)
        if limit is not None:
            limit.release()

    with_cleanup(work_with_helpers, cleanup)
    for task in tasks:
        if task.error is not None:
            raise task.error
    return [results[number] for number in range(len(pieces))]


def helpers_are_awake() -> bool:
    """Whether some helper does not sleep now; waking one up takes longer than a short piece of work."""
    return _pool.awake > 0


def in_parallel_if_awake(function: Callable[[Piece], Result], pieces: list[Piece]) -> list[Result]:
    """`in_parallel` for short pieces: without helpers if all of them sleep.

    With and without helpers, the results of such pieces must have the same bits.
    """
    return in_parallel(function, pieces) if helpers_are_awake() else [function(piece) for piece in pieces]


class _Task:
    """Work for one helper, in the context of the thread that asked for it (NumPy's error state is part of that)."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work, self._context = work, contextvars.copy_context()
        self._claims: dict[str, str] = {}  # who started the task: `setdefault` is atomic, and returns the same when repeated
        self._done, self._working = np.zeros(1, np.int64), threading.Lock()
        self._working.acquire()  # a plain lock: an interrupt inside `Event.wait` can leave the event locked forever
        self.error: BaseException | None = None

    def run(self) -> None:
        """Called by a helper: run the task, unless it has been withdrawn."""
        if self._claims.setdefault("first", "helper") == "helper":
            try:
                if has_number_per_thread():
                    run_with_blas_threads(1, lambda: self._context.run(self._work))
                else:
                    self._context.run(self._work)
            except BaseException as error:
                self.error = error
            finally:
                self._done[0] = 1
                self._working.release()

    def finish(self) -> None:
        """Withdraw the task if no helper has started it, otherwise wait until it is finished. Idempotent."""
        if self._claims.setdefault("first", "caller") == "helper":
            if not self._done[0]:
                in_use[wait_briefly](self._done, 0)
            for _ in range(_POLL_COUNT):
                if self._done[0]:
                    return
                let_others_run()
            with self._working:
                pass


def wait_briefly(signal: Array, seen: int) -> None:
    """Wait until `signal[0]` is not `seen`, for a fraction of a millisecond; without compiled kernels, not at all.

    Only compiled code can do that without the GIL. A thread that sleeps starts 0.05 milliseconds after it is woken up, and
    sometimes on the core of the thread that woke it, which then waits.
    """


class _Pool:
    """Helper threads, started on first use; they sleep while they wait, or after a brief wait for the next task."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[_Task | None]
        self._size = 0
        self._started = np.zeros(1, np.int64)  # changes whenever tasks are queued
        self._waits = False  # whether helpers wait without sleeping, as they do with compiled kernels
        self._asleep: set[int] = set()  # the helpers for which no task is queued
        self.load = Load()

    def start(self, tasks: list[_Task]) -> None:
        """Queue these tasks for the helpers."""
        if self._size < len(tasks):
            with _lock:
                self._grow(len(tasks))
        if not self._waits and is_compiled():
            in_use[wait_briefly](self._started, -1)  # compiled now: a helper might still do so when the process ends
            self._waits = True
        for task in tasks:
            if self._asleep:
                self._asleep.pop()  # one of them wakes up
            self._queue.put(task)
        self._started += 1

    def _grow(self, size: int) -> None:
        from queue import SimpleQueue  # few programs need helpers for their first result

        if self._size == 0:
            self._queue = SimpleQueue()
        while self._size < size:
            _thread.start_new_thread(self._serve, ())  # an interrupt inside `Thread.start` can end in a RuntimeError
            self._size += 1

    def close(self) -> None:
        """Stop the helpers after their queued tasks."""
        for _ in range(self._size):
            self._queue.put(None)

    @property
    def awake(self) -> int:
        """Number of helpers that do not sleep now."""
        return self._size - len(self._asleep)

    def _serve(self) -> None:
        here.working = True
        while (task := self._next()) is not None:
            task.run()

    def _next(self) -> "_Task | None":
        seen = int(self._started[0])
        if self._waits and self._queue.empty():
            in_use[wait_briefly](self._started, seen)
        if self._queue.empty():
            self._asleep.add(_thread.get_ident())
        task = self._queue.get()
        self._asleep.discard(_thread.get_ident())
        return task


_pool = _Pool()


def _after_fork() -> None:
    """Reset the state in a forked process, in which only the forking thread exists: no helpers or held locks."""
    global _lock, _pool
    _lock, _pool = threading.RLock(), _Pool()
    _callers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

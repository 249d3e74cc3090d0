"""The processes that train one model together, each on its part of every batch; `None` in a process that trains alone."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from minidl.config.types import Array, ArrayLike, Tensors


class Processes(Protocol):
    """What models, layers and callbacks ask of the other processes; see `minidl.distribution`.

    Attributes:
        rank: the number of this process, from 0.
        size: the number of processes.
        rows: rows of the batch in this process during a training or test step; `None` outside.
    """

    rank: int
    size: int
    rows: int | None

    def steps_for(self, needs_full_batch: bool) -> tuple[Callable[..., Any], Callable[..., Any]]: ...
    def share(self, batches: object, model: object, owner: str) -> Any: ...
    def begin_fit(self, model: object, batches: object, epochs: range, callbacks: object) -> None: ...
    def end_fit(self, model: object) -> None: ...
    def leave_fit(self, model: object) -> None: ...
    def begin(self, call: str, model: object, data: ArrayLike | None = None) -> None: ...
    def stops_after_batch(self, model: object) -> bool: ...
    def stops_after_epoch(self, model: object) -> bool: ...
    def part(self, data: Tensors) -> Tensors: ...
    def own_rows(self, data: ArrayLike) -> Tensors: ...
    def join_rows(self, outputs: object, data: ArrayLike) -> Tensors: ...
    def wait_for_file(self) -> None: ...
    def gather(self, what: str, value: object) -> list[Any]: ...
    def gather_rows(self, what: str, rows: Array) -> Array: ...
    def sum(self, what: str, arrays: Sequence[Array], started: Sequence[Any] = ()) -> None: ...
    def gradient_sums(self, network: Any, variables: Any, rows: int) -> Tensors: ...


_together: list[Processes] = []  # empty, or the one set by `set_processes`


def processes() -> Processes | None:
    """The processes that this one trains with, or `None` if it trains alone."""
    return _together[0] if _together else None


def set_processes(together: Processes | None) -> None:
    """Train together with these processes from now on; `None` for alone."""
    _together[:] = [] if together is None else [together]


def wait_for_file() -> None:
    """Wait until the first process has written a file that all save."""
    if _together:
        _together[0].wait_for_file()


def print_once(text: object) -> None:
    """Print, unless another process prints the same."""
    if prints_and_writes():
        print(text)


def prints_and_writes() -> bool:
    """Whether this process prints and writes files: of several that train together only the first does."""
    return not _together or _together[0].rank == 0

"""`progress_bar`: a bar of tqdm that belongs to this process alone."""

import functools
from typing import Any

from minidl.config.locks import ProcessLock

_lock = ProcessLock()


def progress_bar(**options: Any) -> Any:
    """A new bar with these arguments of `tqdm`.

    tqdm's own bars share a lock with all processes that are forked later: one that is killed while it draws leaves it locked,
    and the others wait forever. That lock also decides the start method of `multiprocessing`, and a thread watches over all
    bars. These bars have a lock of their process, and no thread.

    Example:
        >>> bar = progress_bar(total=3, disable=True)
        >>> bar.update(3), bar.close()
        (None, None)
    """
    kind = _own_kind()
    kind.set_lock(_lock.held)  # a new one in a forked process
    return kind(**options)


@functools.cache
def _own_kind() -> Any:
    from tqdm.auto import tqdm

    class Bar(tqdm):  # type: ignore[misc]  # it has no arguments where tqdm runs
        """A bar without a thread."""

        monitor_interval = 0

    return Bar

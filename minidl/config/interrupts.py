"""Cleaning up after work that Ctrl-C may interrupt."""

from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def with_cleanup(work: Callable[[], Result], cleanup: Callable[[], None]) -> Result:
    """`work()` followed by `cleanup()`, also after an error, and after a Ctrl-C at any moment.

    Python raises KeyboardInterrupt between any two instructions, also inside `finally` and `__exit__`. So `cleanup` runs twice:
    an interrupt during one run leaves the other. It must be idempotent, and right wherever `work` was stopped.
    """
    try:
        try:
            return work()
        finally:
            cleanup()
    finally:
        cleanup()

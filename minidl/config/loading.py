"""Limits for loading a model: layers must not be larger than the arrays in the file, and must not run for minutes.

Outside of `loading` and `loading_text`, nothing is limited.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

from minidl.config.checks import is_integer
from minidl.config.memory import total_memory

_ALWAYS_ALLOWED = 1 << 20  # bytes and values that any file may use
_WIDER = 4  # float16 in the file, float64 in the model
_EXAMPLES = 1 << 24  # values of an example array that shapes are found with
_ALL_EXAMPLES = 1 << 28
_CALLS = 5_000


class Allowance:
    """The remaining bytes and values for a model that is being loaded.

    Args:
        size: bytes of the arrays in the file; `None` for a text without arrays, whose weights need only fit into the memory.
        length: bytes of the file.
    """

    def __init__(self, size: int | None, length: int) -> None:
        self.size = size
        self.weights = (total_memory() or math.inf) if size is None else _WIDER * size + _ALWAYS_ALLOWED  # bytes
        self.values = length + _ALWAYS_ALLOWED  # of lists and arrays that are made from numbers in configs
        self.examples = _ALL_EXAMPLES
        self.calls = _CALLS + length // 50


_current: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


@contextmanager
def loading(size: int | None, length: int) -> Iterator[None]:
    """Context in which a model is made for arrays of `size` bytes in a file of `length`; weights get no initial values."""
    token = _current.set(Allowance(size, length))
    try:
        yield
    finally:
        _current.reset(token)


def loading_text(length: int) -> AbstractContextManager[None]:
    """Context in which a model is made from a text of `length`; its weights get their initial values."""
    return loading(None, length)


def is_loading() -> bool:
    """Whether a model is being loaded."""
    return _current.get() is not None


def overwrites_weights() -> bool:
    """Whether a model is being loaded whose weights follow."""
    return (allowance := _current.get()) is not None and allowance.size is not None


def take_weight(owner: str, name: str, shape: Sequence[int], itemsize: int) -> None:
    """Raise ValueError if a weight is larger than what the file holds."""
    if (allowance := _current.get()) is not None:
        allowance.weights -= itemsize * math.prod(size for size in shape if is_integer(size))
        if allowance.weights < 0:
            has = (
                "this machine has less memory"
                if allowance.size is None
                else f"the arrays in the file have {allowance.size} bytes"
            )
            raise ValueError(f"{owner} asks for its {name} of shape {tuple(shape)}, and {has}")


def take_values(owner: str, name: str, count: int) -> None:
    """Raise ValueError if numbers in a config ask for more values than a file of its size may."""
    if (allowance := _current.get()) is not None:
        allowance.values -= int(count)
        if allowance.values < 0:
            raise ValueError(f"{owner} asks for {count} values of its {name}, more than a file of this size may")


def take_example(owner: str, size: int) -> None:
    """Raise ValueError if shapes are found by running a layer or an operation on arrays that are too large for that."""
    if (allowance := _current.get()) is not None:
        if size > min(_EXAMPLES, allowance.examples):
            raise ValueError(
                f"{owner} works on arrays of more than {_EXAMPLES} values, which is too much to find its output's shape"
            )
        allowance.examples -= int(size)


def take_call(owner: str) -> None:
    """Raise ValueError if a graph calls layers more often than a file of its size may."""
    if (allowance := _current.get()) is not None:
        allowance.calls -= 1
        if allowance.calls < 0:
            raise ValueError(f"{owner} is called too often, by models that are called several times inside each other")

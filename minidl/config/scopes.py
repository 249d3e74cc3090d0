"""Scopes of Keras that change nothing about the numbers: they are accepted, so that programs run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


@contextmanager
def name_scope(name: str, **kwargs: object) -> Iterator[None]:
    """Context without effect: variables are named after their layers alone.

    Raises:
        TypeError: `name` is not a string.
    Example:
        >>> with name_scope("encoder"):
        ...     layer = minidl.layers.Dense(2, name="first")
        >>> layer.name
        'first'
    """
    if not isinstance(name, str):
        raise TypeError(f"name_scope expects a string, got {name!r}")
    yield


@contextmanager
def device(device_name: str) -> Iterator[None]:
    """Context for computing on a device; there is one, the CPU.

    Raises:
        ValueError: another device.
    Example:
        >>> with device("cpu:0"):
        ...     y = minidl.ops.ones((2,))
        >>> y
        array([1., 1.], dtype=float32)
    """
    if not str(device_name).lower().lstrip("/").startswith(("cpu", "device:cpu")):
        raise ValueError(f"minidl computes on the CPU alone: write 'cpu', got the device {device_name!r}")
    yield


def remat(f: Function) -> Function:
    """The function itself: activations are kept, not computed again in the backward pass, with the same numbers.

    Example:
        >>> remat(abs) is abs
        True
    """
    return f

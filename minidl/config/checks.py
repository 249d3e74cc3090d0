"""Checks of constructor arguments, with the same messages in every package."""

from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np

from minidl.config.types import Shape


def is_integer(value: Any, least: int | None = None) -> TypeGuard[int]:
    """True for a Python or NumPy integer, of at least `least` where given; booleans do not count."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and (least is None or bool(value >= least))


def is_number(value: Any) -> TypeGuard[float]:
    """True for a Python or NumPy real number; booleans do not count."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def as_tuple(value: Any) -> tuple[Any, ...]:
    """A tuple or list as a tuple; anything else as a tuple of one."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def check_positive_integer(owner: str, argument: str, value: Any) -> int:
    """`value` as an int; ValueError unless it is an integer above 0."""
    if not is_integer(value, least=1):
        raise ValueError(f"{owner} expects {argument} to be a positive integer, got {value!r}")
    return int(value)


def check_sizes(owner: str, argument: str, value: Any, rank: int, *, least: int = 1) -> tuple[int, ...]:
    """One size for each of `rank` axes, from one for all axes or a sequence; integers of at least `least`."""
    sizes = tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank
    if len(sizes) != rank or not all(is_integer(size, least) for size in sizes):
        expected = "an integer" if rank == 1 else f"an integer, or a tuple of {rank}"
        raise ValueError(f"{owner} expects {argument} to be {expected}, at least {least}, got {value!r}")
    return tuple(int(size) for size in sizes)


def check_shape(owner: str, argument: str, sizes: Sequence[Any]) -> Shape:
    """The sizes as a tuple; ValueError unless each is a positive integer or None."""
    if not all(size is None or is_integer(size, least=1) for size in sizes):
        raise ValueError(f"{owner} expects {argument} to hold positive integers or None, got {sizes!r}")
    return tuple(sizes)


def check_choice(owner: str, argument: str, value: Any, choices: tuple[Any, ...]) -> Any:
    """`value`, which must be one of the choices; strings in any case."""
    known = value.lower() if isinstance(value, str) else value
    if known not in choices:
        raise ValueError(f"{owner} expects {argument} to be one of {', '.join(map(repr, choices))}, got {value!r}")
    return known


def check_real(
    owner: str, argument: str, value: Any, low: float = float("-inf"), high: float = float("inf"), *, open_high: bool = False
) -> float:
    """`value` as a float; ValueError unless it is a real number between `low` and `high`."""
    if not is_number(value) or not low <= value <= high or (open_high and value == high):
        interval = f"[{low:g}, {high:g}{')' if open_high else ']'}"
        raise ValueError(f"{owner} expects {argument} to be a number in {interval}, got {value!r}")
    return float(value)

"""Checks of constructor arguments, with the same messages in every package."""

import math
from typing import Any, TypeGuard

import numpy as np


def is_integer(value: object, least: int | None = None) -> TypeGuard[int]:
    """True for a Python or NumPy integer, of at least `least` where given; booleans do not count."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and (least is None or bool(value >= least))


def is_number(value: object) -> TypeGuard[float]:
    """True for a Python or NumPy real number; booleans do not count."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def as_tuple(value: object) -> tuple[Any, ...]:
    """A tuple or list as a tuple; anything else as a tuple of one."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def shown(value: object) -> str:
    """The `repr` of a value for a message: a large array by its shape, other long ones cut."""
    if isinstance(value, np.ndarray) and value.size > 8:
        return f"an array of shape {value.shape}"
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]} ..."


def check_positive_integer(owner: str, argument: str, value: object) -> int:
    """`value` as an int; ValueError unless it is an integer above 0."""
    if not is_integer(value, least=1):
        raise ValueError(f"{owner} expects {argument} to be a positive integer, got {shown(value)}")
    return int(value)


def check_real(
    owner: str, argument: str, value: object, low: float = float("-inf"), high: float = float("inf"), *, open_high: bool = False
) -> float:
    """`value` as a float; ValueError unless it is a real number between `low` and `high`."""
    if not is_number(value) or not low <= value <= high or (open_high and value == high):
        raise ValueError(f"{owner} expects {argument} to be {_interval(low, high, open_high)}, got {shown(value)}")
    return float(value)


def _interval(low: float, high: float, open_high: bool) -> str:
    """The allowed numbers in words."""
    if math.isinf(high):
        number = "a finite number" if open_high else "a number"
        return number if math.isinf(low) else f"{number} of at least {low:g}"
    return f"a number of at most {high:g}" if math.isinf(low) else f"a number in [{low:g}, {high:g}{')' if open_high else ']'}"


def check_not_masked(value: object, name: str) -> None:
    """Raise TypeError for a masked array with masked elements, whose values NumPy would use silently."""
    for item in value if isinstance(value, (list, tuple)) else (value,):
        if not isinstance(item, np.ndarray) or type(item) is np.ndarray:
            continue  # NumPy imports np.ma when it is first asked for
        if isinstance(item, np.ma.MaskedArray) and (masked := int(np.ma.getmaskarray(item).sum())):
            raise TypeError(
                f"{name} is a masked array in which {masked} of {item.size} values are masked, and minidl would use them; fill "
                f"them first, {name}.filled(value), or leave those rows out"
            )

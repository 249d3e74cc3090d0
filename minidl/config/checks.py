"""Checks of constructor arguments that every room makes in the same words."""

from typing import Any

import numpy as np


def check_positive_integer(owner: str, argument: str, value: Any) -> int:
    """`value` as an int; anything but a whole number above 0 is refused."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value <= 0:
        raise ValueError(f"{owner} expects {argument} to be a positive integer, got {value!r}")
    return int(value)


def check_real(
    owner: str, argument: str, value: Any, low: float = float("-inf"), high: float = float("inf"), *, open_high: bool = False
) -> float:
    """`value` as a float between `low` and `high`; anything but a real number there is refused."""
    is_real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not is_real or not low <= value <= high or (open_high and value == high):
        interval = f"[{low:g}, {high:g}{')' if open_high else ']'}"
        raise ValueError(f"{owner} expects {argument} to be a number in {interval}, got {value!r}")
    return float(value)

"""Sizes given once for all axes or for each: `kernel_size=3`, `strides=(2, 1)`."""

from typing import Any

import numpy as np


def sizes_of(owner: str, argument: str, value: Any, rank: int, *, least: int = 1) -> tuple[int, ...]:
    """The sizes along each of `rank` axes, from one for all or one for each; whole numbers of at least `least`."""
    sizes = tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank
    if len(sizes) != rank or not all(_is_size(size, least) for size in sizes):
        several = "an integer" if rank == 1 else f"an integer, or a tuple of {rank}"
        raise ValueError(f"{owner} expects {argument} to be {several}, at least {least}, got {value!r}")
    return tuple(int(size) for size in sizes)


def choice_of(owner: str, argument: str, value: Any, choices: tuple[Any, ...]) -> Any:
    """`value`, which must be one of the choices; a string counts in any case of its letters."""
    known = value.lower() if isinstance(value, str) else value
    if known not in choices:
        raise ValueError(f"{owner} expects {argument} to be one of {', '.join(map(repr, choices))}, got {value!r}")
    return known


def _is_size(size: Any, least: int) -> bool:
    return isinstance(size, (int, np.integer)) and not isinstance(size, bool) and bool(size >= least)

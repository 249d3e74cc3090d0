"""Checks of layers' arguments: sizes for each axis, shapes, and one of several choices."""

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from minidl.config.checks import is_integer, shown
from minidl.config.types import AnyShapes, Shape


def check_sizes(owner: str, argument: str, value: Any, rank: int, *, least: int = 1) -> tuple[int, ...]:
    """One size for each of `rank` axes, from one for all axes or a sequence; integers of at least `least`."""
    sizes = tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank
    if len(sizes) != rank or not all(is_integer(size, least) for size in sizes):
        expected = "an integer" if rank == 1 else f"an integer, or a tuple of {rank}"
        raise ValueError(f"{owner} expects {argument} to be {expected}, at least {least}, got {shown(value)}")
    return tuple(int(size) for size in sizes)


def check_shape(owner: str, argument: str, sizes: Sequence[int | None]) -> Shape:
    """The sizes as a tuple; ValueError unless each is a positive integer or None."""
    if not all(size is None or is_integer(size, least=1) for size in sizes):
        raise ValueError(f"{owner} expects {argument} to hold positive integers or None, got {sizes!r}")
    return tuple(sizes)


def check_one_array(title: str, shape: Shape | Sequence[Shape]) -> None:
    """Raise ValueError for the shapes of several inputs."""
    if not isinstance(shape, tuple) or any(isinstance(size, tuple) for size in shape):
        raise ValueError(f"{title} expects one array, got {len(shape)} of shapes {shape}; join them with Concatenate()")


def check_choice(owner: str, argument: str, value: Any, choices: tuple[str | None, ...] | list[str]) -> str:
    """`value`, which must be one of the choices; strings in any case."""
    known = value.lower() if isinstance(value, str) else value
    if isinstance(value, np.ndarray) or known not in choices:
        raise ValueError(f"{owner} expects {argument} to be one of {', '.join(map(repr, choices))}, got {shown(value)}")
    return known


def raise_wrong_rows(title: str, shape: AnyShapes, features: int | None) -> NoReturn:
    """Raise ValueError for an input of `Dense` that is not rows of features, or not of that many."""
    if isinstance(shape, list):
        raise ValueError(f"{title} expects one array, got {len(shape)} of shapes {shape}; join them with Concatenate()")
    if not isinstance(shape, tuple) or len(shape) < 2:
        raise ValueError(
            f"{title} expects rows of features, shape (batch, ..., features), got shape {shape}; "
            f"give a single row as x[np.newaxis], a single feature per row as x[:, np.newaxis]"
        )
    flat = None not in shape[1:] and int(np.prod(shape[1:])) == features
    fix = "add Flatten() before it" if flat else f"its weights were made for {features} features per row"
    raise ValueError(f"{title} expects rows of {features} features, got shape {shape}; {fix}")

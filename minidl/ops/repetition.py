"""Repeat elements or whole tensors, and pad tensors, also with a repeated border."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minidl.autodiff import operation
from minidl.config.types import Array, Sizes
from minidl.ops.elements import take_backward

__all__ = ["pad", "repeat", "tile"]


@operation(lambda dy, y, x, repeats, axis: _repeat_backward(dy, x, repeats, axis), numpy=np.repeat)
def repeat(x: Array, repeats: int, axis: int | None = None) -> Array:
    """Repeat each element.

    Example:
        >>> repeat([1, 2], 2)
        array([1, 1, 2, 2])
    """
    return np.repeat(x, repeats, axis)


def _repeat_backward(dy: Array, x: Array, repeats: Sizes, axis: int | None) -> Array:
    sources = np.repeat(np.arange(x.size if axis is None else x.shape[axis]), repeats)
    return take_backward(dy, x, sources, axis)


@operation(lambda dy, y, x, repeats: _tile_backward(dy, x, repeats), numpy=np.tile)
def tile(x: Array, repeats: Sizes) -> Array:
    """Repeat the whole tensor along each axis.

    Example:
        >>> tile([1, 2], 2)
        array([1, 2, 1, 2])
    """
    return np.tile(x, repeats)


def _tile_backward(dy: Array, x: Array, repeats: object) -> Array:
    counts = tuple(repeats) if isinstance(repeats, (tuple, list)) else (repeats,)
    rank = max(len(counts), x.ndim)
    counts, sizes = (1,) * (rank - len(counts)) + counts, (1,) * (rank - x.ndim) + x.shape
    pairs = [number for pair in zip(counts, sizes, strict=True) for number in pair]
    y: Array = dy.reshape(pairs).sum(axis=tuple(range(0, 2 * rank, 2))).reshape(x.shape)
    return y


PAD_MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


@operation(lambda dy, y, x, pad_width, mode, constant_values: _pad_backward(dy, x, pad_width, mode))
def pad(x: Array, pad_width: Sizes | Sequence[Sizes], mode: str = "constant", constant_values: float | None = None) -> Array:
    """Add a border, `pad_width` elements before and after along each axis.

    Args:
        mode: "constant", or what the border repeats: "edge", "reflect", "symmetric" or "wrap".
    Example:
        >>> pad([1, 2, 3], ((1, 1),))
        array([0, 1, 2, 3, 0])
        >>> pad([1, 2, 3], ((1, 1),), "reflect")
        array([2, 1, 2, 3, 2])
    """
    if mode not in PAD_MODES:
        raise ValueError(f"pad expects mode to be one of {PAD_MODES}, got {mode!r}")
    if mode == "constant":
        return np.pad(x, pad_width, constant_values=0 if constant_values is None else constant_values)
    for axis, pixels in enumerate(_border(x, pad_width, mode)):
        x = np.take(x, pixels, axis)
    return x


def _border(x: Array, pad_width: object, mode: Any) -> list[Array]:
    """For each axis the number of the element that each padded one repeats."""
    widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2))
    return [np.pad(np.arange(size), tuple(width), mode) for size, width in zip(x.shape, widths, strict=True)]


def _pad_backward(dy: Array, x: Array, pad_width: object, mode: str) -> Array:
    if mode != "constant":
        borders = _border(x, pad_width, mode)
        for axis in range(x.ndim - 1, -1, -1):
            shape = (*dy.shape[:axis], x.shape[axis], *dy.shape[axis + 1 :])  # earlier axes still have their borders
            dy = take_backward(dy, np.empty(shape, dy.dtype), borders[axis], axis)
        return dy
    before = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2))[:, 0]
    return dy[tuple(slice(start, start + size) for start, size in zip(before, x.shape, strict=True))]

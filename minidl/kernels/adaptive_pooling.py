"""Pooling to a given number of positions, in windows that cover the axis evenly.

Output position i of n pools the inputs from `floor(i * size / n)` up to, not including, `ceil((i + 1) * size / n)`.
"""

import itertools
from collections.abc import Callable

import numpy as np

from minidl.config.types import Array

Sizes = tuple[int, ...]


def windows(size: int, count: int) -> list[slice]:
    """The window of each of `count` output positions along one axis."""
    return [slice(n * size // count, -(-(n + 1) * size // count)) for n in range(count)]


def adaptive_average(x: Array, output_size: Sizes) -> Array:
    """The mean of each window, one axis after the other; x (batch, ..., channels) -> y (batch, *output_size, channels)."""
    return _pool(np.mean, x, output_size)


def adaptive_average_backward(dy: Array, shape: Sizes) -> Array:
    """`dx += dy / (size of the window)` in each window, one axis after the other, the last one first."""
    for axis in reversed(range(1, len(shape) - 1)):
        dx = np.zeros((*dy.shape[:axis], shape[axis], *dy.shape[axis + 1 :]), dy.dtype)
        for place, window in enumerate(windows(shape[axis], dy.shape[axis])):
            dx[_at(axis, window)] += dy[_at(axis, slice(place, place + 1))] / dy.dtype.type(window.stop - window.start)
        dy = dx
    return dy


def adaptive_max(x: Array, output_size: Sizes) -> Array:
    """The maximum of each window, one axis after the other; x (batch, ..., channels) -> y (batch, *output_size, channels)."""
    return _pool(np.max, x, output_size)


def adaptive_max_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx += dy / (number of maxima)` at the maxima of each window."""
    dx = np.zeros(x.shape, dy.dtype)
    axes = [windows(size, count) for size, count in zip(x.shape[1:-1], y.shape[1:-1], strict=True)]
    for place, window in zip(np.ndindex(y.shape[1:-1]), itertools.product(*axes), strict=True):
        output, inside = (slice(None), *(slice(at, at + 1) for at in place)), (slice(None), *window)
        found = x[inside] == y[output]
        dx[inside] += found * (dy[output] / found.sum(axis=tuple(range(1, x.ndim - 1)), keepdims=True, dtype=dy.dtype))
    return dx


def _pool(reduce: Callable[..., Array], x: Array, output_size: Sizes) -> Array:
    for axis, count in enumerate(output_size, start=1):
        pooled = [reduce(x[_at(axis, window)], axis=axis, keepdims=True) for window in windows(x.shape[axis], count)]
        x = np.concatenate(pooled, axis)
    return x


def _at(axis: int, part: slice) -> tuple[slice, ...]:
    """The index of a part of one axis."""
    return (*(slice(None),) * axis, part)

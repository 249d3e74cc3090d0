"""Pooling to a given number of positions, in windows that cover the axis evenly.

Output position i of n pools the inputs from `floor(i * size / n)` up to, not including, `ceil((i + 1) * size / n)`.
"""

import itertools
from collections.abc import Iterator

import numpy as np

from minidl.config.types import Array

Sizes = tuple[int, ...]
Window = tuple[slice, ...]


def windows(sizes: Sizes, output_size: Sizes) -> Iterator[tuple[Window, Window]]:
    """For each output position: where it is in the output, and its window in the input, both with a batch axis first."""
    axes = [
        [slice(n * size // count, -(-(n + 1) * size // count)) for n in range(count)]
        for size, count in zip(sizes, output_size, strict=True)
    ]
    for places in itertools.product(*(range(count) for count in output_size)):
        inside = tuple(axis[place] for axis, place in zip(axes, places, strict=True))
        yield (slice(None), *(slice(place, place + 1) for place in places)), (slice(None), *inside)


def adaptive_average(x: Array, output_size: Sizes) -> Array:
    """The mean of each window; x (batch, ..., channels) -> y (batch, *output_size, channels)."""
    y = np.empty((len(x), *output_size, x.shape[-1]), x.dtype)
    for place, window in windows(x.shape[1:-1], output_size):
        y[place] = x[window].mean(axis=tuple(range(1, x.ndim - 1)), keepdims=True)
    return y


def adaptive_average_backward(dy: Array, shape: Sizes) -> Array:
    """`dx += dy / (size of the window)` in each window."""
    dx = np.zeros(shape, dy.dtype)
    for place, window in windows(shape[1:-1], dy.shape[1:-1]):
        dx[window] += dy[place] / dy.dtype.type(np.prod(dx[window].shape[1:-1]))
    return dx


def adaptive_max(x: Array, output_size: Sizes) -> Array:
    """The maximum of each window; x (batch, ..., channels) -> y (batch, *output_size, channels)."""
    y = np.empty((len(x), *output_size, x.shape[-1]), x.dtype)
    for place, window in windows(x.shape[1:-1], output_size):
        y[place] = x[window].max(axis=tuple(range(1, x.ndim - 1)), keepdims=True)
    return y


def adaptive_max_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx += dy / (number of maxima)` at the maxima of each window."""
    dx = np.zeros(x.shape, dy.dtype)
    for place, window in windows(x.shape[1:-1], dy.shape[1:-1]):
        found = x[window] == y[place]
        dx[window] += found * (dy[place] / found.sum(axis=tuple(range(1, x.ndim - 1)), keepdims=True, dtype=dy.dtype))
    return dx

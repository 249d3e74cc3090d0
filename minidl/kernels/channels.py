"""Arithmetic along channels, the last axis, of which there may be few.

Arrays are (parts, positions, channels), vectors (parts, channels), or (1, channels) for all parts. NumPy takes up to ten times
as long for loops over a few channels as for long ones, so n positions count as one row: (parts, positions / n, n * channels).
"""

import functools
from collections.abc import Callable

import numpy as np

from minidl.config.types import Array
from minidl.kernels.memory import empty
from minidl.kernels.reductions import ones

_WIDTH = 512  # elements of a row, at most; longer vectors would not stay in a core's first cache
_LONG = 1 << 14  # the same for a vector for all parts: passes over rows from half of that on take NumPy a third less
MANY = 128  # channels, loops over which are long enough
LEAST = 1 << 11  # elements of a part, with fewer of which longer rows gain nothing
_SHARED = 1 << 17  # elements of a part, from which BLAS shares a product, and may wait milliseconds for a core that is busy
_BLOCK = 1 << 11  # rows whose sum is rounded at each addition
_LEAST_ROWS = 16  # of a part, so that repeating a vector takes little time


def channel_sums(x: Array) -> Array:
    """`sum(x)` over the positions: (parts, positions, channels) -> (parts, channels)."""
    return fold(_sums(in_rows(x)), x)


def channel_products(a: Array, b: Array) -> tuple[Array, Array]:
    """`sum(a)` and `sum(a * b)` over the positions."""
    return channel_sums(a), fold(_in_blocks(_sum_of_products, in_rows(a), in_rows(b)), a)


def subtract_channels(x: Array, mean: Array) -> Array:
    """`x - mean`."""
    return _apply(np.subtract, x, mean)


def multiply_channels(x: Array, factor: Array) -> Array:
    """`x * factor`."""
    return _apply(np.multiply, x, factor)


def scale_channels(x: Array, factor: Array, offset: Array) -> Array:
    """`x * factor + offset`."""
    y = multiply_channels(x, factor)
    return _apply(np.add, y, offset, out=y)


def combine_channels(a: Array, factor_a: Array, b: Array, factor_b: Array, offset: Array) -> Array:
    """`a * factor_a + b * factor_b + offset`."""
    y = scale_channels(b, factor_b, offset)
    y += multiply_channels(a, factor_a)
    return y


def _apply(function: np.ufunc, x: Array, vector: Array, out: Array | None = None) -> Array:
    y = empty(x.shape, x.dtype) if out is None else out
    width, shape = _WIDTH, x.shape
    if len(vector) == 1 and x.size >= _LONG:
        width, shape = _LONG, (1, x.shape[0] * x.shape[1], x.shape[2])
    parts = x.reshape(shape)
    function(in_rows(parts, width), repeated(vector, parts, width), out=in_rows(y.reshape(shape), width))
    return y


def in_rows(x: Array, width: int = _WIDTH) -> Array:
    """(parts, positions, channels) -> (parts, positions / n, n * channels)."""
    parts, positions, channels = x.shape
    n = _positions_of_a_row(positions, channels, width)
    return x if n == 1 else x.reshape(parts, positions // n, n * channels)


def repeated(vector: Array, x: Array, width: int = _WIDTH) -> Array:
    """A vector along the rows of x: (parts, channels) -> (parts, 1, n * channels)."""
    n = _positions_of_a_row(x.shape[1], x.shape[2], width)
    if n == 1:
        return vector[:, np.newaxis]
    rows = np.empty((len(vector), n, vector.shape[1]), vector.dtype)  # np.tile takes three times as long
    rows[...] = vector[:, np.newaxis]
    return rows.reshape(len(vector), 1, n * vector.shape[1])


def fold(sums: Array, x: Array) -> Array:
    """The sums of each channel from those along the rows of x: (parts, n * channels) -> (parts, channels)."""
    parts, positions, channels = x.shape
    return _sums(sums.reshape(parts, _positions_of_a_row(positions, channels, _WIDTH), channels))


def _sums(rows: Array) -> Array:
    """`rows.sum(axis=1)`, as a product with ones: half of the time; not where BLAS would wait for a second core."""
    if rows.shape[1] == 1:
        return rows[:, 0]
    waits = rows.shape[2] >= MANY and rows.shape[1] * rows.shape[2] >= _SHARED
    return _in_blocks(_sum_of_rows if waits else _product_with_ones, rows)


def _in_blocks(reduce: Callable[..., Array], *arrays: Array) -> Array:
    """The sum of `reduce` over blocks of the rows; NumPy adds rows one after the other, and many of them round in float32."""
    count = arrays[0].shape[1]
    if count <= _BLOCK:
        return reduce(*arrays)
    blocks = [reduce(*(array[:, start : start + _BLOCK] for array in arrays)) for start in range(0, count, _BLOCK)]
    return np.asarray(np.sum(blocks, axis=0))


def _sum_of_rows(rows: Array) -> Array:
    return np.asarray(np.add.reduce(rows, axis=1))


def _product_with_ones(rows: Array) -> Array:
    return np.asarray(np.matmul(ones(rows.shape[1], rows.dtype), rows))  # (rows) @ (parts, rows, width) -> (parts, width)


def _sum_of_products(a: Array, b: Array) -> Array:
    return np.asarray(np.einsum("npc,npc->nc", a, b))


@functools.lru_cache(256)
def _positions_of_a_row(positions: int, channels: int, width: int) -> int:
    """The largest divisor of the number of positions for which a row is not too long; 1 where that gains nothing."""
    few = channels < MANY and positions * channels >= LEAST
    most = min(positions // _LEAST_ROWS, width // max(1, channels)) if few else 1
    n = next((n for n in range(most, 1, -1) if positions % n == 0), 1)
    return n if width == _WIDTH or n * channels >= width // 2 else _positions_of_a_row(positions, channels, _WIDTH)

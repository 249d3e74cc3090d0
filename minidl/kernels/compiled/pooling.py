"""Maxima of two-dimensional windows, and their gradient; the inner loop runs over channels."""

import numpy as np

from minidl.config.types import Array
from minidl.kernels import pooling as reference
from minidl.kernels.compiled.compiler import are_plain, compile_loops
from minidl.kernels.geometry import Geometry


def max_pool_rows(x: Array, geometry: Geometry, y: Array) -> None:
    """`pooling.max_pool_rows`; of 2x2 windows, as other windows are as fast in NumPy."""
    if are_2x2(geometry) and geometry.needed <= x.shape[1:3] and are_plain(x, y):
        max_pool_2x2(x, y, *geometry.strides)
    else:
        reference.max_pool_rows(x, geometry, y)


def are_2x2(geometry: Geometry) -> bool:
    """Whether the windows have 2x2 elements and no padding before them."""
    return geometry.kernel == (2, 2) and geometry.before == (0, 0) and geometry.dilation == (1, 1)


@compile_loops
def max_pool_2x2(x: Array, y: Array, down: int, right: int) -> None:
    """Maxima of 2x2 windows, `down` and `right` elements apart."""
    for n in range(len(y)):
        for p in range(y.shape[1]):
            for q in range(y.shape[2]):
                above, below, best = x[n, p * down], x[n, p * down + 1], y[n, p, q]
                a, b, c, d = above[q * right], above[q * right + 1], below[q * right], below[q * right + 1]
                for k in range(best.size):
                    upper = a[k] if (a[k] > b[k]) | (a[k] != a[k]) else b[k]  # NaN stays
                    lower = c[k] if (c[k] > d[k]) | (c[k] != c[k]) else d[k]
                    best[k] = upper if (upper > lower) | (upper != upper) else lower


def max_pool_rows_backward(dy: Array, x: Array, y: Array, dx: Array, geometry: Geometry) -> None:
    """`pooling.max_pool_rows_backward`."""
    if len(geometry.kernel) == 2 and max(geometry.dilation) == 1 and are_plain(dy, x, y, dx):
        pending = np.empty(x.shape[-1], x.dtype)
        _max_pool_backward(dy, x, y, dx, pending, *geometry.kernel, *geometry.strides, *geometry.before)
    else:
        reference.max_pool_rows_backward(dy, x, y, dx, geometry)


@compile_loops
def _max_pool_backward(
    dy: Array,
    x: Array,
    y: Array,
    dx: Array,
    pending: Array,
    high: int,
    wide: int,
    down: int,
    right: int,
    above: int,
    left: int,
) -> None:
    count, height, width, channels = x.shape
    zero, one = pending.dtype.type(0), pending.dtype.type(1)
    dx[:] = zero
    for n in range(count):
        for p in range(y.shape[1]):
            for q in range(y.shape[2]):
                top, start = p * down - above, q * right - left
                pending[:] = one  # 1 until the channel's maximum is found, then 0
                best, given = y[n, p, q], dy[n, p, q]
                for row in range(max(top, 0), min(top + high, height)):
                    for column in range(max(start, 0), min(start + wide, width)):
                        here, gradient = x[n, row, column], dx[n, row, column]
                        for c in range(channels):
                            found = pending[c] if here[c] == best[c] else zero
                            gradient[c] += given[c] * found
                            pending[c] -= found

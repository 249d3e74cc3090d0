"""The gradient of maxima of two-dimensional windows; the inner loop runs over channels. The maxima are faster in NumPy."""

import numpy as np

from minidl.config.types import Array
from minidl.kernels import pooling as reference
from minidl.kernels.compiled.compiler import are_plain, compile_loops
from minidl.kernels.geometry import Geometry


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

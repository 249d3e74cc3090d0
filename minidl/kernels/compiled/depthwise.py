"""Depthwise convolutions over one or two axes; the inner loop runs over all channels of a row of windows, if strides are 1."""

import numpy as np

from minidl.config.types import Array
from minidl.kernels import depthwise as reference
from minidl.kernels.compiled.compiler import are_plain, compile_loops
from minidl.kernels.geometry import Geometry

_RUN = 1 << 11  # elements of an inner loop, unless there are more channels: of each place of a 3x3 kernel, 72 KB of float32


def correlate(x: Array, kernel: Array, geometry: Geometry, y: Array) -> None:
    """`depthwise.correlate`."""
    if len(geometry.kernel) > 2 or not are_plain(x, y) or kernel.dtype != x.dtype:
        reference.correlate(x, kernel, geometry, y)
        return
    weights = np.tile(kernel.reshape(-1, *kernel.shape[-2:]), _windows_of_run(y, geometry))
    _correlate(_rows(x), weights, _rows(y), *_steps(geometry, x.shape[-1]))


@compile_loops
def _correlate(x: Array, weights: Array, y: Array, down: int, right: int, apart: int, aside: int) -> None:
    high, wide, length = weights.shape
    for n in range(len(y)):
        for p in range(y.shape[1]):
            for start in range(0, y.shape[2], length):
                run = y[n, p, start : start + length]
                run[:] = y.dtype.type(0)
                for i in range(high):
                    for j in range(wide):
                        seen, weight = x[n, p * down + i * apart, start * right + j * aside :], weights[i, j]
                        for k in range(run.size):
                            run[k] += seen[k] * weight[k]


def correlate_backward(dy: Array, x: Array, geometry: Geometry) -> Array:
    """`depthwise.correlate_backward`."""
    if len(geometry.kernel) > 2 or not are_plain(dy, x):
        return reference.correlate_backward(dy, x, geometry)
    high, wide = (1, *geometry.kernel)[-2:]
    sums = np.zeros((high, wide, _windows_of_run(dy, geometry) * x.shape[-1]), dy.dtype)
    _correlate_backward(_rows(dy), _rows(x), sums, *_steps(geometry, x.shape[-1]))
    dkernel: Array = sums.reshape(*geometry.kernel, -1, x.shape[-1]).sum(axis=-2)
    return dkernel


@compile_loops
def _correlate_backward(dy: Array, x: Array, sums: Array, down: int, right: int, apart: int, aside: int) -> None:
    high, wide, length = sums.shape
    for n in range(len(dy)):
        for p in range(dy.shape[1]):
            for start in range(0, dy.shape[2], length):
                run = dy[n, p, start : start + length]
                for i in range(high):
                    for j in range(wide):
                        seen, total = x[n, p * down + i * apart, start * right + j * aside :], sums[i, j]
                        for k in range(run.size):
                            total[k] += seen[k] * run[k]


def _rows(array: Array) -> Array:
    """(batch, columns, channels) or (batch, rows, columns, channels) -> (batch, rows, columns * channels)."""
    rows: Array = array.reshape(len(array), (1, *array.shape[1:])[-3], array.shape[-2] * array.shape[-1])
    return rows


def _windows_of_run(y: Array, geometry: Geometry) -> int:
    """Number of windows in an inner loop: with strides, a window's elements are not next to those of the next window."""
    most: int = 1 if geometry.strides[-1] > 1 else min(y.shape[-2], _RUN // y.shape[-1])
    return max(1, most)


def _steps(geometry: Geometry, channels: int) -> tuple[int, int, int, int]:
    """Rows from one window to the next, strides of the columns, rows and elements from one place of the kernel to the next."""
    return geometry.strides[0], geometry.strides[-1], geometry.dilation[0], geometry.dilation[-1] * channels

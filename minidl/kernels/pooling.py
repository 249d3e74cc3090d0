"""Maximum and mean of windows, forward and backward; arrays are (batch, ..., channels).

A window of several axes is pooled along one axis after the other: the maximum of a square is the maximum of its rows' maxima.
That takes `height + width` steps instead of `height * width`, each one operation on strided views of the whole array, and no
window is copied. Padding is never the maximum and does not count in the mean.
"""

import itertools
import math
from collections.abc import Iterator

import numpy as np

from minidl.config.types import Array
from minidl.kernels.geometry import Geometry
from minidl.kernels.im2col import chunks
from minidl.kernels.in_use import in_use
from minidl.kernels.memory import empty
from minidl.kernels.threads import in_parallel

_CHUNK = 1 << 19  # elements at a time, 2 MB of float32

_Position = tuple[
    slice, slice
]  # one position in the windows, along one axis: the outputs that have it inside the input; those inputs
_Positions = Iterator[tuple[tuple[slice, ...], tuple[slice, ...]]]  # the same for all axes


def max_pool(x: Array, geometry: Geometry) -> Array:
    """Maximum of each window: `y[p] = max over k of x[p * strides + k - before]`."""
    y = empty((len(x), *geometry.outputs, x.shape[-1]), x.dtype)

    def pool(rows: slice) -> None:
        in_use[max_pool_rows](x[rows], geometry, y[rows])

    in_parallel(pool, chunks(slice(0, len(x)), math.prod(x.shape[1:]), _CHUNK))
    return y


def max_pool_rows(x: Array, geometry: Geometry, y: Array) -> None:
    """`max_pool` of some rows of the batch, written to y."""
    last = len(geometry.kernel)
    for axis in range(1, last):  # the first axis has the longest contiguous blocks
        x = _reduce(np.maximum, x, geometry, axis)
    _reduce(np.maximum, x, geometry, last, out=y)


def max_pool_backward(dy: Array, x: Array, y: Array, geometry: Geometry) -> Array:
    """`dx[argmax of window p] += dy[p]`; of several maxima the first in row-major order, as in XLA's select-and-scatter."""
    dx = empty(x.shape, dy.dtype)

    def scatter(rows: slice) -> None:
        in_use[max_pool_rows_backward](dy[rows], x[rows], y[rows], dx[rows], geometry)

    in_parallel(scatter, chunks(slice(0, len(x)), math.prod(x.shape[1:]), _CHUNK))
    return dx


def max_pool_rows_backward(dy: Array, x: Array, y: Array, dx: Array, geometry: Geometry) -> None:
    """`max_pool_backward` of some rows of the batch, written to dx."""
    overlap = any(k > stride for k, stride in zip(geometry.kernel, geometry.strides, strict=True))
    dx.fill(0)
    pending = np.ones(y.shape, bool)  # outputs whose maximum is not found yet
    for outputs, inputs in _all_positions(x, geometry):
        found = x[inputs] == y[outputs]
        found &= pending[outputs]
        pending[outputs] ^= found
        if overlap:
            dx[inputs] += dy[outputs] * found
        else:
            np.multiply(dy[outputs], found, out=dx[inputs])


def average_pool(x: Array, geometry: Geometry) -> Array:
    """Mean of each window over its elements inside the input: `y[p] = sum over k of x[p * strides + k - before] / count[p]`."""
    y, sizes = x, x.shape[1:-1]
    for axis in range(1, len(geometry.kernel) + 1):
        y = _reduce(np.add, y, geometry, axis)
    rows = y.reshape(len(y), math.prod(y.shape[1:]))
    rows *= _inverse_counts(sizes, geometry, y)
    return y


def average_pool_backward(dy: Array, x: Array, geometry: Geometry) -> Array:
    """`dx[p * strides + k - before] += dy[p] / count[p]`."""
    dx = (dy.reshape(len(dy), math.prod(dy.shape[1:])) * _inverse_counts(x.shape[1:-1], geometry, dy)).reshape(dy.shape)
    for axis in range(len(geometry.kernel), 0, -1):
        share, size = dx, x.shape[axis]
        dx = np.zeros((*share.shape[:axis], size, *share.shape[axis + 1 :]), dy.dtype)
        ahead = (slice(None),) * axis
        for outputs, inputs in _positions(size, geometry, axis):
            dx[(*ahead, inputs)] += share[(*ahead, outputs)]
    return dx


def _reduce(combine: np.ufunc, x: Array, geometry: Geometry, axis: int, out: Array | None = None) -> Array:
    """Windows along one axis combined position by position, first the two positions that all windows have inside the input."""
    ahead, every = (slice(None),) * axis, slice(0, geometry.outputs[axis - 1])
    positions = _positions(x.shape[axis], geometry, axis)
    first, *second = [inputs for outputs, inputs in positions if outputs == every][:2]
    y = empty((*x.shape[:axis], geometry.outputs[axis - 1], *x.shape[axis + 1 :]), x.dtype) if out is None else out
    if second:
        combine(x[(*ahead, first)], x[(*ahead, *second)], out=y)
    else:
        y[...] = x[(*ahead, first)]
    for outputs, inputs in positions:
        if inputs != first and inputs not in second:
            part = y[(*ahead, outputs)]
            combine(part, x[(*ahead, inputs)], out=part)
    return y


def _positions(size: int, geometry: Geometry, axis: int) -> list[_Position]:
    """The positions of a window along one axis, in order, without those that no window has inside the input.

    Position number `before` is inside the input in every window.
    """
    stride, before, count = geometry.strides[axis - 1], geometry.before[axis - 1], geometry.outputs[axis - 1]
    positions = []
    for shift in range(-before, geometry.kernel[axis - 1] - before):
        first = max(0, -(shift // stride))  # the first window with first * stride + shift >= 0
        last = min(count - 1, (size - 1 - shift) // stride)
        if first <= last:
            start = first * stride + shift
            positions.append((slice(first, last + 1), slice(start, start + (last - first) * stride + 1, stride)))
    return positions


def _all_positions(x: Array, geometry: Geometry) -> _Positions:
    """The positions of a window along all axes, in row-major order."""
    axes = range(1, len(geometry.kernel) + 1)
    for position in itertools.product(*(_positions(x.shape[axis], geometry, axis) for axis in axes)):
        yield (slice(None), *(outputs for outputs, _ in position)), (slice(None), *(inputs for _, inputs in position))


def _inverse_counts(sizes: tuple[int, ...], geometry: Geometry, y: Array) -> Array:
    """`1 / count` of each window for each element of a row of y, in one axis."""
    counts = np.ones(())
    for size, kernel, stride, before, number in zip(
        sizes, geometry.kernel, geometry.strides, geometry.before, geometry.outputs, strict=True
    ):
        starts = np.arange(number) * stride - before
        counts = np.multiply.outer(counts, np.minimum(starts + kernel, size) - np.maximum(starts, 0))
    return np.repeat(np.asarray(1 / counts, y.dtype).ravel(), y.shape[-1])

"""Largest values and means of windows, forward and backward; arrays are (batch, ..., channels).

Forward, a window of several axes is pooled along one axis after the other: the maximum of a square is the maximum of its
rows' maxima. That takes `height + width` steps where the square has `height * width` places, each step one operation on whole
strided views; no window is ever copied out. Padding is never the maximum, and no part of a mean.
"""

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.kernels.geometry import Geometry
from minidl.kernels.im2col import chunks
from minidl.kernels.threads import in_parallel

_Place = tuple[slice, slice]  # of a window, along one axis: the outputs whose window has it in the input; those inputs
_Places = Iterator[tuple[tuple[slice, ...], tuple[slice, ...]]]  # the same, to index whole arrays


def max_pool(x: Array, geometry: Geometry) -> Array:
    """The largest value of each window: `y[p] = max over k of x[p * strides + k - before]`."""
    y = np.empty((len(x), *geometry.outputs, x.shape[-1]), x.dtype)

    def pool(rows: slice) -> None:
        part, last = x[rows], len(geometry.kernel)
        for axis in range(1, last):  # the first axis has the longest stretches of memory
            part = _reduce(np.maximum, part, geometry, axis)
        _reduce(np.maximum, part, geometry, last, out=y[rows])

    in_parallel(pool, chunks(slice(0, len(x)), math.prod(x.shape[1:])))
    return y


def max_pool_backward(dy: Array, x: Array, y: Array, geometry: Geometry) -> Array:
    """`dx`: each output's gradient goes to the place of its window that holds the maximum.

    Where several do, the first of them, row by row, gets it, as in XLA's select-and-scatter.
    """
    dx = np.empty(x.shape, dy.dtype)
    overlap = any(k > stride for k, stride in zip(geometry.kernel, geometry.strides, strict=True))

    def spread(rows: slice) -> None:
        dy_rows, x_rows, y_rows, dx_rows = dy[rows], x[rows], y[rows], dx[rows]
        dx_rows.fill(0)
        waiting = np.ones(y_rows.shape, bool)  # outputs whose place is not found yet
        for outputs, inputs in _all_places(x, geometry):
            found = x_rows[inputs] == y_rows[outputs]
            found &= waiting[outputs]
            waiting[outputs] ^= found
            if overlap:
                dx_rows[inputs] += dy_rows[outputs] * found
            else:
                np.multiply(dy_rows[outputs], found, out=dx_rows[inputs])

    in_parallel(spread, chunks(slice(0, len(x)), math.prod(x.shape[1:])))
    return dx


def average_pool(x: Array, geometry: Geometry) -> Array:
    """The mean of what each window has inside the input."""
    for axis in range(len(geometry.kernel), 0, -1):
        size = x.shape[axis]
        x = _reduce(np.add, x, geometry, axis)
        x *= _shares(size, geometry, axis, x)
    return x


def average_pool_backward(dy: Array, x: Array, geometry: Geometry) -> Array:
    """`dx`: each output's gradient is shared equally by the inputs of its window."""
    for axis in range(1, len(geometry.kernel) + 1):
        size = x.shape[axis]
        share = dy * _shares(size, geometry, axis, dy)
        dy = np.zeros((*dy.shape[:axis], size, *dy.shape[axis + 1 :]), dy.dtype)
        ahead = (slice(None),) * axis
        for outputs, inputs in _places(size, geometry, axis):
            dy[(*ahead, inputs)] += share[(*ahead, outputs)]
    return dy


def _reduce(combine: Any, x: Array, geometry: Geometry, axis: int, out: Array | None = None) -> Array:
    """Windows along one axis, combined place by place; first the two places that every window has inside the input."""
    ahead, every = (slice(None),) * axis, slice(0, geometry.outputs[axis - 1])
    places = _places(x.shape[axis], geometry, axis)
    first, *second = [inputs for outputs, inputs in places if outputs == every][:2]
    y = np.empty((*x.shape[:axis], geometry.outputs[axis - 1], *x.shape[axis + 1 :]), x.dtype) if out is None else out
    if second:
        combine(x[(*ahead, first)], x[(*ahead, *second)], out=y)
    else:
        y[...] = x[(*ahead, first)]
    for outputs, inputs in places:
        if inputs != first and inputs not in second:
            part = y[(*ahead, outputs)]
            combine(part, x[(*ahead, inputs)], out=part)
    return y


def _places(size: int, geometry: Geometry, axis: int) -> list[_Place]:
    """The places of a window along one axis, in order, but for those that no window has inside the input.

    There is always one that every window has, the one of number `before`: with it the last window still starts inside.
    """
    stride, before, count = geometry.strides[axis - 1], geometry.before[axis - 1], geometry.outputs[axis - 1]
    places = []
    for shift in range(-before, geometry.kernel[axis - 1] - before):
        first = max(0, -(shift // stride))  # the first window with first * stride + shift >= 0
        last = min(count - 1, (size - 1 - shift) // stride)
        if first <= last:
            start = first * stride + shift
            places.append((slice(first, last + 1), slice(start, start + (last - first) * stride + 1, stride)))
    return places


def _all_places(x: Array, geometry: Geometry) -> _Places:
    """The places of a window along all axes, row by row."""
    axes = range(1, len(geometry.kernel) + 1)
    for place in itertools.product(*(_places(x.shape[axis], geometry, axis) for axis in axes)):
        yield (slice(None), *(outputs for outputs, _ in place)), (slice(None), *(inputs for _, inputs in place))


def _shares(size: int, geometry: Geometry, axis: int, y: Array) -> Array:
    """One over the number of inputs in each window, shaped to stand along the axis of y."""
    starts = np.arange(geometry.outputs[axis - 1]) * geometry.strides[axis - 1] - geometry.before[axis - 1]
    inside = np.minimum(starts + geometry.kernel[axis - 1], size) - np.maximum(starts, 0)
    return np.asarray(1 / inside, y.dtype).reshape(-1, *(1,) * (y.ndim - axis - 1))

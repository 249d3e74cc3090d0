"""Depthwise convolutions, each channel with its own kernel, forward and backward; arrays are (batch, ..., channels).

Tuning: all channels of a row of windows are one long inner loop, which needs strides of 1. With other strides, every
`strides`-th element of the input meets the same places of the kernel; these elements and places are a convolution with
strides of 1, one phase of several whose sum is y. Some rows of the batch at a time stay in the cache, and threads share them.
"""

import math
from collections.abc import Callable

import numpy as np

from minidl.config.types import Array
from minidl.kernels.geometry import Geometry
from minidl.kernels.im2col import chunks
from minidl.kernels.in_use import in_use
from minidl.kernels.memory import empty
from minidl.kernels.threads import in_parallel

Epilogue = Callable[[Array], object]

_CHUNK = 1 << 18  # elements of the input at a time, 256 KB of float32
_RUN = 1 << 14  # elements of an inner loop, unless there are more channels


def convolve_depthwise(x: Array, kernel: Array, geometry: Geometry, epilogue: Epilogue | None = None) -> Array:
    """Depthwise: `y[p] = sum over k of x[p * strides + k * dilation - before] * kernel[k]`; kernel (..., channels).

    `epilogue` is called with each finished part of y, to change it in place (bias, activation).
    """
    y = empty((len(x), *geometry.outputs, x.shape[-1]), x.dtype)
    phases = geometry.phases()

    def convolve(rows: slice) -> None:
        for number, (elements, places, phase) in enumerate(phases):
            z = y[rows] if number == 0 else np.empty_like(y[rows])
            in_use[correlate](_padded(x[rows][elements], phase), kernel[places], phase.dilation, z)
            if number > 0:
                y[rows] += z
        if epilogue is not None:
            epilogue(y[rows])

    in_parallel(convolve, _pieces(x))
    return y


def convolve_depthwise_backward(
    dy: Array, x: Array, kernel: Array, geometry: Geometry, needs_dx: bool = True
) -> tuple[Array | None, Array]:
    """`(dx, dkernel)` of `convolve_depthwise`.

    In each phase, `dx[q] = sum over k of dy[q + before - k * dilation] * kernel[k]`: a convolution with the flipped kernel.
    """
    dx = empty(x.shape, dy.dtype) if needs_dx else None
    phases, flip = geometry.phases(), (slice(None, None, -1),) * len(geometry.kernel)

    def gradients(rows: slice) -> Array:
        dy_rows, dkernel = np.ascontiguousarray(dy[rows]), np.empty(kernel.shape, dy.dtype)
        if dx is not None and len(phases) < math.prod(geometry.strides):
            dx[rows] = 0  # also the elements that belong to no window
        for elements, places, phase in phases:
            dkernel[places] = in_use[correlate_backward](dy_rows, _padded(x[rows][elements], phase), phase.dilation)
            if dx is not None and (part := dx[rows][elements]).size > 0:
                z = part if part.flags.c_contiguous else np.empty(part.shape, dy.dtype)
                padded = _padded(dy_rows, phase.flipped(part.shape[1:-1]))
                in_use[correlate](padded, kernel[places][flip], phase.dilation, z)
                if z is not part:
                    part[...] = z
        return dkernel

    parts = in_parallel(gradients, _pieces(x))
    return dx, np.sum(parts, axis=0) if parts else np.zeros(kernel.shape, dy.dtype)


def correlate(x: Array, kernel: Array, dilation: tuple[int, ...], y: Array) -> None:
    """`y[p] = sum over k of x[p + k * dilation] * kernel[k]` for each channel, wherever the window lies inside x."""
    rank, channels, sizes, outputs = len(dilation), x.shape[-1], kernel.shape[:-1], y.shape[1:-1]
    y = _rows(y)
    axes = list(range(2 * rank + 1))
    for run in _runs(outputs[-1], channels):
        windows = _windows(x, sizes, outputs, dilation, run)
        weights = np.tile(kernel, windows.shape[-1] // channels)
        # (rows, outer ..., kernel ..., run), (kernel ..., run) -> (rows, outer ..., run)
        np.einsum(windows, axes, weights, axes[rank:], [*axes[:rank], 2 * rank], out=y[..., run], casting="same_kind")


def correlate_backward(dy: Array, x: Array, dilation: tuple[int, ...]) -> Array:
    """`dkernel[k] = sum over p of x[p + k * dilation] * dy[p]` for each channel."""
    rank, channels, outputs, sizes = len(dilation), x.shape[-1], dy.shape[1:-1], kernel_sizes(dy, x, dilation)
    dy_rows, dkernel = _rows(dy), np.zeros((*sizes, channels), dy.dtype)
    axes = list(range(2 * rank + 1))
    for run in _runs(outputs[-1], channels):
        windows = _windows(x, sizes, outputs, dilation, run)
        # (rows, outer ..., kernel ..., run), (rows, outer ..., run) -> (kernel ..., run)
        sums = np.einsum(windows, axes, dy_rows[..., run], [*axes[:rank], 2 * rank], axes[rank:])
        dkernel += sums.reshape(*sizes, -1, channels).sum(axis=-2)
    return dkernel


def kernel_sizes(dy: Array, x: Array, dilation: tuple[int, ...]) -> tuple[int, ...]:
    """Sizes of the kernel by which `correlate` made y of x."""
    return tuple((size - out) // step + 1 for size, out, step in zip(x.shape[1:-1], dy.shape[1:-1], dilation, strict=True))


def _windows(x: Array, sizes: tuple[int, ...], outputs: tuple[int, ...], dilation: tuple[int, ...], run: slice) -> Array:
    """What each place of the kernel meets in a run of windows, `x[p + k * dilation]`: (rows, outer ..., kernel ..., run)."""
    along = x.strides[1:-1]
    shape = (len(x), *outputs[:-1], *sizes, run.stop - run.start)
    inner = (stride * step for stride, step in zip(along, dilation, strict=True))
    return np.ndarray(shape, x.dtype, x, run.start * x.itemsize, (x.strides[0], *along[:-1], *inner, x.itemsize))


def _rows(array: Array) -> Array:
    """All channels of a row in one axis: (rows, outer ..., columns, channels) -> (rows, outer ..., columns * channels)."""
    *outer, columns, channels = array.shape
    return array.reshape(*outer, columns * channels)


def _runs(outputs: int, channels: int) -> list[slice]:
    """The windows of one row, with all their channels, in pieces that stay in the fastest cache."""
    return [slice(part.start * channels, part.stop * channels) for part in chunks(slice(0, outputs), channels, _RUN)]


def _pieces(x: Array) -> list[slice]:
    """Rows of the batch that are computed together."""
    return chunks(slice(0, len(x)), math.prod(x.shape[1:]), _CHUNK)


def _padded(x: Array, geometry: Geometry) -> Array:
    """The elements of x that the windows read, and zeros where there are none."""
    if not any(geometry.before) and x.shape[1:-1] == geometry.needed:
        return np.ascontiguousarray(x)
    padded = np.zeros((len(x), *geometry.needed, x.shape[-1]), x.dtype)
    target, source = [slice(None)], [slice(None)]
    for size, before, needed in zip(x.shape[1:-1], geometry.before, geometry.needed, strict=True):
        first, last = max(before, 0), min(before + size, needed)
        target.append(slice(first, max(first, last)))
        source.append(slice(first - before, max(first, last) - before))
    padded[tuple(target)] = x[tuple(source)]
    return padded

"""Depthwise convolutions, each channel with its own kernel, forward and backward; arrays are (batch, ..., channels).

Tuning: some rows of the batch at a time stay in the cache, and threads share them. `einsum` adds products over views of all
windows. Without strides, its inner loop runs over all channels of adjacent windows; over the few channels of a single window it
takes so long that computing windows which nobody asked for is faster.
"""

import math
from collections.abc import Iterator

import numpy as np

from minidl.config.types import Array
from minidl.kernels.convolution import Epilogue, convolve_rows
from minidl.kernels.geometry import Geometry
from minidl.kernels.im2col import chunks
from minidl.kernels.in_use import in_use
from minidl.kernels.memory import empty
from minidl.kernels.threads import in_parallel

_CHUNK = 1 << 18  # elements of the input at a time, 1 MB of float32
_RUN = 1 << 14  # elements of an inner loop, unless there are more channels
_FEW = 64  # channels times strides, up to which also computing the windows that the strides skip is faster


def convolve_depthwise(x: Array, kernel: Array, geometry: Geometry, epilogue: Epilogue | None = None) -> Array:
    """Depthwise: `y[p] = sum over k of x[p * strides + k * dilation - before] * kernel[k]`; kernel (..., channels).

    `epilogue` is called with each finished part of y, to change it in place (bias, activation).
    """
    y = empty((len(x), *geometry.outputs, x.shape[-1]), x.dtype)
    windows, chosen = _adjacent(geometry, x.shape[-1])

    def convolve(rows: slice) -> None:
        part = y[rows]
        z = part if windows.outputs == geometry.outputs else np.empty((len(part), *windows.outputs, x.shape[-1]), x.dtype)
        in_use[correlate](_padded(x[rows], windows), kernel, windows, z)
        if z is not part:
            part[...] = z[chosen]
        if epilogue is not None:
            epilogue(part)

    in_parallel(convolve, _pieces(x))
    return y


def convolve_depthwise_backward(
    dy: Array, x: Array, kernel: Array, geometry: Geometry, needs_dx: bool = True
) -> tuple[Array | None, Array]:
    """`(dx, dkernel)` of `convolve_depthwise`."""
    dx = empty(x.shape, dy.dtype) if needs_dx else None
    windows, chosen = _adjacent(geometry, x.shape[-1])

    def gradients(rows: slice) -> Array:
        dz = np.ascontiguousarray(dy[rows])
        if windows.outputs != geometry.outputs:
            dz = np.zeros((len(dz), *windows.outputs, x.shape[-1]), dy.dtype)
            dz[chosen] = dy[rows]
        if dx is not None:
            _backward_input(dz, kernel, windows, dx[rows])
        dkernel = in_use[correlate_backward](dz, _padded(x[rows], windows), windows)
        if windows.outputs == geometry.outputs or np.isfinite(dkernel).all():
            return dkernel
        # Zeros of dz times infinity are NaN: without the windows that the strides skip.
        return in_use[correlate_backward](np.ascontiguousarray(dy[rows]), _padded(x[rows], geometry), geometry)

    parts = in_parallel(gradients, _pieces(x))
    return dx, np.sum(parts, axis=0) if parts else np.zeros(kernel.shape, dy.dtype)


def _backward_input(dy: Array, kernel: Array, geometry: Geometry, dx: Array) -> None:
    """`dx[p * strides + k * dilation - before] += dy[p] * kernel[k]`; without strides, dy convolved with the flipped kernel."""
    sizes = dx.shape[1:-1]
    if max(geometry.strides) == 1:
        flipped = geometry.flipped(sizes)
        in_use[correlate](_padded(dy, flipped), kernel[(slice(None, None, -1),) * len(sizes)], flipped, dx)
        return
    ends = [before + size for before, size in zip(geometry.before, sizes, strict=True)]
    padded = np.zeros((len(dy), *map(max, geometry.needed, ends), dx.shape[-1]), dy.dtype)
    product = np.empty_like(dy)
    for k, slices in geometry.offsets():
        padded[(slice(None), *slices)] += np.multiply(dy, kernel[k], out=product)
    dx[...] = padded[(slice(None), *map(slice, geometry.before, ends))]


def correlate(x: Array, kernel: Array, geometry: Geometry, y: Array) -> None:
    """`y[p] = sum over k of x[p * strides + k * dilation] * kernel[k]` for each channel."""
    if x.shape[-1] == 1:  # a convolution to one filter; the inner loop of einsum would run over the kernel's columns
        unpadded = geometry._replace(before=(0,) * len(geometry.before))
        convolve_rows(x, kernel[..., np.newaxis], unpadded, 1, None, None, slice(0, len(x)), y)
        return
    axes = list(range(2 * len(geometry.kernel) + 2))
    p, k, run = axes[: len(axes) // 2], axes[len(axes) // 2 : -1], axes[-1:]
    # (rows, outputs ..., kernel ..., run), (kernel ..., run) -> (rows, outputs ..., run)
    for start, part in _runs(y, geometry):
        weights = np.tile(kernel, part.shape[-1] // x.shape[-1])
        np.einsum(_windows(x, geometry, start, part), axes, weights, k + run, p + run, out=part, casting="same_kind")


def correlate_backward(dy: Array, x: Array, geometry: Geometry) -> Array:
    """`dkernel[k] = sum over p of x[p * strides + k * dilation] * dy[p]` for each channel."""
    axes = list(range(2 * len(geometry.kernel) + 2))
    p, k, run = axes[: len(axes) // 2], axes[len(axes) // 2 : -1], axes[-1:]
    dkernel = np.zeros((*geometry.kernel, x.shape[-1]), dy.dtype)
    # (rows, outputs ..., kernel ..., run), (rows, outputs ..., run) -> (kernel ..., run)
    for start, part in _runs(dy, geometry):
        sums = np.einsum(_windows(x, geometry, start, part), axes, part, p + run, k + run)
        dkernel += sums.reshape(*geometry.kernel, -1, x.shape[-1]).sum(axis=-2)
    return dkernel


def _runs(y: Array, geometry: Geometry) -> Iterator[tuple[int, Array]]:
    """Parts of y with the first window of each: (rows, outputs ..., run), several windows in a run if they are adjacent."""
    *outer, columns, channels = y.shape
    if geometry.strides[-1] > 1:
        yield 0, y
        return
    rows = y.reshape(*outer, 1, columns * channels)
    for part in chunks(slice(0, columns), channels, _RUN):
        yield part.start, rows[..., part.start * channels : part.stop * channels]


def _windows(x: Array, geometry: Geometry, start: int, y: Array) -> Array:
    """What each place of the kernel meets in windows, from `start` on: (rows, outputs ..., kernel ..., run), a view."""
    along = x.strides[1:-1]
    outer = (stride * step for stride, step in zip(along, geometry.strides, strict=True))
    inner = (stride * step for stride, step in zip(along, geometry.dilation, strict=True))
    shape = (*y.shape[:-1], *geometry.kernel, y.shape[-1])
    return np.ndarray(shape, x.dtype, x, start * along[-1], (x.strides[0], *outer, *inner, x.itemsize))


def _adjacent(geometry: Geometry, channels: int) -> tuple[Geometry, tuple[slice, ...]]:
    """The windows to compute, with few channels also those that the strides skip, and the slices of the output windows."""
    if math.prod(geometry.strides) * channels > _FEW:
        return geometry, (slice(None),)
    outputs = tuple((out - 1) * stride + 1 for out, stride in zip(geometry.outputs, geometry.strides, strict=True))
    chosen = (slice(None), *(slice(None, None, stride) for stride in geometry.strides))
    return geometry._replace(strides=(1,) * len(outputs), outputs=outputs), chosen


def _pieces(x: Array) -> list[slice]:
    """Rows of the batch that are computed together."""
    return chunks(slice(0, len(x)), math.prod(x.shape[1:]), _CHUNK)


def _padded(x: Array, geometry: Geometry) -> Array:
    """The elements of x that the windows read, and zeros where there are none."""
    if not any(geometry.before) and x.shape[1:-1] == geometry.needed:
        return np.ascontiguousarray(x)
    padded = np.zeros((len(x), *geometry.needed, x.shape[-1]), x.dtype)
    ends = map(min, geometry.needed, (before + size for before, size in zip(geometry.before, x.shape[1:-1], strict=True)))
    target = tuple(map(slice, geometry.before, ends))
    padded[(slice(None), *target)] = x[(slice(None), *(slice(part.stop - part.start) for part in target))]
    return padded

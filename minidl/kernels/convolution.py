"""Convolutions of any rank, forward and backward side by side; arrays are (batch, ..., channels).

Every function knows the geometry by `Geometry`. Windows are copied side by side into rows (chunk by chunk of the batch, so that
the rows stay in the processor's cache), and one matrix product does the rest.
"""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from minidl.config.types import Array

_CHUNK = 1 << 20  # elements of unfolded windows at a time: 4 MB of float32; larger and smaller were slower


class Geometry(NamedTuple):
    """Where the windows of a convolution lie, axis by axis.

    Attributes:
        kernel: sizes of the kernel.
        strides: steps from one window to the next.
        dilation: steps inside a window.
        before: zeros put before the first element.
        outputs: numbers of windows.
    """

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    before: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def needed(self) -> tuple[int, ...]:
        """How far the windows reach, zeros before the first element included."""
        return tuple(
            (out - 1) * stride + (size - 1) * dilation + 1
            for size, stride, dilation, out in zip(self.kernel, self.strides, self.dilation, self.outputs, strict=True)
        )

    def offsets(self) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
        """Every place in the kernel, with the slices of the padded input that meet it in all windows."""
        for place in itertools.product(*map(range, self.kernel)):
            starts = [at * dilation for at, dilation in zip(place, self.dilation, strict=True)]
            yield (
                place,
                tuple(
                    slice(start, start + (out - 1) * stride + 1, stride)
                    for start, out, stride in zip(starts, self.outputs, self.strides, strict=True)
                ),
            )


def window_geometry(
    sizes: tuple[int, ...], kernel: tuple[int, ...], strides: tuple[int, ...], padding: str, dilation: tuple[int, ...]
) -> Geometry:
    """The geometry over inputs of these sizes: "valid", "same" (as many windows as strides fit) or "causal"."""
    before, outputs = [], []
    for size, k, stride, step in zip(sizes, kernel, strides, dilation, strict=True):
        reach = (k - 1) * step + 1
        if padding == "same":
            out = -(-size // stride)
            before.append(max((out - 1) * stride + reach - size, 0) // 2)
        else:
            before.append(reach - 1 if padding == "causal" else 0)
            out = (size + before[-1] - reach) // stride + 1
        outputs.append(out)
    return Geometry(kernel, strides, dilation, tuple(before), tuple(outputs))


def convolve(x: Array, kernel: Array, geometry: Geometry, groups: int = 1) -> Array:
    """`y[p] = sum over k of x[p * strides + k * dilation - before] @ kernel[k]`.

    Args:
        x: (batch, ..., channels).
        kernel: (..., channels / groups, filters).
        geometry: where the windows lie.
        groups: parts of the channels that are convolved apart, each to its share of the filters.
    Returns:
        y, (batch, outputs ..., filters).
    """
    filters = kernel.shape[-1]
    y = np.empty((len(x), *geometry.outputs, filters), x.dtype)
    for channels, made in _groups(x.shape[-1], filters, groups):
        weights = np.ascontiguousarray(kernel[..., made]).reshape(-1, filters // groups)
        for rows, columns in _unfolded(x[..., channels], geometry):
            y[rows][..., made] = (columns @ weights).reshape(-1, *geometry.outputs, filters // groups)
    return y


def convolve_backward_kernel(dy: Array, x: Array, geometry: Geometry, groups: int = 1) -> Array:
    """The kernel's gradient: the windows' transpose times dy, (..., channels / groups, filters)."""
    channels, filters = x.shape[-1], dy.shape[-1]
    gradient = np.zeros((*geometry.kernel, channels // groups, filters), dy.dtype)
    for taken, made in _groups(channels, filters, groups):
        part = np.zeros((gradient[..., made].size // (filters // groups), filters // groups), dy.dtype)
        for rows, columns in _unfolded(x[..., taken], geometry):
            part += columns.T @ dy[rows][..., made].reshape(len(columns), -1)
        gradient[..., made] = part.reshape(*geometry.kernel, channels // groups, filters // groups)
    return gradient


def convolve_backward_input(dy: Array, kernel: Array, sizes: tuple[int, ...], geometry: Geometry, groups: int = 1) -> Array:
    """The gradient of an input of these sizes: dy spread over the windows; also what a transposed convolution computes."""
    filters = kernel.shape[-1]
    channels = kernel.shape[-2] * groups
    needed = [max(need, b + size) for need, b, size in zip(geometry.needed, geometry.before, sizes, strict=True)]
    dx = np.zeros((len(dy), *needed, channels), dy.dtype)
    for taken, made in _groups(channels, filters, groups):
        weights = kernel[..., made].reshape(-1, filters // groups).T  # (filters, kernel * channels)
        step = max(1, _CHUNK // (weights.shape[1] * int(np.prod(geometry.outputs))))
        for start in range(0, len(dy), step):
            rows = slice(start, start + step)
            columns = dy[rows][..., made].reshape(-1, filters // groups) @ weights
            columns = columns.reshape(-1, *geometry.outputs, *geometry.kernel, channels // groups)
            for place, slices in geometry.offsets():
                everywhere = (slice(None),) * (1 + len(sizes))
                target = dx[rows][(slice(None), *slices, taken)]
                target += columns[everywhere + place]
    inside = tuple(slice(b, b + size) for b, size in zip(geometry.before, sizes, strict=True))
    return dx[(slice(None), *inside)]


def convolve_depthwise(x: Array, kernel: Array, geometry: Geometry) -> Array:
    """Each channel apart: `y[p] = sum over k of x[p * strides + k * dilation - before] * kernel[k]`; kernel (..., channels)."""
    padded = _padded(x, geometry)
    y = np.zeros((len(x), *geometry.outputs, x.shape[-1]), x.dtype)
    product = np.empty_like(y)
    for place, slices in geometry.offsets():
        y += np.multiply(padded[(slice(None), *slices)], kernel[place], out=product)
    return y


def convolve_depthwise_backward(
    dy: Array, x: Array, kernel: Array, geometry: Geometry, needs_dx: bool = True
) -> tuple[Array | None, Array]:
    """`(dx, dkernel)` of `convolve_depthwise`."""
    padded, gradient = _padded(x, geometry), np.empty(kernel.shape, dy.dtype)
    sizes = x.shape[1:-1]
    dx = np.zeros(padded.shape, dy.dtype) if needs_dx else None
    product = np.empty_like(dy)
    for place, slices in geometry.offsets():
        seen = (slice(None), *slices)
        gradient[place] = np.multiply(dy, padded[seen], out=product).reshape(-1, dy.shape[-1]).sum(axis=0)
        if dx is not None:
            dx[seen] += np.multiply(dy, kernel[place], out=product)
    if dx is None:
        return None, gradient
    part = dx[(slice(None), *(slice(b, b + size) for b, size in zip(geometry.before, sizes, strict=True)))]
    if part.shape == x.shape:
        return part, gradient
    whole = np.zeros(x.shape, dy.dtype)
    whole[tuple(slice(0, size) for size in part.shape)] = part  # the last elements were in no window
    return whole, gradient


def _groups(channels: int, filters: int, groups: int) -> Iterator[tuple[slice, slice]]:
    """The channels that each group takes, and the filters it makes."""
    take, make = channels // groups, filters // groups
    for group in range(groups):
        yield slice(group * take, (group + 1) * take), slice(group * make, (group + 1) * make)


def _padded(x: Array, geometry: Geometry) -> Array:
    """X with zeros round it, exactly as far as the windows reach."""
    sizes = x.shape[1:-1]
    after = [need - b - size for need, b, size in zip(geometry.needed, geometry.before, sizes, strict=True)]
    if any(geometry.before) or any(a > 0 for a in after):
        x = np.pad(x, [(0, 0), *((b, max(a, 0)) for b, a in zip(geometry.before, after, strict=True)), (0, 0)])
    return x[(slice(None), *(slice(need) for need in geometry.needed))]


def _unfolded(x: Array, geometry: Geometry) -> Iterator[tuple[slice, Array]]:
    """Chunks of the batch: which rows, and their windows side by side, (rows * outputs, kernel * channels)."""
    x = _padded(x, geometry)
    channels, row = x.shape[-1], x.strides[1:-1]
    width = int(np.prod(geometry.kernel)) * channels
    step = max(1, _CHUNK // (width * int(np.prod(geometry.outputs))))
    between = [stride * size for stride, size in zip(row, geometry.strides, strict=True)]
    inside = [stride * size for stride, size in zip(row, geometry.dilation, strict=True)]
    shape, strides = (*geometry.outputs, *geometry.kernel, channels), (*between, *inside, x.strides[-1])
    if inside[-1] == channels * x.strides[-1]:  # neighbours in a window are neighbours in memory: copied in longer stretches
        shape, strides = (*shape[:-2], shape[-2] * channels), (*strides[:-2], x.strides[-1])
    for start in range(0, len(x), step):
        some = x[start : start + step]
        windows = np.lib.stride_tricks.as_strided(some, (len(some), *shape), (x.strides[0], *strides), writeable=False)
        yield slice(start, start + step), windows.reshape(-1, width)

"""Windows side by side in rows, so that one matrix product convolves them; chunk by chunk, so that they stay in the cache.

At most one chunk per thread is unfolded at a time; the backward pass unfolds again, which takes a tenth of the product's time.
"""

import math
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from minidl.config.types import Array
from minidl.kernels.geometry import Geometry
from minidl.kernels.threads import threads

_CHUNK = 1 << 18  # numbers at a time, 1 MB of float32: half and four times as many were as fast
_WORTH = 1 << 23  # multiplications that are worth a second thread: they take about 0.2 ms
_SHORT = 32  # numbers side by side in memory that are copied faster the other way, across the windows


class Rows(Protocol):
    """An array, or what makes arrays of its rows when they are asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole."""

    @property
    def dtype(self) -> np.dtype:
        """Of the whole."""

    def __getitem__(self, rows: slice) -> Array:
        """Some rows."""


def parts_for_threads(count: int, work: int) -> list[slice]:
    """So many rows in a part for each thread, or in one part where so many multiplications are too few to share."""
    parts = max(1, min(threads(), count)) if work >= _WORTH else 1
    return [slice(count * part // parts, count * (part + 1) // parts) for part in range(parts)]


def chunks(rows: slice, numbers: int) -> list[slice]:
    """Some rows, cut so that a chunk, of so many numbers a row, stays in the cache."""
    step = max(1, _CHUNK // max(1, numbers))
    return [slice(start, min(start + step, rows.stop)) for start in range(rows.start, rows.stop, step)]


def im2col(x: Rows, geometry: Geometry, rows: slice, channels: slice, filters: int) -> Iterator[tuple[slice, Array]]:
    """Chunks of some rows of a batch with their windows side by side.

    Args:
        x: (batch, ..., channels).
        geometry: where the windows lie.
        rows, channels: the part of x that is wanted.
        filters: numbers a window that the caller has beside, in the same cache.
    Yields:
        Which rows; their windows, (rows * outputs, kernel * channels), which the next chunk overwrites.
    """
    depth = channels.stop - channels.start
    width, outputs = math.prod(geometry.kernel) * depth, math.prod(geometry.outputs)
    several = chunks(rows, outputs * (width + filters))
    most = several[0].stop - several[0].start if several else 0
    padded: Array | None = None
    columns = np.empty(most * outputs * width, x.dtype)
    for some in several:
        part = x[some][..., channels]
        short = any(size < need for size, need in zip(part.shape[1:-1], geometry.needed, strict=True))
        if short or any(geometry.before) or not part.flags.c_contiguous:
            padded = np.zeros((most, *geometry.needed, depth), x.dtype) if padded is None else padded
            part = _pad(part, geometry, padded[: len(part)])
        yield some, _side_by_side(part, geometry, columns[: len(part) * outputs * width])


def _pad(x: Array, geometry: Geometry, padded: Array) -> Array:
    """X inside of zeros that reach as far as the windows do; beyond them it is cut off."""
    source, target = [slice(None)], [slice(None)]
    for size, before, needed in zip(x.shape[1:-1], geometry.before, geometry.needed, strict=True):
        target.append(slice(before, min(before + size, needed)))
        source.append(slice(0, target[-1].stop - before))
    padded[tuple(target)] = x[tuple(source)]
    return padded


def _side_by_side(x: Array, geometry: Geometry, columns: Array) -> Array:
    """All windows of x as rows of a matrix, copied into `columns`; windows of one element are there already."""
    depth, along = x.shape[-1], x.strides[1:-1]
    width = math.prod(geometry.kernel) * depth
    if width == depth and x.shape[1:-1] == geometry.outputs:
        return x.reshape(-1, depth)
    outer = (x.strides[0], *(stride * size for stride, size in zip(along, geometry.strides, strict=True)))
    inner = (*(stride * size for stride, size in zip(along, geometry.dilation, strict=True)), x.strides[-1])
    shape = (len(x), *geometry.outputs, *geometry.kernel, depth)
    stretch = depth * geometry.kernel[-1] if geometry.dilation[-1] == 1 else depth
    if stretch < _SHORT:  # the matrix then lies there transposed
        across, shape = (*inner, *outer), (*shape[len(outer) :], *shape[: len(outer)])
        np.copyto(columns.reshape(shape), np.ndarray(shape, x.dtype, x, 0, across))
        return columns.reshape(width, -1).T
    if stretch > depth:  # neighbours in a window lie side by side: copied together
        shape, inner = (*shape[:-2], stretch), (*inner[:-2], x.strides[-1])
    np.copyto(columns.reshape(shape), np.ndarray(shape, x.dtype, x, 0, (*outer, *inner)))
    return columns.reshape(-1, width)

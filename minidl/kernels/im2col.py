"""im2col: the windows of an array as rows of a matrix, so that one matrix product convolves them; chunk by chunk.

At most one chunk per thread exists at a time, so that it stays in the cache; the backward pass computes it again, which takes
a tenth of the product's time.
"""

import math
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from minidl.config.types import Array
from minidl.kernels.geometry import Geometry
from minidl.kernels.memory import empty
from minidl.kernels.threads import threads

_CHUNK = 1 << 20  # elements at a time, 4 MB of float32; with fewer, threads wait for Python's lock, with more for memory
_PARALLEL_FROM = 1 << 23  # multiplications, about 0.2 ms, from which a second thread is faster
_SHORT = 16  # adjacent elements, below which copying across the windows is faster


class Rows(Protocol):
    """An array, or an object that computes its rows on indexing."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of all rows."""

    @property
    def dtype(self) -> np.dtype:
        """Data type of all rows."""

    def __getitem__(self, rows: slice) -> Array:
        """Some rows."""


def parts_for_threads(count: int, work: int) -> list[slice]:
    """`count` rows split into one part per thread; one part if `work`, a number of multiplications, is too small."""
    parts = max(1, min(threads(), count)) if work >= _PARALLEL_FROM else 1
    return [slice(count * part // parts, count * (part + 1) // parts) for part in range(parts)]


def chunks(rows: slice, elements: int, chunk: int = _CHUNK) -> list[slice]:
    """The rows split into chunks that stay in the cache, about equally long, given the number of elements of a row."""
    length, most = rows.stop - rows.start, max(1, chunk // max(1, elements))
    count = max(1, -(-length // most))
    step = max(1, -(-length // count))
    return [slice(start, min(start + step, rows.stop)) for start in range(rows.start, rows.stop, step)]


def im2col(
    x: Rows, geometry: Geometry, rows: slice, groups: int, filters: int, chunk: int = _CHUNK
) -> Iterator[tuple[slice, Array]]:
    """Chunks of some rows of a batch, each with its windows as rows of a matrix for each group of channels.

    Args:
        x: (batch, ..., channels).
        geometry: where the windows lie.
        rows: the part of the batch to read.
        groups: number of groups of channels.
        filters: elements per window that the caller keeps in the same cache.
        chunk: elements at a time.
    Yields:
        The rows of the chunk; their windows, (groups, rows * outputs, kernel * channels / groups), which the next chunk
        overwrites.
    """
    depth = x.shape[-1] // groups
    width, outputs = math.prod(geometry.kernel) * depth, math.prod(geometry.outputs)
    several = chunks(rows, outputs * (groups * width + filters), chunk)
    most = several[0].stop - several[0].start if several else 0
    padded: Array | None = None
    columns = empty((groups * most * outputs * width,), x.dtype)
    groups_first = (len(x.shape) - 1, *range(len(x.shape) - 1), len(x.shape))
    for some in several:
        part = x[some]
        count = len(part)
        part = part.reshape(*part.shape[:-1], groups, depth).transpose(groups_first)  # (groups, rows, ..., channels / groups)
        short = any(size < need for size, need in zip(part.shape[2:-1], geometry.needed, strict=True))
        if short or any(geometry.before) or not part.flags.c_contiguous:
            if padded is None or padded.shape[1] != count:
                padded = np.zeros((groups, count, *geometry.needed, depth), x.dtype)
            part = _pad(part, geometry, padded)
        part = part.reshape(groups * count, *part.shape[2:])
        yield some, _as_matrix(part, geometry, columns[: len(part) * outputs * width]).reshape(groups, -1, width)


def _pad(x: Array, geometry: Geometry, padded: Array) -> Array:
    """`x`, (groups, rows, ..., channels), surrounded by zeros as far as the windows reach, and cut off beyond them."""
    source, target = [slice(None)] * 2, [slice(None)] * 2
    for size, before, needed in zip(x.shape[2:-1], geometry.before, geometry.needed, strict=True):
        target.append(slice(before, min(before + size, needed)))
        source.append(slice(0, target[-1].stop - before))
    padded[tuple(target)] = x[tuple(source)]
    return padded


def _as_matrix(x: Array, geometry: Geometry, columns: Array) -> Array:
    """All windows of x as rows of a matrix, copied into `columns`; x itself where a window is one element."""
    depth, along = x.shape[-1], x.strides[1:-1]
    width = math.prod(geometry.kernel) * depth
    if width == depth and x.shape[1:-1] == geometry.outputs:
        return x.reshape(-1, depth)
    outer = (x.strides[0], *(stride * size for stride, size in zip(along, geometry.strides, strict=True)))
    inner = (*(stride * size for stride, size in zip(along, geometry.dilation, strict=True)), x.strides[-1])
    shape = (len(x), *geometry.outputs, *geometry.kernel, depth)
    stretch = depth * geometry.kernel[-1] if geometry.dilation[-1] == 1 else depth
    if stretch < _SHORT:  # the matrix is then stored transposed
        across, shape = (*inner, *outer), (*shape[len(outer) :], *shape[: len(outer)])
        np.copyto(columns.reshape(shape), np.ndarray(shape, x.dtype, x, 0, across))
        return columns.reshape(width, -1).T
    if stretch > depth:  # neighbors in a window are adjacent in memory: copied together
        shape, inner = (*shape[:-2], stretch), (*inner[:-2], x.strides[-1])
    np.copyto(columns.reshape(shape), np.ndarray(shape, x.dtype, x, 0, (*outer, *inner)))
    return columns.reshape(-1, width)

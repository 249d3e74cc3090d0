"""Reductions of segments: all rows of the data that have one number in `segment_ids`."""

import numpy as np

from minidl.autodiff import operation
from minidl.config.types import Array

__all__ = ["segment_max", "segment_min", "segment_prod", "segment_sum"]


def _reduced(combine: np.ufunc, start: float, data: Array, segment_ids: Array, num_segments: int | None) -> Array:
    """Rows combined into one for each segment; ids out of range are left out, an empty segment keeps the start value."""
    ids = np.asarray(segment_ids, np.intp)
    count = int(ids.max(initial=-1)) + 1 if num_segments is None else num_segments
    y = np.full((count, *np.shape(data)[1:]), start, data.dtype)
    rows = np.flatnonzero((ids >= 0) & (ids < count))
    if data.ndim == 1:
        combine.at(y, ids[rows], data[rows])
    elif rows.size:  # `at` takes five times as long for rows of several elements
        rows = rows[np.argsort(ids[rows], kind="stable")]  # sorted, so that those of a segment are adjacent
        starts = np.flatnonzero(np.diff(ids[rows], prepend=-1))
        y[ids[rows[starts]]] = combine.reduceat(data[rows], starts, axis=0, dtype=y.dtype)
    return y


def _spread(y: Array, segment_ids: Array) -> Array:
    """Each row's value of its segment; 0 for rows that belong to none."""
    ids = np.asarray(segment_ids, np.intp)
    inside = (ids >= 0) & (ids < len(y))
    rows = np.zeros((len(ids), *y.shape[1:]), y.dtype)
    rows[inside] = y[ids[inside]]
    return rows


@operation(lambda dy, y, data, segment_ids, num_segments, sorted: _spread(dy, segment_ids), None)
def segment_sum(data: Array, segment_ids: Array, num_segments: int | None = None, sorted: bool = False) -> Array:
    """Sum of each segment; `sorted` is ignored.

    Example:
        >>> segment_sum(np.array([1, 2, 3]), [0, 0, 1])
        array([3, 3])
    """
    return _reduced(np.add, 0, data, segment_ids, num_segments)


@operation(lambda dy, y, data, segment_ids, num_segments, sorted: _spread(dy * y, segment_ids) / data, None)
def segment_prod(data: Array, segment_ids: Array, num_segments: int | None = None, sorted: bool = False) -> Array:
    """Product of each segment, 1 for an empty one. Its gradient requires nonzero elements.

    Example:
        >>> segment_prod(np.array([2, 3, 4]), [0, 0, 1])
        array([6, 4])
    """
    return _reduced(np.multiply, 1, data, segment_ids, num_segments)


def _to_the_chosen(dy: Array, y: Array, data: Array, segment_ids: Array, num_segments: int | None, sorted: bool) -> Array:
    chosen = (data == _spread(y, segment_ids)).astype(dy.dtype)
    count = _reduced(np.add, 0, chosen, segment_ids, len(y))
    return np.asarray(chosen * _spread(dy / np.maximum(count, 1), segment_ids))


@operation(_to_the_chosen, None)
def segment_max(data: Array, segment_ids: Array, num_segments: int | None = None, sorted: bool = False) -> Array:
    """Maximum of each segment, the lowest number for an empty one; ties share the gradient equally, as in JAX.

    Example:
        >>> segment_max(np.array([1, 2, 3]), [0, 0, 1])
        array([2, 3])
    """
    return _reduced(np.maximum, _limit(data, True), data, segment_ids, num_segments)


@operation(_to_the_chosen, None)
def segment_min(data: Array, segment_ids: Array, num_segments: int | None = None, sorted: bool = False) -> Array:
    """Minimum of each segment, the highest number for an empty one; ties share the gradient equally, as in JAX.

    Example:
        >>> segment_min(np.array([1, 2, 3]), [0, 0, 1])
        array([1, 3])
    """
    return _reduced(np.minimum, _limit(data, False), data, segment_ids, num_segments)


def _limit(data: Array, lowest: bool) -> float:
    if data.dtype.kind == "f":
        return -np.inf if lowest else np.inf
    limits = np.iinfo(data.dtype)
    return limits.min if lowest else limits.max

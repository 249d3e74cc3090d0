"""Elements of tensors by their indices: take, sort, `x[key]`, diagonals and triangles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minidl.autodiff import operation
from minidl.autodiff.tensor import TensorLike
from minidl.config.types import Array
from minidl.kernels.add_rows import add_rows
from minidl.kernels.in_use import in_use
from minidl.kernels.memory import empty

__all__ = ["diagonal", "get_item", "sort", "take", "take_along_axis", "tril", "triu"]


@operation(lambda dy, y, x, indices, axis: take_backward(dy, x, np.asarray(indices, dtype=np.intp), axis), None, numpy=np.take)
def take(x: Array, indices: TensorLike, axis: int | None = None) -> Array:
    """Take elements along an axis, or of the flattened tensor.

    Example:
        >>> take([10, 20, 30], [2, 0])
        array([30, 10])
    """
    return np.take(x, np.asarray(indices, dtype=np.intp), axis)


def take_backward(dy: Array, x: Array, indices: Array, axis: int | None) -> Array:
    if axis is None:
        dx = np.zeros_like(x)
        np.add.at(dx.reshape(-1), indices, dy)
        return dx
    axis %= x.ndim
    count, others = x.shape[axis], (*x.shape[:axis], *x.shape[axis + 1 :])
    positions = list(range(axis, axis + indices.ndim))
    rows = np.moveaxis(dy, positions, list(range(indices.ndim))).reshape(indices.size, math.prod(others))
    dx = empty((count, rows.shape[1]), x.dtype)
    dx[...] = 0
    in_use[add_rows](dx, indices.reshape(-1) % count, np.ascontiguousarray(rows, x.dtype))
    return np.moveaxis(dx.reshape(count, *others), 0, axis)


@operation(
    lambda dy, y, x, indices, axis: _take_along_backward(dy, x, np.asarray(indices, dtype=np.intp), axis),
    None,
    numpy=np.take_along_axis,
)
def take_along_axis(x: Array, indices: Array, axis: int | None = None) -> Array:
    """Take elements along an axis with different indices for each row.

    Example:
        >>> take_along_axis([[1, 2], [3, 4]], [[1], [0]], axis=1)
        array([[2],
               [3]])
    """
    return np.take_along_axis(x, np.asarray(indices, dtype=np.intp), axis)


def _take_along_backward(dy: Array, x: Array, indices: Array, axis: int | None) -> Array:
    if axis is None:
        return _take_along_backward(dy, x.reshape(-1), indices, 0).reshape(x.shape)
    dx = np.zeros_like(x)
    positions: list[Array] = list(np.indices(indices.shape, sparse=True))
    positions[axis] = indices
    np.add.at(dx, tuple(positions), dy)
    return dx


@operation(lambda dy, y, x, axis: _take_along_backward(dy, x, np.argsort(x, axis), axis), numpy=np.sort)
def sort(x: Array, axis: int = -1) -> Array:
    """Sort along an axis, smallest first.

    Example:
        >>> sort([3, 1, 2])
        array([1, 2, 3])
    """
    return np.sort(x, axis)


@operation(lambda dy, y, x, key: _get_item_backward(dy, x, tuple(key)))
def get_item_(x: Array, key: Sequence[Any]) -> Array:
    """`x[key]` for a key given as a tuple or list of its parts."""
    y: Array = np.asarray(x)[tuple(key)]
    return y


def get_item(x: TensorLike, key: object) -> Array:
    """`x[key]`: integers, slices, `None`, `...`, or arrays of indices.

    Example:
        >>> get_item(np.arange(6), slice(1, None, 2))
        array([1, 3, 5])
    """
    return get_item_(x, key=key if isinstance(key, tuple) else (key,))


def _get_item_backward(dy: Array, x: Array, key: tuple[Any, ...]) -> Array:
    dx = np.zeros_like(x)
    if any(isinstance(part, (list, tuple, np.ndarray)) for part in key):
        np.add.at(dx, key, dy)  # an index may occur twice
    else:
        dx[key] = dy
    return dx


@operation(lambda dy, y, x, offset, axis1, axis2: _diagonal_backward(dy, x, offset, axis1, axis2), numpy=np.diagonal)
def diagonal(x: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """The diagonals of two axes, as a new last axis.

    Example:
        >>> diagonal([[1, 2], [3, 4]])
        array([1, 4])
    """
    return np.diagonal(x, offset, axis1, axis2)


def _diagonal_backward(dy: Array, x: Array, offset: int, axis1: int, axis2: int) -> Array:
    dx = np.zeros_like(x)
    length = dy.shape[-1]
    rows = np.arange(length) + max(-offset, 0)
    columns = np.arange(length) + max(offset, 0)
    np.moveaxis(dx, (axis1, axis2), (-2, -1))[..., rows, columns] = dy
    return dx


@operation(lambda dy, y, x, k: np.tril(dy, k), numpy=np.tril)
def tril(x: Array, k: int = 0) -> Array:
    """The lower triangle; zeros above the diagonal `k`.

    Example:
        >>> tril([[1, 2], [3, 4]])
        array([[1, 0],
               [3, 4]])
    """
    return np.tril(x, k)


@operation(lambda dy, y, x, k: np.triu(dy, k), numpy=np.triu)
def triu(x: Array, k: int = 0) -> Array:
    """The upper triangle; zeros below the diagonal `k`.

    Example:
        >>> triu([[1, 2], [3, 4]])
        array([[1, 2],
               [0, 4]])
    """
    return np.triu(x, k)

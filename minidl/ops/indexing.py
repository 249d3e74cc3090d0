"""Read and write parts of tensors: slices, scattered elements, the largest k, windows of a sequence, choices."""

from __future__ import annotations

import builtins
from collections.abc import Sequence

import numpy as np

from minidl.autodiff import composed, operation
from minidl.autodiff.tensor import TensorLike
from minidl.config.types import Array, MaybeNone, Shape, Tensors
from minidl.ops.arithmetic import where
from minidl.ops.elements import take
from minidl.ops.shapes import shape

__all__ = ["extract_sequences", "scatter", "scatter_update", "select", "slice", "slice_update", "top_k"]


def _places(indices: Array) -> tuple[Array, ...]:
    """The index of `x[...]` for rows of indices (..., axes)."""
    return tuple(np.moveaxis(np.asarray(indices, np.intp), -1, 0))


@operation(None, lambda dy, y, indices, values, shape: dy[_places(indices)])
def scatter(indices: Array, values: Array, shape: Sequence[int | MaybeNone]) -> Array:
    """Zeros of a shape with values added at rows of indices, (count, axes).

    Example:
        >>> scatter([[0], [2], [2]], [1, 2, 3], (4,))
        array([1, 0, 5, 0])
    """
    y = np.zeros(tuple(shape), np.asarray(values).dtype)
    np.add.at(y, _places(indices), values)
    return y


_REDUCTIONS = {"add": np.add, "max": np.maximum, "min": np.minimum, "mul": np.multiply}


@operation(
    lambda dy, y, inputs, indices, updates, reduction: _kept_gradient(dy, y, inputs, indices, updates, reduction),
    None,
    lambda dy, y, inputs, indices, updates, reduction: _update_gradient(dy, y, inputs, indices, updates, reduction),
)
def scatter_update(inputs: Array, indices: Array, updates: Array, reduction: str | None = None) -> Array:
    """`inputs` with updates at rows of indices: replaced, or combined by "add", "max", "min" or "mul".

    Example:
        >>> scatter_update([1, 1, 1], [[0], [2]], [5, 7])
        array([5, 1, 7])
    """
    y = np.array(inputs)
    if reduction is None:
        y[_places(indices)] = updates
    elif reduction in _REDUCTIONS:
        _REDUCTIONS[reduction].at(y, _places(indices), np.asarray(updates, y.dtype))
    else:
        raise ValueError(f"scatter_update expects reduction to be None or one of {list(_REDUCTIONS)}, got {reduction!r}")
    return y


def _kept_gradient(dy: Array, y: Array, inputs: Array, indices: Array, updates: Array, reduction: str | None) -> Array:
    places, dx = _places(indices), dy.copy()
    if reduction is None:
        dx[places] = 0
    elif reduction == "mul":
        np.multiply.at(dx, places, np.asarray(updates, dy.dtype))
    elif reduction != "add":
        dx[places] = _shares(dy, y, inputs, indices, updates) * (inputs == y)[places]
    return dx


def _update_gradient(dy: Array, y: Array, inputs: Array, indices: Array, updates: Array, reduction: str | None) -> Array:
    places = _places(indices)
    if reduction is None:  # of several updates of one element the last is kept
        writer = np.full(y.shape, -1)
        numbers = np.arange(np.size(updates)).reshape(np.shape(updates))
        writer[places] = numbers
        return np.asarray(dy[places] * (writer[places] == numbers))
    if reduction == "add":
        return dy[places]
    if reduction == "mul":
        return dy[places] * _other_factors(inputs, indices, updates)
    shares: Array = _shares(dy, y, inputs, indices, updates) * (np.asarray(updates) == y[places])
    return shares


def _shares(dy: Array, y: Array, inputs: Array, indices: Array, updates: Array) -> Array:
    """The gradient of each element divided by the number of values that are equal to its maximum or minimum."""
    places = _places(indices)
    count = (inputs == y).astype(dy.dtype)
    np.add.at(count, places, (np.asarray(updates) == y[places]).astype(dy.dtype))
    shares: Array = (dy / np.maximum(count, 1))[places]
    return shares


def _other_factors(inputs: Array, indices: Array, updates: Array) -> Array:
    """For each update the product of the input and of the other updates of its element."""
    places, flat = _places(indices), np.asarray(updates)
    product, rows = np.empty_like(flat, inputs.dtype), flat.reshape(len(places[0].ravel()), -1)
    for n in range(len(rows)):
        others = np.array(inputs)
        chosen = np.arange(len(rows)) != n
        some = tuple(place.ravel()[chosen] for place in places)
        np.multiply.at(others, some, rows[chosen].reshape(others[some].shape))
        product.reshape(len(rows), -1)[n] = others[tuple(place.ravel()[n] for place in places)].ravel()
    return product


def _box(sizes: tuple[int, ...], start_indices: object, shape: Sequence[int | MaybeNone]) -> tuple[builtins.slice, ...]:
    """The slices of a box that is moved inside the tensor if it would end beyond it, as in JAX."""
    starts = [int(start) for start in np.ravel(np.asarray(start_indices))]
    lengths = [size - start if length == -1 else length for size, start, length in zip(sizes, starts, shape, strict=True)]
    inside = [min(max(start, 0), size - length) for start, size, length in zip(starts, sizes, lengths, strict=True)]
    return tuple(builtins.slice(start, start + length) for start, length in zip(inside, lengths, strict=True))


@operation(lambda dy, y, inputs, start_indices, shape: _slice_backward(dy, inputs, start_indices, shape))
def slice_(inputs: Array, start_indices: object, shape: Shape) -> Array:
    """A box of that shape, from `start_indices` on; a size of -1 is the rest of the axis.

    Example:
        >>> slice([[1, 2, 3], [4, 5, 6]], (0, 1), (2, -1))
        array([[2, 3],
               [5, 6]])
    """
    return np.asarray(inputs)[_box(np.shape(inputs), start_indices, shape)]


def _slice_backward(dy: Array, inputs: Array, start_indices: Sequence[int], shape: Shape) -> Array:
    dx = np.zeros_like(inputs)
    dx[_box(inputs.shape, start_indices, shape)] = dy
    return dx


def _with_box(inputs: Array, start_indices: Array, updates: Array) -> Array:
    y = np.array(inputs)
    y[_box(y.shape, start_indices, np.shape(updates))] = updates
    return y


@operation(
    lambda dy, y, inputs, start_indices, updates: _with_box(dy, start_indices, np.zeros_like(updates, dy.dtype)),
    None,
    lambda dy, y, inputs, start_indices, updates: dy[_box(dy.shape, start_indices, np.shape(updates))],
)
def slice_update(inputs: Array, start_indices: Array, updates: Array) -> Array:
    """`inputs` with the box from `start_indices` on replaced by `updates`.

    Example:
        >>> slice_update([1, 1, 1], (1,), [5, 7])
        array([1, 5, 7])
    """
    return _with_box(inputs, start_indices, updates)


@operation(lambda dy, y, x, k, sorted: _top_k_backward(dy[0], x, y[1]))
def top_k(x: Array, k: int, sorted: bool = True) -> tuple[Array, Array]:
    """The k largest elements of the last axis, largest first, and their indices.

    Example:
        >>> top_k(np.array([10, 30, 20]), 2)
        (array([30, 20]), array([1, 2], dtype=int32))
    """
    places = np.argsort(-x if x.dtype.kind in "fi" else ~x, axis=-1, kind="stable")[..., :k]
    return np.take_along_axis(x, places, -1), places.astype(np.int32)


def _top_k_backward(dy: Array | None, x: Array, places: Array) -> Array:
    dx = np.zeros_like(x)
    if dy is not None:
        np.put_along_axis(dx, places.astype(np.intp), dy, -1)
    return dx


@composed()
def extract_sequences(x: TensorLike, sequence_length: int, sequence_stride: int) -> Array:
    """Windows of the last axis, `sequence_stride` apart: (..., time) -> (..., windows, sequence_length).

    Example:
        >>> extract_sequences(np.arange(5), sequence_length=3, sequence_stride=2)
        array([[0, 1, 2],
               [2, 3, 4]])
    """
    count = 1 + (shape(x)[-1] - sequence_length) // sequence_stride
    return take(x, np.arange(count)[:, np.newaxis] * sequence_stride + np.arange(sequence_length), axis=-1)


def select(condlist: Array, choicelist: Array, default: object = 0) -> Tensors:
    """From the first of the choices whose condition is true; `default` if no condition is.

    Example:
        >>> x = np.array([1, 5, 9])
        >>> select([x < 3, x > 7], [x, 10 * x], default=0)
        array([ 1,  0, 90])
    """
    y = default
    for condition, choice in list(zip(condlist, choicelist, strict=True))[::-1]:
        y = where(condition, choice, y)
    return y


slice = slice_

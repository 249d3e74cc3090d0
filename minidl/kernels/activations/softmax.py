"""Activation functions that normalize along an axis: softmax, log-softmax and sparsemax, and their derivatives."""

import numpy as np

from minidl.config.types import Array
from minidl.kernels.in_use import in_use
from minidl.kernels.reductions import ones, row_max, row_sums

Axis = int | tuple[int, ...]

_SHORT_ROW = 64  # elements of a single row
_FEW = 256  # elements, up to which choosing the faster reduction takes longer than it saves


def softmax(x: Array, axis: Axis = -1) -> Array:
    """`y = exp(x) / sum(exp(x))` along `axis`; the largest `x` is subtracted first, so that nothing overflows.

    Example:
        >>> softmax(np.array([0.0, 1.0])).round(2)
        array([0.27, 0.73])
    """
    if x.size == 0:
        return x.copy()
    if axis == -1 and x.size == x.shape[-1] <= _SHORT_ROW:  # in half the time of NumPy's reductions
        y: Array = x - x.item(x.argmax())
        np.exp(y, out=y)
        y /= y.dot(ones(x.size, x.dtype)).reshape(())  # dividing by an array of one element takes twice as long
        return y
    if axis == -1 and x.size > _FEW:
        y = np.array(x, order="C")
        in_use[softmax_rows](y)
        return y
    y = x - np.maximum.reduce(x, axis=axis, keepdims=True)
    np.exp(y, out=y)
    y /= np.add.reduce(y, axis=axis, keepdims=True)
    return y


def softmax_backward(dy: Array, x: Array, y: Array, axis: Axis = -1) -> Array:
    """`dx = y * (dy - sum(dy * y))` along `axis`."""
    if axis == -1:
        dx = np.array(dy, order="C")
        in_use[softmax_rows_backward](dx, y)
        return dx
    dx = dy * y
    np.subtract(dy, dx.sum(axis=axis, keepdims=True), out=dx)
    dx *= y
    return dx


def softmax_rows(z: Array) -> None:
    """`exp(z) / sum(exp(z))` along the last axis, in place."""
    if z.shape[-1]:
        z -= row_max(z)
    np.exp(z, out=z)
    z /= row_sums(z)


def softmax_rows_backward(dy: Array, y: Array) -> None:
    """`dy = y * (dy - sum(dy * y))` along the last axis, in place."""
    dy -= np.einsum("...s,...s->...", dy, y)[..., np.newaxis]
    dy *= y


def log_softmax(x: Array, axis: Axis = -1) -> Array:
    """`y = x - log(sum(exp(x)))` along `axis`, the logarithm of `softmax` without its underflow.

    Example:
        >>> log_softmax(np.array([0.0, 1.0])).round(2)
        array([-1.31, -0.31])
    """
    if x.size == 0:
        return x.copy()
    rows = axis == -1 and x.size > _FEW
    y: Array = x - (row_max(x) if rows else np.maximum.reduce(x, axis=axis, keepdims=True))
    exponentials = np.exp(y)
    y -= np.log(row_sums(exponentials) if rows else np.add.reduce(exponentials, axis=axis, keepdims=True))
    return y


def log_softmax_backward(dy: Array, x: Array, y: Array, axis: Axis = -1) -> Array:
    """`dx = dy - exp(y) * sum(dy)` along `axis`."""
    dx = np.asarray(np.exp(y))
    dx *= row_sums(dy) if axis == -1 else dy.sum(axis=axis, keepdims=True)
    np.subtract(dy, dx, out=dx)
    return dx


def sparsemax(x: Array, axis: int = -1) -> Array:
    """Sparsemax, the projection onto the simplex: `y = max(x - tau, 0)`, where `tau` makes the sum along `axis` 1.

    Source: Martins & Astudillo 2016.
    Example:
        >>> sparsemax(np.array([0.0, 0.5, 2.0]))
        array([0., 0., 1.])
    """
    if x.size == 0:
        return x.copy()
    z: Array = x - x.max(axis=axis, keepdims=True)
    np.maximum(z, -1, out=z)  # an element 1 or more below the maximum gets weight 0
    falling = -np.sort(-z, axis=axis)
    sums = falling.cumsum(axis=axis)
    ranks = np.arange(1, x.shape[axis] + 1, dtype=x.dtype)
    ranks = ranks.reshape([-1 if place == axis % x.ndim else 1 for place in range(x.ndim)])
    count = (1 + ranks * falling > sums).sum(axis=axis, keepdims=True)  # number of non-zero weights
    tau = (np.take_along_axis(sums, count - 1, axis=axis) - 1) / count.astype(x.dtype)
    z -= tau
    np.maximum(z, 0, out=z)
    return z


def sparsemax_backward(dy: Array, x: Array, y: Array, axis: int = -1) -> Array:
    """`dx = dy - mean(dy)` along `axis`, both over the non-zero outputs; 0 elsewhere."""
    if y.size == 0:
        return dy.copy()
    has_share = y > 0
    dx = np.asarray(dy * has_share)
    dx -= dx.sum(axis=axis, keepdims=True) / has_share.sum(axis=axis, keepdims=True, dtype=x.dtype)
    dx *= has_share
    return dx

"""Sums, means and other reductions along axes; `axis=None` reduces all of them."""

from __future__ import annotations

import numpy as np

from minidl.autodiff import operation
from minidl.config.types import Array, Axis, DTypeLike

__all__ = ["logsumexp", "max", "mean", "min", "prod", "std", "sum", "var"]


@operation(lambda dy, y, x, axis, keepdims: _broadcast_like(dy, x, axis, keepdims), numpy=np.sum)
def sum_(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """Sum, `y = sum over i of x[i]`.

    Example:
        >>> sum([[1, 2], [3, 4]], axis=0)
        array([4, 6])
    """
    return np.sum(x, axis, keepdims=keepdims)


@operation(lambda dy, y, x, axis, keepdims: _broadcast_like(dy, x, axis, keepdims) / _count(x, axis), numpy=np.mean)
def mean(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """Mean, `y = sum(x) / n`.

    Example:
        >>> mean([[1.0, 2.0], [3.0, 4.0]], axis=0)
        array([2., 3.], dtype=float32)
    """
    y: Array = np.mean(x, axis, keepdims=keepdims)
    return y


@operation(
    lambda dy, y, x, axis, keepdims: (
        _broadcast_like(dy, x, axis, keepdims) * (x - x.mean(axis, keepdims=True)) * (2.0 / _count(x, axis))
    )
)
def var(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """Variance, the mean squared deviation from the mean: `y = mean((x - mean(x)) ** 2)`.

    Example:
        >>> var([[1.0, 3.0], [2.0, 6.0]], axis=1)
        array([1., 4.], dtype=float32)
    """
    y: Array = np.var(x, axis, keepdims=keepdims)
    return y


@operation(
    lambda dy, y, x, axis, keepdims: (
        _broadcast_like(dy / y, x, axis, keepdims) * (x - x.mean(axis, keepdims=True)) * (1.0 / _count(x, axis))
    )
)
def std(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """Standard deviation, the square root of the variance: `y = sqrt(mean((x - mean(x)) ** 2))`.

    Example:
        >>> std([[1.0, 3.0], [2.0, 6.0]], axis=1)
        array([1., 2.], dtype=float32)
    """
    y: Array = np.std(x, axis, keepdims=keepdims)
    return y


@operation(lambda dy, y, x, axis, keepdims, initial: _to_the_chosen(dy, y, x, axis, keepdims), numpy=(np.max, np.amax))
def max_(x: Array, axis: Axis = None, keepdims: bool = False, initial: float | None = None) -> Array:
    """Maximum, `y = max over i of x[i]`, and at least `initial` if that is given; ties share the gradient equally, as in JAX.

    Example:
        >>> max([[1, 2], [4, 3]], axis=1)
        array([2, 4])
    """
    y: Array = np.max(x, axis, keepdims=keepdims) if initial is None else np.max(x, axis, keepdims=keepdims, initial=initial)
    return y


@operation(lambda dy, y, x, axis, keepdims, initial: _to_the_chosen(dy, y, x, axis, keepdims), numpy=(np.min, np.amin))
def min_(x: Array, axis: Axis = None, keepdims: bool = False, initial: float | None = None) -> Array:
    """Minimum, `y = min over i of x[i]`, and at most `initial` if that is given; ties share the gradient equally, as in JAX.

    Example:
        >>> min([[1, 2], [4, 3]], axis=1)
        array([1, 3])
    """
    y: Array = np.min(x, axis, keepdims=keepdims) if initial is None else np.min(x, axis, keepdims=keepdims, initial=initial)
    return y


@operation(
    lambda dy, y, x, axis, keepdims, dtype: _broadcast_like(dy, x, axis, keepdims) * _product_of_others(x, axis), numpy=np.prod
)
def prod(x: Array, axis: Axis = None, keepdims: bool = False, dtype: DTypeLike = None) -> Array:
    """Product, `y = product over i of x[i]`.

    Example:
        >>> prod([[1, 2], [3, 4]], axis=1)
        array([ 2, 12])
    """
    y: Array = np.prod(x, axis, dtype, keepdims=keepdims)
    return y


@operation(
    lambda dy, y, x, axis, keepdims: _broadcast_like(dy, x, axis, keepdims) * np.exp(x - _broadcast_like(y, x, axis, keepdims))
)
def logsumexp(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """`log(sum(exp(x)))`, without overflow.

    Example:
        >>> logsumexp([[0.0, 0.0], [100.0, 0.0]], axis=1).round(2)
        array([  0.69, 100.  ], dtype=float32)
    """
    x = x.astype(np.float64) if x.dtype.kind in "biu" else x  # unsigned differences would wrap around
    largest = np.max(x, axis, keepdims=True, initial=-np.inf)
    largest = np.where(np.isfinite(largest), largest, 0)  # -inf for nothing, and for -inf alone
    with np.errstate(divide="ignore"):
        y = np.log(np.sum(np.exp(x - largest), axis, keepdims=True)) + largest
    result: Array = y if keepdims else np.squeeze(y, axis=axis)
    return result


sum, max, min = sum_, max_, min_


def _broadcast_like(dy: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """`dy` broadcast along the reduced axes to x's shape."""
    if axis is not None and not keepdims:
        axes = axis if isinstance(axis, (tuple, list)) else (axis,)
        dy = np.expand_dims(dy, tuple(a % x.ndim for a in axes))
    return np.broadcast_to(dy, x.shape)


def _count(x: Array, axis: Axis) -> int:
    """Number of elements that are reduced to one value."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    return int(np.prod([x.shape[a] for a in axes], dtype=int))


def _to_the_chosen(dy: Array, y: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    chosen = (x == _broadcast_like(y, x, axis, keepdims)).astype(x.dtype)
    result: Array = _broadcast_like(dy, x, axis, keepdims) * chosen / np.maximum(chosen.sum(axis, keepdims=True), 1)
    return result


def _product_of_others(x: Array, axis: Axis) -> Array:
    """For each element the product of the others along the axes; right with zeros too."""
    zero = x == 0
    rest = np.where(zero, 1, x)
    without_zeros = np.prod(rest, axis, keepdims=True) / rest
    other_zeros = zero.sum(axis, keepdims=True) - zero
    y: Array = np.where(other_zeros == 0, without_zeros, x.dtype.type(0))
    return y

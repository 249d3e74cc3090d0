"""Sums, means and other figures along axes; `axis=None` takes all of them."""

from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.ops.op import op

Axis = Any  # an integer, a tuple of them, or None


@op()
def sum_(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum."""
    return np.sum(x, axis, keepdims=keepdims)


sum_.has(lambda dy, y, x, axis, keepdims: _spread(dy, x, axis, keepdims))


@op()
def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean."""
    return np.mean(x, axis, keepdims=keepdims)


mean.has(lambda dy, y, x, axis, keepdims: _spread(dy, x, axis, keepdims) / _count(x, axis))


@op()
def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean squared distance from the mean."""
    return np.var(x, axis, keepdims=keepdims)


var.has(
    lambda dy, y, x, axis, keepdims: (
        _spread(dy, x, axis, keepdims) * (x - x.mean(axis, keepdims=True)) * (2.0 / _count(x, axis))
    )
)


@op()
def std(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The square root of the variance."""
    return np.std(x, axis, keepdims=keepdims)


std.has(
    lambda dy, y, x, axis, keepdims: (
        _spread(dy / y, x, axis, keepdims) * (x - x.mean(axis, keepdims=True)) * (1.0 / _count(x, axis))
    )
)


@op()
def max_(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest; several that are equally large share its gradient, as in JAX."""
    return np.max(x, axis, keepdims=keepdims)


max_.has(lambda dy, y, x, axis, keepdims: _to_the_chosen(dy, y, x, axis, keepdims))


@op()
def min_(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest; several that are equally small share its gradient, as in JAX."""
    return np.min(x, axis, keepdims=keepdims)


min_.has(lambda dy, y, x, axis, keepdims: _to_the_chosen(dy, y, x, axis, keepdims))


@op()
def prod(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The product; its gradient is right where at most one factor along the axis is 0."""
    return np.prod(x, axis, keepdims=keepdims)


prod.has(lambda dy, y, x, axis, keepdims: _spread(dy, x, axis, keepdims) * _product_of_the_others(x, axis))


@op()
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """`log(sum(exp(x)))`, without overflow."""
    largest = np.max(x, axis, keepdims=True)
    y = np.log(np.sum(np.exp(x - largest), axis, keepdims=True)) + largest
    return y if keepdims else np.squeeze(y, axis=axis)


logsumexp.has(lambda dy, y, x, axis, keepdims: _spread(dy, x, axis, keepdims) * np.exp(x - _spread(y, x, axis, keepdims)))


@op()
def cumsum(x: Any, axis: int | None = None) -> Any:
    """The running sum along an axis; of all elements in a row where there is none."""
    return np.cumsum(x, axis)


cumsum.has(lambda dy, y, x, axis: np.flip(np.cumsum(np.flip(dy, axis or 0), axis or 0), axis or 0).reshape(x.shape))

sum, max, min = sum_, max_, min_


def _spread(dy: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """Dy repeated along the axes that were summed, in x's shape."""
    if axis is not None and not keepdims:
        axes = axis if isinstance(axis, (tuple, list)) else (axis,)
        dy = np.expand_dims(dy, tuple(a % x.ndim for a in axes))
    return np.broadcast_to(dy, x.shape)


def _count(x: Array, axis: Axis) -> int:
    """Number of elements that become one."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    return int(np.prod([x.shape[a] for a in axes], dtype=int))


def _to_the_chosen(dy: Array, y: Array, x: Array, axis: Axis, keepdims: bool) -> Any:
    chosen = (x == _spread(y, x, axis, keepdims)).astype(x.dtype)
    return _spread(dy, x, axis, keepdims) * chosen / chosen.sum(axis, keepdims=True)


def _product_of_the_others(x: Array, axis: Axis) -> Any:
    zero = x == 0
    rest = np.where(zero, 1, x)
    alone = np.prod(rest, axis, keepdims=True) / rest  # without the zeros
    others = zero.sum(axis, keepdims=True) - zero
    return np.where(others == 0, alone, x.dtype.type(0))

"""Comparisons and logic: booleans, which have no gradient."""

from typing import Any

import numpy as np

from minidl.config.settings import floatx
from minidl.ops.op import op


@op(tensors=2, differentiable=False)
def equal(x1: Any, x2: Any) -> Any:
    """`x1 == x2`."""
    return np.equal(x1, x2)


@op(tensors=2, differentiable=False)
def not_equal(x1: Any, x2: Any) -> Any:
    """`x1 != x2`."""
    return np.not_equal(x1, x2)


@op(tensors=2, differentiable=False)
def less(x1: Any, x2: Any) -> Any:
    """`x1 < x2`."""
    return np.less(x1, x2)


@op(tensors=2, differentiable=False)
def less_equal(x1: Any, x2: Any) -> Any:
    """`x1 <= x2`."""
    return np.less_equal(x1, x2)


@op(tensors=2, differentiable=False)
def greater(x1: Any, x2: Any) -> Any:
    """`x1 > x2`."""
    return np.greater(x1, x2)


@op(tensors=2, differentiable=False)
def greater_equal(x1: Any, x2: Any) -> Any:
    """`x1 >= x2`."""
    return np.greater_equal(x1, x2)


@op(tensors=2, differentiable=False)
def logical_and(x1: Any, x2: Any) -> Any:
    """Whether both hold."""
    return np.logical_and(x1, x2)


@op(tensors=2, differentiable=False)
def logical_or(x1: Any, x2: Any) -> Any:
    """Whether one of them holds."""
    return np.logical_or(x1, x2)


@op(differentiable=False)
def logical_not(x: Any) -> Any:
    """Whether it does not hold."""
    return np.logical_not(x)


@op(differentiable=False)
def all_(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether all hold along an axis, or along all."""
    return np.all(x, axis, keepdims=keepdims)


@op(differentiable=False)
def any_(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether any holds along an axis, or along all."""
    return np.any(x, axis, keepdims=keepdims)


@op(differentiable=False)
def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Where the largest stands along an axis, or in all."""
    return np.argmax(x, axis, keepdims=keepdims)


@op(differentiable=False)
def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Where the smallest stands along an axis, or in all."""
    return np.argmin(x, axis, keepdims=keepdims)


@op(differentiable=False)
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: str | None = None) -> Any:
    """Rows of zeros with a 1 at the place that x says, zeros alone where it is outside, as in Keras."""
    rank = np.ndim(x) + 1
    classes = np.arange(num_classes).reshape([-1 if n == axis % rank else 1 for n in range(rank)])
    hot = np.expand_dims(x, axis) == classes
    return hot.astype(dtype or floatx())


all, any = all_, any_

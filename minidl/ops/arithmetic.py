"""Arithmetic of two tensors, element by element; sizes broadcast as NumPy's."""

from typing import Any

import numpy as np

from minidl.ops.op import op

# What stands in `has` under a function are its gradients, one for each tensor: (dy, y, *tensors) -> dx.


@op(tensors=2)
def add(x1: Any, x2: Any) -> Any:
    """`y = x1 + x2`."""
    return np.add(x1, x2)


add.has(lambda dy, y, x1, x2: dy, lambda dy, y, x1, x2: dy)


@op(tensors=2)
def subtract(x1: Any, x2: Any) -> Any:
    """`y = x1 - x2`."""
    return np.subtract(x1, x2)


subtract.has(lambda dy, y, x1, x2: dy, lambda dy, y, x1, x2: -dy)


@op(tensors=2)
def multiply(x1: Any, x2: Any) -> Any:
    """`y = x1 * x2`."""
    return np.multiply(x1, x2)


multiply.has(lambda dy, y, x1, x2: dy * x2, lambda dy, y, x1, x2: dy * x1)


@op(tensors=2)
def divide(x1: Any, x2: Any) -> Any:
    """`y = x1 / x2`."""
    return np.divide(x1, x2)


divide.has(lambda dy, y, x1, x2: dy / x2, lambda dy, y, x1, x2: -dy * y / x2)

true_divide = divide


@op(tensors=2)
def power(x1: Any, x2: Any) -> Any:
    """`y = x1 ** x2`."""
    return np.power(x1, x2)


power.has(
    lambda dy, y, x1, x2: dy * x2 * np.power(x1, np.where(np.equal(x2, 0), 1, np.subtract(x2, 1)).astype(dy.dtype)),
    lambda dy, y, x1, x2: dy * y * np.log(np.where(np.greater(x1, 0), x1, 1)),  # of 0 and below there is no logarithm
)


@op(tensors=2)
def maximum(x1: Any, x2: Any) -> Any:
    """The larger of two; where they are equal, each takes half of the gradient, as in JAX."""
    return np.maximum(x1, x2)


maximum.has(
    lambda dy, y, x1, x2: dy * (np.greater(x1, x2) + 0.5 * np.equal(x1, x2)).astype(dy.dtype),
    lambda dy, y, x1, x2: dy * (np.less(x1, x2) + 0.5 * np.equal(x1, x2)).astype(dy.dtype),
)


@op(tensors=2)
def minimum(x1: Any, x2: Any) -> Any:
    """The smaller of two; where they are equal, each takes half of the gradient, as in JAX."""
    return np.minimum(x1, x2)


minimum.has(
    lambda dy, y, x1, x2: dy * (np.less(x1, x2) + 0.5 * np.equal(x1, x2)).astype(dy.dtype),
    lambda dy, y, x1, x2: dy * (np.greater(x1, x2) + 0.5 * np.equal(x1, x2)).astype(dy.dtype),
)


@op(tensors=2)
def mod(x1: Any, x2: Any) -> Any:
    """What is left of `x1` when divided by `x2`, with the sign of `x2`."""
    return np.mod(x1, x2)


mod.has(lambda dy, y, x1, x2: dy, lambda dy, y, x1, x2: -dy * np.floor_divide(x1, x2))


@op(tensors=2, differentiable=False)
def floor_divide(x1: Any, x2: Any) -> Any:
    """`y = floor(x1 / x2)`, which has no gradient."""
    return np.floor_divide(x1, x2)


@op(tensors=3)
def where(condition: Any, x1: Any, x2: Any) -> Any:
    """`x1` where the condition holds, `x2` elsewhere."""
    return np.where(condition, x1, x2)


where.has(
    None,
    lambda dy, y, condition, x1, x2: np.where(condition, dy, dy.dtype.type(0)),
    lambda dy, y, condition, x1, x2: np.where(condition, dy.dtype.type(0), dy),
)


@op(tensors=3)
def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """`x`, moved to the nearer end where it lies outside `[x_min, x_max]`; there it has no gradient."""
    return np.clip(x, x_min, x_max)


clip.has(lambda dy, y, x, x_min, x_max: dy * ((x >= x_min) & (x <= x_max)), None, None)

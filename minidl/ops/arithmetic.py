"""Elementwise arithmetic on two tensors; shapes broadcast as in NumPy.

Each operation is defined with its gradients, one for each tensor: `(dy, y, x1, x2) -> dx`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from minidl.autodiff import Operation, operation
from minidl.config.docstrings import with_example
from minidl.config.types import Array, DType, Tensors

__all__ = ["add", "arctan2", "clip", "divide", "floor_divide", "hypot", "logaddexp", "maximum", "minimum", "mod", "multiply"]
__all__ += ["power", "subtract", "true_divide", "where"]

Limit = TypeVar("Limit")


def binary(
    function: Callable[..., Array],
    left: Callable[..., Array] | None,
    right: Callable[..., Array] | None,
    doc: str,
    example: str,
    name: str = "",
    module: str = __name__,
) -> Operation:
    """An operation made of a NumPy function and the gradients of its two tensors; `None` where it has none."""

    def compute(x1: object, x2: object) -> Tensors:
        return function(x1, x2)

    compute.__name__, compute.__doc__, compute.__module__ = name or function.__name__, with_example(doc, example), module
    return operation(*([] if left is None else [left, right]), tensors=2, numpy=function)(compute)


def share(first: Array, second: Array, dy: Array) -> Array:
    """The gradient of one of two arguments: `dy` where it was chosen, half of it on ties, as in JAX."""
    shared: Array = dy * (first + 0.5 * second).astype(dy.dtype)
    return shared


add = binary(np.add, lambda dy, y, x1, x2: dy, lambda dy, y, x1, x2: dy, "`x1 + x2`.", "add([1, 2], 10) -> [11 12]")
subtract = binary(
    np.subtract, lambda dy, y, x1, x2: dy, lambda dy, y, x1, x2: -dy, "`x1 - x2`.", "subtract([1, 2], 10) -> [-9 -8]"
)
multiply = binary(
    np.multiply, lambda dy, y, x1, x2: dy * x2, lambda dy, y, x1, x2: dy * x1, "`x1 * x2`.", "multiply([1, 2], 10) -> [10 20]"
)
divide = true_divide = binary(
    np.divide,
    lambda dy, y, x1, x2: dy / x2,
    lambda dy, y, x1, x2: -dy * y / x2,
    "`x1 / x2`.",
    "divide([1, 2], 4) -> [0.25 0.5 ]",
)
power = binary(
    np.power,
    lambda dy, y, x1, x2: dy * x2 * np.power(x1, np.where(np.equal(x2, 0), 1, np.subtract(x2, 1)).astype(dy.dtype)),
    lambda dy, y, x1, x2: dy * y * np.log(np.where(np.greater(x1, 0), x1, 1)),  # log is defined for positive values only
    "`x1 ** x2`.",
    "power([2, 3], 2) -> [4 9]",
)
maximum = binary(
    np.maximum,
    lambda dy, y, x1, x2: share(np.greater(x1, x2), np.equal(x1, x2), dy),
    lambda dy, y, x1, x2: share(np.less(x1, x2), np.equal(x1, x2), dy),
    "Elementwise maximum, `y = max(x1, x2)`; on ties each gets half of the gradient, as in JAX.",
    "maximum([1, 5], [4, 2]) -> [4 5]",
)
minimum = binary(
    np.minimum,
    lambda dy, y, x1, x2: share(np.less(x1, x2), np.equal(x1, x2), dy),
    lambda dy, y, x1, x2: share(np.greater(x1, x2), np.equal(x1, x2), dy),
    "Elementwise minimum, `y = min(x1, x2)`; on ties each gets half of the gradient, as in JAX.",
    "minimum([1, 5], [4, 2]) -> [1 2]",
)
mod = binary(
    np.mod,
    lambda dy, y, x1, x2: dy,
    lambda dy, y, x1, x2: -dy * np.floor_divide(x1, x2),
    "Remainder with the sign of `x2`: `y = x1 - x2 * floor(x1 / x2)`.",
    "mod([7, -7], 3) -> [1 2]",
    "mod",
)
floor_divide = binary(
    np.floor_divide, None, None, "`floor(x1 / x2)`; its gradient is 0.", "floor_divide([7, -7], 2) -> [ 3 -4]"
)
arctan2 = binary(
    np.arctan2,
    lambda dy, y, x1, x2: dy * x2 / (x1 * x1 + x2 * x2),
    lambda dy, y, x1, x2: -dy * x1 / (x1 * x1 + x2 * x2),
    "Angle of the point `(x2, x1)`: `tan(y) = x1 / x2`.",
    "arctan2([0.0, 1.0], [1.0, 0.0]).round(2) -> [0.   1.57]",
)
hypot = binary(
    np.hypot,
    lambda dy, y, x1, x2: dy * x1 / y,
    lambda dy, y, x1, x2: dy * x2 / y,
    "`sqrt(x1 ** 2 + x2 ** 2)`.",
    "hypot([3.0], [4.0]).round(2) -> [5.]",
)
logaddexp = binary(
    np.logaddexp,
    lambda dy, y, x1, x2: dy * np.exp(x1 - y),
    lambda dy, y, x1, x2: dy * np.exp(x2 - y),
    "`log(exp(x1) + exp(x2))`, without overflow.",
    "logaddexp([0.0, 100.0], [0.0, 0.0]).round(2) -> [  0.69 100.  ]",
)


@operation(
    None,
    lambda dy, y, condition, x1, x2: np.where(condition, dy, dy.dtype.type(0)),
    lambda dy, y, condition, x1, x2: np.where(condition, dy.dtype.type(0), dy),
)
def where(condition: Array, x1: Tensors = None, x2: Tensors = None) -> Tensors:
    """`x1` where the condition is true, `x2` elsewhere; without them the positions where it is true, as `nonzero`.

    Example:
        >>> where([True, False], [1, 2], 0)
        array([1, 0])
    """
    return np.nonzero(condition) if x1 is None and x2 is None else np.where(condition, x1, x2)


@operation(
    lambda dy, y, x, x_min, x_max: dy * ((x >= x_min) & (x <= x_max)),
    lambda dy, y, x, x_min, x_max: dy * ((x < x_min) & (y < x_max)),
    lambda dy, y, x, x_min, x_max: dy * (np.maximum(x, x_min) > x_max),
)
def clip(x: Array, x_min: Array | float, x_max: Array | float) -> Array:
    """Limit x to `[x_min, x_max]`: `y = min(max(x, x_min), x_max)`. Outside of it the gradient is that of the limit.

    Example:
        >>> clip([-1, 2, 9], 0, 5)
        array([0, 2, 5])
    """
    dtype = np.asarray(x).dtype
    return np.clip(x, _within(x_min, dtype), _within(x_max, dtype))


def _within(limit: Limit, dtype: DType) -> Limit | int:
    """A Python integer as the nearest that an array of integers can hold; NumPy before 2.1 raises an error for others."""
    if not isinstance(limit, int) or dtype.kind not in "iu":
        return limit
    least, most = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    return least if limit < least else most if limit > most else limit

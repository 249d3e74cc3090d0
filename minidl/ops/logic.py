"""Comparisons and logic: booleans and indices, which have no gradient."""

from collections.abc import Callable

import numpy as np

from minidl.autodiff import Operation, operation
from minidl.config.settings import floatx
from minidl.config.types import Array, Tensors
from minidl.ops.arithmetic import binary
from minidl.ops.math import unary

__all__ = ["all", "any", "argmax", "argmin", "argsort", "equal", "greater", "greater_equal", "less", "less_equal"]
__all__ += ["logical_and", "logical_not", "logical_or", "logical_xor", "multi_hot", "not_equal", "one_hot"]


def _binary(function: Callable[..., Array], doc: str, example: str) -> Operation:
    return binary(function, None, None, doc, example, module=__name__)


equal = _binary(np.equal, "`x1 == x2`.", "equal([1, 2, 3], 2) -> [False  True False]")
not_equal = _binary(np.not_equal, "`x1 != x2`.", "not_equal([1, 2, 3], 2) -> [ True False  True]")
less = _binary(np.less, "`x1 < x2`.", "less([1, 2, 3], 2) -> [ True False False]")
less_equal = _binary(np.less_equal, "`x1 <= x2`.", "less_equal([1, 2, 3], 2) -> [ True  True False]")
greater = _binary(np.greater, "`x1 > x2`.", "greater([1, 2, 3], 2) -> [False False  True]")
greater_equal = _binary(np.greater_equal, "`x1 >= x2`.", "greater_equal([1, 2, 3], 2) -> [False  True  True]")
logical_and = _binary(np.logical_and, "True where both are true.", "logical_and([True, True], [True, False]) -> [ True False]")
logical_or = _binary(
    np.logical_or, "True where at least one is true.", "logical_or([True, False], [False, False]) -> [ True False]"
)
logical_xor = _binary(
    np.logical_xor, "True where exactly one is true.", "logical_xor([True, True], [True, False]) -> [False  True]"
)
logical_not = unary(
    np.logical_not, None, "True where x is false.", "logical_not([True, False]) -> [False  True]", module=__name__
)


@operation(numpy=np.all)
def all_(x: Array, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensors:
    """True where all elements along the axes are true.

    Example:
        >>> all([[True, False], [True, True]], axis=1)
        array([False,  True])
    """
    return np.all(x, axis, keepdims=keepdims)


@operation(numpy=np.any)
def any_(x: Array, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensors:
    """True where any element along the axes is true.

    Example:
        >>> any([[False, False], [True, False]], axis=1)
        array([False,  True])
    """
    return np.any(x, axis, keepdims=keepdims)


@operation(numpy=np.argmax)
def argmax(x: Array, axis: int | None = None, keepdims: bool = False) -> Array:
    """Index of the largest element along an axis, or in the flattened tensor.

    Example:
        >>> argmax([[1, 3, 2], [9, 7, 8]], axis=1)
        array([1, 0])
    """
    y: Array = np.argmax(x, axis, keepdims=keepdims)
    return y


@operation(numpy=np.argmin)
def argmin(x: Array, axis: int | None = None, keepdims: bool = False) -> Array:
    """Index of the smallest element along an axis, or in the flattened tensor.

    Example:
        >>> argmin([[1, 3, 2], [9, 7, 8]], axis=1)
        array([0, 1])
    """
    y: Array = np.argmin(x, axis, keepdims=keepdims)
    return y


@operation(numpy=np.argsort)
def argsort(x: Array, axis: int | None = -1) -> Array:
    """Indices that sort x along an axis.

    Example:
        >>> argsort([30, 10, 20])
        array([1, 2, 0])
    """
    return np.argsort(x, axis)


@operation()
def one_hot(x: Array, num_classes: int, axis: int = -1, dtype: str | None = None, sparse: bool = False) -> Array:
    """One-hot rows with a 1 at index x; all zeros if x is out of range, as in Keras. `sparse` is ignored.

    Example:
        >>> one_hot([0, 2], 3)
        array([[1., 0., 0.],
               [0., 0., 1.]], dtype=float32)
    """
    rank = np.ndim(x) + 1
    classes = np.arange(num_classes).reshape([-1 if n == axis % rank else 1 for n in range(rank)])
    hot = np.expand_dims(x, axis) == classes
    y: Array = hot.astype(dtype or floatx())
    return y


@operation()
def multi_hot(inputs: Array, num_classes: int, axis: int = -1, dtype: str | None = None, sparse: bool = False) -> Array:
    """A row for each example, with a 1 at every class that occurs in it. `sparse` is ignored.

    Example:
        >>> multi_hot([0, 2], 4)
        array([1., 0., 1., 0.], dtype=float32)
    """
    hot = one_hot.function(inputs, num_classes, axis, dtype)
    y: Array = hot.max(axis=1 if np.ndim(inputs) > 1 else 0)
    return y


all, any = all_, any_

"""Convert values to tensors and arrays, and name their element types."""

from __future__ import annotations

import numpy as np

from minidl.autodiff import value_of
from minidl.autodiff.operation import handlers_in, stacked
from minidl.autodiff.tensor import OperationHandler, Tensor, TensorLike
from minidl.config.settings import floatx
from minidl.config.types import Array, DTypeLike, Tensors
from minidl.ops.math import cast, copy

__all__ = ["array", "convert_to_numpy", "convert_to_tensor", "dtype", "is_tensor"]


def convert_to_tensor(x: Tensors, dtype: DTypeLike = None, sparse: bool | None = None, ragged: bool | None = None) -> Tensors:
    """An array, or the tensor itself; lists of floats get the dtype `floatx()`. `sparse` and `ragged` are ignored.

    Example:
        >>> convert_to_tensor([1.0, 2.0])
        array([1., 2.], dtype=float32)
    """
    if isinstance(x, (list, tuple)) and handlers_in(x):
        x = stacked(x)
    elif isinstance(x, OperationHandler):
        x = x if isinstance(x, Tensor) and not x.is_variable else copy(x)
    elif not isinstance(x, np.ndarray):
        x = _as_array(x, dtype)
    return x if dtype is None or np.dtype(x.dtype) == np.dtype(dtype) else cast(x, dtype)


def array(x: TensorLike, dtype: DTypeLike = None) -> Tensors:
    """`convert_to_tensor`; arrays are copied.

    Example:
        >>> array([1.0, 2.0])
        array([1., 2.], dtype=float32)
    """
    return convert_to_tensor(np.array(x) if isinstance(x, np.ndarray) else x, dtype)


def convert_to_numpy(x: TensorLike) -> Array:
    """The value as a NumPy array, without a gradient.

    Example:
        >>> convert_to_numpy(minidl.Variable([1.0, 2.0]))
        array([1., 2.], dtype=float32)
    """
    return np.array(value_of(x))


def is_tensor(x: TensorLike) -> bool:
    """Whether x is an array or a tensor, and not a list, number or variable.

    Example:
        >>> is_tensor(np.ones(2)), is_tensor([1.0, 1.0])
        (True, False)
    """
    return isinstance(x, np.ndarray) or (isinstance(x, Tensor) and not x.is_variable)


def dtype(x: Tensors) -> str:
    """Name of the element type.

    Example:
        >>> dtype([1.0, 2.0])
        'float32'
    """
    return str(np.dtype(convert_to_tensor(x).dtype).name)


def _as_array(x: object, dtype: DTypeLike) -> Array:
    """Lists and numbers as an array; SciPy's sparse matrices as a dense one."""
    values = np.asarray(x.toarray() if hasattr(x, "toarray") else x)
    if dtype is None and values.dtype == np.float64 and not hasattr(x, "dtype"):
        return values.astype(floatx())
    return values if dtype is None else values.astype(dtype)

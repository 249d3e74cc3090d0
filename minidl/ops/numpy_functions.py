"""NumPy functions on tracked and symbolic tensors, written with the operations of this package.

`np.mean(x, axis=1)` on a tracked or symbolic tensor is replaced by an operation. Functions with the same arguments as an
operation are registered where that is defined; the others are below.
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minidl.autodiff.table import NUMPY
from minidl.autodiff.tensor import Tensor, TensorLike
from minidl.config.types import Array, ArrayLike, Axis, DTypeLike, Shape, Sizes
from minidl.ops.arithmetic import clip, where
from minidl.ops.math import cast, copy, deg2rad, rad2deg, trunc
from minidl.ops.matrix_products import dot, einsum
from minidl.ops.reductions import std, var
from minidl.ops.repetition import pad
from minidl.ops.shapes import concatenate, expand_dims, moveaxis, ndim, ravel, reshape, shape
from minidl.ops.statistics import average, axes_of


def _records(*functions: Callable[..., Any]) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Decorator that registers a function as the implementation of NumPy functions."""

    def register(function: Callable[..., object]) -> Callable[..., object]:
        NUMPY.update(dict.fromkeys(functions, function))
        return function

    return register


@_records(np.reshape)
def _reshape(a: Tensor, shape: Shape, order: str = "C") -> Array:
    if order != "C":
        raise TypeError(f"reshape expects order='C' here, got {order!r}")
    return reshape(a, shape)


@_records(np.clip)
def _clip(a: Array, a_min: float | None = None, a_max: float | None = None, *, min: object = None, max: object = None) -> Array:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    return clip(a, -np.inf if low is None else low, np.inf if high is None else high)


@_records(np.where)
def _where(condition: Array, *chosen: object) -> Array:
    if len(chosen) != 2:
        raise TypeError("where needs a condition and two tensors here; indices have no gradient: take them of x.numpy()")
    return where(condition, *chosen)


@_records(np.einsum)
def _einsum(subscripts: str, *operands: object, optimize: bool = True) -> Array:
    return einsum(subscripts, *operands)


@_records(np.dot)
def _dot(a: Array, b: Tensor) -> Array:
    return dot(a, b)


@_records(np.var)
def _var(a: Tensor, axis: Axis = None, *, ddof: int = 0, keepdims: bool = False) -> Array:
    return var(a, axis, keepdims) * _correction(a, axis, ddof)


@_records(np.std)
def _std(a: TensorLike, axis: Axis = None, *, ddof: int = 0, keepdims: bool = False) -> Array:
    return std(a, axis, keepdims) * float(np.sqrt(_correction(a, axis, ddof)))


def _correction(a: TensorLike, axis: Axis, ddof: int) -> float:
    count = int(np.prod([shape(a)[n] for n in axes_of(a, axis)], dtype=int))
    return count / (count - ddof)


@_records(np.pad)
def _pad(array: Tensor, pad_width: Sizes | Sequence[Sizes], mode: str = "constant", *, constant_values: float = 0) -> Array:
    return pad(array, pad_width, mode, constant_values)


@_records(np.rollaxis)
def _rollaxis(a: Tensor, axis: int, start: int = 0) -> Array:
    axis, start = axis % ndim(a), start if start >= 0 else start + ndim(a)
    return moveaxis(a, axis, start - 1 if start > axis else start)


@_records(np.atleast_1d)
def _atleast_1d(a: Tensor) -> Array | Tensor:
    return a if ndim(a) else reshape(a, (1,))


@_records(np.atleast_2d)
def _atleast_2d(a: Tensor) -> Array | Tensor:
    return a if ndim(a) >= 2 else reshape(a, (1, -1))


@_records(np.column_stack)
def _column_stack(tup: list[Array | Tensor]) -> Array:
    return concatenate([expand_dims(part, 1) if ndim(part) == 1 else part for part in tup], 1)


@_records(np.concatenate)
def _concatenate(arrays: list[Array | Tensor], axis: int | None = 0) -> Array:
    return concatenate([ravel(array) for array in arrays], 0) if axis is None else concatenate(arrays, axis)


@_records(np.shape)
def _shape(a: Tensor) -> tuple[object, ...]:
    return shape(a)


@_records(np.ndim)
def _ndim(a: ArrayLike) -> int:
    return ndim(a)


@_records(np.size)
def _size(a: TensorLike, axis: int | None = None) -> int:
    return int(np.prod(shape(a))) if axis is None else shape(a)[axis]


def _astype(a: object, dtype: DTypeLike, /, *, copy: bool = True) -> Array:
    return cast(a, np.dtype(dtype).name)


if hasattr(np, "astype"):  # NumPy 2.1
    NUMPY[np.astype] = _astype

NUMPY.update({np.radians: deg2rad, np.degrees: rad2deg, np.fix: trunc})  # the same functions under other names
NUMPY.update({np.average: average, np.float_power: operator.pow, np.positive: copy})

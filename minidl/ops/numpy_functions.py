"""NumPy functions on tracked and symbolic tensors, written with the operations of this package.

`np.mean(x, axis=1)` on a tracked or symbolic tensor is replaced by an operation. Functions with the same arguments as an
operation are registered where that is defined; the others are below.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minidl.autodiff.table import NUMPY
from minidl.ops.arithmetic import clip, where
from minidl.ops.linalg import dot, einsum, matmul
from minidl.ops.math import abs as absolute
from minidl.ops.math import cast, copy, ones_like, sqrt, square, zeros_like
from minidl.ops.reductions import max as largest
from minidl.ops.reductions import mean, std, var
from minidl.ops.reductions import sum as total
from minidl.ops.shape import (
    concatenate,
    diagonal,
    expand_dims,
    flip,
    get_item,
    moveaxis,
    ndim,
    pad,
    ravel,
    reshape,
    shape,
    split,
    tile,
    transpose,
)


def _records(*functions: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator that registers a function as the implementation of NumPy functions."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        NUMPY.update(dict.fromkeys(functions, function))
        return function

    return register


def _axes(x: Any, axis: Any) -> list[int]:
    """The given axes of x as non-negative numbers."""
    given = range(ndim(x)) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    return [a % ndim(x) for a in given]


@_records(np.reshape)
def _reshape(a: Any, shape: Any, order: str = "C") -> Any:
    if order != "C":
        raise TypeError(f"reshape expects order='C' here, got {order!r}")
    return reshape(a, shape)


@_records(np.clip)
def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    return clip(a, -np.inf if low is None else low, np.inf if high is None else high)


@_records(np.where)
def _where(condition: Any, *chosen: Any) -> Any:
    if len(chosen) != 2:
        raise TypeError("where needs a condition and two tensors here; indices have no gradient: take them of x.numpy()")
    return where(condition, *chosen)


@_records(np.einsum)
def _einsum(subscripts: str, *operands: Any, optimize: Any = True) -> Any:
    return einsum(subscripts, *operands)


@_records(np.dot)
def _dot(a: Any, b: Any) -> Any:
    return dot(a, b)


@_records(np.vdot)
def _vdot(a: Any, b: Any) -> Any:
    return dot(ravel(a), ravel(b))


@_records(np.inner)
def _inner(a: Any, b: Any) -> Any:
    return _tensordot(a, b, ([ndim(a) - 1], [ndim(b) - 1])) if ndim(a) and ndim(b) else a * b


@_records(np.outer)
def _outer(a: Any, b: Any) -> Any:
    return expand_dims(ravel(a), 1) * expand_dims(ravel(b), 0)


@_records(np.tensordot)
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    rank, other_rank = ndim(a), ndim(b)
    if isinstance(axes, int):
        axes = (list(range(rank - axes, rank)), list(range(axes)))
    summed, other_summed = ([axis] if isinstance(axis, int) else list(axis) for axis in axes)
    summed, other_summed = [axis % rank for axis in summed], [axis % other_rank for axis in other_summed]
    kept = [axis for axis in range(rank) if axis not in summed]
    other_kept = [axis for axis in range(other_rank) if axis not in other_summed]
    sizes, other_sizes = np.array(shape(a)), np.array(shape(b))
    inner = int(np.prod(sizes[summed], dtype=int))
    left = reshape(transpose(a, kept + summed), (-1, inner))
    right = reshape(transpose(b, other_summed + other_kept), (inner, -1))
    return reshape(matmul(left, right), [int(size) for size in (*sizes[kept], *other_sizes[other_kept])])


@_records(np.trace)
def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return total(diagonal(a, offset, axis1, axis2), axis=-1)


@_records(np.diag)
def _diag(v: Any, k: int = 0) -> Any:
    if ndim(v) == 2:
        return diagonal(v, k)
    size = shape(v)[0] + np.abs(k)
    return tile(expand_dims(concatenate([np.zeros(max(k, 0)), v, np.zeros(max(-k, 0))]), 0), (size, 1)) * np.eye(size, k=k)


@_records(np.var)
def _var(a: Any, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Any:
    return var(a, axis, keepdims) * _correction(a, axis, ddof)


@_records(np.std)
def _std(a: Any, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Any:
    return std(a, axis, keepdims) * float(np.sqrt(_correction(a, axis, ddof)))


def _correction(a: Any, axis: Any, ddof: int) -> float:
    count = int(np.prod([shape(a)[n] for n in _axes(a, axis)], dtype=int))
    return count / (count - ddof)


@_records(np.average)
def _average(a: Any, axis: Any = None, weights: Any = None) -> Any:
    if weights is None:
        return mean(a, axis)
    if ndim(weights) != ndim(a):
        weights = reshape(weights, [-1 if n == _axes(a, axis)[0] else 1 for n in range(ndim(a))])
    return total(a * weights, axis) / total(weights * np.ones(shape(a)), axis)


@_records(np.ptp)
def _ptp(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return largest(a, axis, keepdims) + largest(-a, axis, keepdims)


@_records(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord in (None, 2, "fro") and (ord != 2 or len(_axes(x, axis)) == 1):
        return sqrt(total(square(x), axis, keepdims))
    if len(_axes(x, axis)) != 1:
        raise TypeError(f"the norm of matrices with ord={ord!r} has no known gradient; ord=None and 'fro' have one")
    if ord == 1:
        return total(absolute(x), axis, keepdims)
    if ord == np.inf:
        return largest(absolute(x), axis, keepdims)
    return total(absolute(x) ** ord, axis, keepdims) ** (1.0 / ord)


@_records(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    for _ in range(n):
        before = (slice(None),) * (axis % ndim(a))
        a = get_item(a, (*before, slice(1, None))) - get_item(a, (*before, slice(None, -1)))
    return a


@_records(np.pad)
def _pad(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: float = 0) -> Any:
    return pad(array, pad_width, mode, constant_values)


@_records(np.fliplr)
def _fliplr(m: Any) -> Any:
    return flip(m, 1)


@_records(np.flipud)
def _flipud(m: Any) -> Any:
    return flip(m, 0)


@_records(np.rollaxis)
def _rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    axis, start = axis % ndim(a), start if start >= 0 else start + ndim(a)
    return moveaxis(a, axis, start - 1 if start > axis else start)


@_records(np.atleast_1d)
def _atleast_1d(a: Any) -> Any:
    return a if ndim(a) else reshape(a, (1,))


@_records(np.atleast_2d)
def _atleast_2d(a: Any) -> Any:
    return a if ndim(a) >= 2 else reshape(a, (1, -1))


@_records(np.hstack)
def _hstack(tup: Sequence[Any]) -> Any:
    parts = [_atleast_1d(part) for part in tup]
    return concatenate(parts, 0 if ndim(parts[0]) == 1 else 1)


@_records(np.vstack)
def _vstack(tup: Sequence[Any]) -> Any:
    return concatenate([_atleast_2d(part) for part in tup], 0)


@_records(np.dstack)
def _dstack(tup: Sequence[Any]) -> Any:
    return concatenate([expand_dims(part, 2) if ndim(part) == 2 else part for part in map(_atleast_2d, tup)], 2)


@_records(np.column_stack)
def _column_stack(tup: Sequence[Any]) -> Any:
    return concatenate([expand_dims(part, 1) if ndim(part) == 1 else part for part in tup], 1)


@_records(np.append)
def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return concatenate([ravel(arr), ravel(values)] if axis is None else [arr, values], axis or 0)


@_records(np.concatenate)
def _concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Any:
    return concatenate([ravel(array) for array in arrays], 0) if axis is None else concatenate(arrays, axis)


@_records(np.array_split)
def _array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    if isinstance(indices_or_sections, int):  # the first parts are one longer where the size cannot be divided
        size, rest = divmod(shape(ary)[axis], indices_or_sections)
        sizes = [size + 1] * rest + [size] * (indices_or_sections - rest)
        indices_or_sections = tuple(int(end) for end in np.cumsum(sizes)[:-1])
    return split(ary, indices_or_sections, axis)


@_records(np.hsplit)
def _hsplit(ary: Any, indices_or_sections: Any) -> Any:
    return split(ary, indices_or_sections, 1 if ndim(ary) > 1 else 0)


@_records(np.vsplit)
def _vsplit(ary: Any, indices_or_sections: Any) -> Any:
    return split(ary, indices_or_sections, 0)


@_records(np.full_like)
def _full_like(a: Any, fill_value: Any) -> Any:
    return zeros_like(a) + fill_value * ones_like(a)


@_records(np.positive)
def _positive(x: Any) -> Any:
    return copy(x)


@_records(np.float_power)
def _float_power(x1: Any, x2: Any) -> Any:
    return x1**x2


@_records(np.heaviside)
def _heaviside(x1: Any, x2: Any) -> Any:
    return where(x1 > 0, 1.0, where(x1 < 0, 0.0, x2)) * ones_like(x1)


@_records(np.shape)
def _shape(a: Any) -> tuple[Any, ...]:
    return shape(a)


@_records(np.ndim)
def _ndim(a: Any) -> int:
    return ndim(a)


@_records(np.size)
def _size(a: Any, axis: int | None = None) -> Any:
    return int(np.prod(shape(a))) if axis is None else shape(a)[axis]


@_records(np.nanmean)
def _nanmean(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    known = ~np.isnan(a)
    return total(where(known, a, 0.0), axis, keepdims) / np.sum(known, axis, keepdims=keepdims)


@_records(np.nansum)
def _nansum(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return total(where(np.isnan(a), 0.0, a), axis, keepdims)


def _astype(a: Any, dtype: Any, /, *, copy: bool = True) -> Any:
    return cast(a, np.dtype(dtype).name)


if hasattr(np, "astype"):  # NumPy 2.1
    NUMPY[np.astype] = _astype

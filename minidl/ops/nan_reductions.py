"""Reductions that leave NaN out."""

from __future__ import annotations

import numpy as np

from minidl.autodiff import composed, operation
from minidl.autodiff.tensor import TensorLike
from minidl.config.types import Array, DTypeLike, Tensors
from minidl.ops.arithmetic import where
from minidl.ops.math import cumprod, cumsum, isnan, sqrt, square
from minidl.ops.reductions import max as largest
from minidl.ops.reductions import min as smallest
from minidl.ops.reductions import prod
from minidl.ops.reductions import sum as total

__all__ = ["nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmin", "nanprod", "nanstd", "nansum"]
__all__ += ["nanvar"]


@composed(numpy=np.nansum)
def nansum(x: TensorLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
    """Sum of the elements that are not NaN.

    Example:
        >>> nansum([[1.0, np.nan], [3.0, 4.0]], axis=1)
        array([1., 7.], dtype=float32)
    """
    return total(where(isnan(x), 0, x), axis, keepdims)


@composed(numpy=np.nanprod)
def nanprod(x: TensorLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
    """Product of the elements that are not NaN.

    Example:
        >>> nanprod([[2.0, np.nan], [3.0, 4.0]], axis=1)
        array([ 2., 12.], dtype=float32)
    """
    return prod(where(isnan(x), 1, x), axis, keepdims)


@composed(numpy=np.nanmean)
def nanmean(x: TensorLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
    """Mean of the elements that are not NaN; NaN if there are none.

    Example:
        >>> nanmean([[1.0, np.nan], [3.0, 4.0]], axis=1)
        array([1. , 3.5], dtype=float32)
    """
    with np.errstate(invalid="ignore"):
        return nansum(x, axis, keepdims) / total(~isnan(x), axis, keepdims)


@composed(numpy=np.nanvar)
def nanvar(x: TensorLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
    """Variance of the elements that are not NaN; NaN if there are none.

    Example:
        >>> nanvar([[1.0, np.nan], [3.0, 5.0]], axis=1)
        array([0., 1.], dtype=float32)
    """
    return nanmean(square(x - nanmean(x, axis, keepdims=True)), axis, keepdims)


@composed(numpy=np.nanstd)
def nanstd(x: TensorLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
    """Standard deviation of the elements that are not NaN; NaN if there are none.

    Example:
        >>> nanstd([[1.0, np.nan], [3.0, 5.0]], axis=1)
        array([0., 1.], dtype=float32)
    """
    return sqrt(nanvar(x, axis, keepdims))


@composed(numpy=np.nanmax)
def nanmax(x: Array, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensors:
    """Largest element that is not NaN; NaN if all are NaN.

    Example:
        >>> nanmax([[1.0, np.nan], [3.0, 4.0]], axis=1)
        array([1., 4.], dtype=float32)
    """
    nothing = np.all(isnan(x), axis, keepdims=keepdims)
    return where(nothing, np.nan, largest(where(isnan(x), -np.inf, x), axis, keepdims))


@composed(numpy=np.nanmin)
def nanmin(x: Array, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensors:
    """Smallest element that is not NaN; NaN if all are NaN.

    Example:
        >>> nanmin([[1.0, np.nan], [3.0, 4.0]], axis=1)
        array([1., 3.], dtype=float32)
    """
    nothing = np.all(isnan(x), axis, keepdims=keepdims)
    return where(nothing, np.nan, smallest(where(isnan(x), np.inf, x), axis, keepdims))


@composed(numpy=np.nancumsum)
def nancumsum(x: TensorLike, axis: int | None = None, dtype: DTypeLike = None) -> Array:
    """Cumulative sum, with 0 for NaN.

    Example:
        >>> nancumsum([1.0, np.nan, 2.0])
        array([1., 1., 3.], dtype=float32)
    """
    return cumsum(where(isnan(x), 0, x), axis, dtype)


@composed(numpy=np.nancumprod)
def nancumprod(x: TensorLike, axis: int | None = None, dtype: DTypeLike = None) -> Array:
    """Cumulative product, with 1 for NaN.

    Example:
        >>> nancumprod([2.0, np.nan, 3.0])
        array([2., 2., 6.], dtype=float32)
    """
    return cumprod(where(isnan(x), 1, x), axis, dtype)


@operation(numpy=np.nanargmax)
def nanargmax(x: Array, axis: int | None = None, keepdims: bool = False) -> Array:
    """Index of the largest element that is not NaN; -1 if all are NaN.

    Example:
        >>> nanargmax([[1.0, np.nan], [3.0, 4.0]], axis=1)
        array([0, 1])
    """
    found = np.argmax(np.where(np.isnan(x), -np.inf, x), axis, keepdims=keepdims)
    return np.where(np.all(np.isnan(x), axis, keepdims=keepdims), -1, found)


@operation(numpy=np.nanargmin)
def nanargmin(x: Array, axis: int | None = None, keepdims: bool = False) -> Array:
    """Index of the smallest element that is not NaN; -1 if all are NaN.

    Example:
        >>> nanargmin([[1.0, np.nan], [3.0, 4.0]], axis=1)
        array([0, 0])
    """
    found = np.argmin(np.where(np.isnan(x), np.inf, x), axis, keepdims=keepdims)
    return np.where(np.all(np.isnan(x), axis, keepdims=keepdims), -1, found)

"""Statistics: quantiles, averages, correlation, moments and the integral of samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from minidl.autodiff import composed
from minidl.autodiff.tensor import Tensor, TensorLike
from minidl.config.types import Array, ArrayLike, Axis
from minidl.ops.arithmetic import clip, where
from minidl.ops.elements import get_item, sort, take_along_axis
from minidl.ops.math import isnan, sqrt
from minidl.ops.matrix_products import matmul
from minidl.ops.products import diag, outer
from minidl.ops.reductions import max as largest
from minidl.ops.reductions import mean, var
from minidl.ops.reductions import min as smallest
from minidl.ops.reductions import sum as total
from minidl.ops.repetition import pad
from minidl.ops.shapes import broadcast_to, moveaxis, ndim, reshape, shape, transpose

__all__ = ["amax", "amin", "average", "corrcoef", "correlate", "median", "moments", "nanmedian", "nanpercentile"]
__all__ += ["nanquantile", "percentile", "psnr", "ptp", "quantile", "trapezoid"]


@composed()
def amax(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """Maximum along axes, `y = max over i of x[i]`.

    Example:
        >>> amax([[1, 2], [4, 3]], axis=1)
        array([2, 4])
    """
    return largest(x, axis, keepdims)


@composed()
def amin(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """Minimum along axes, `y = min over i of x[i]`.

    Example:
        >>> amin([[1, 2], [4, 3]], axis=1)
        array([1, 3])
    """
    return smallest(x, axis, keepdims)


_FRACTIONS: dict[str, Callable[[Array], Array]] = {  # method -> how far a position between two ranks counts as the upper one
    "linear": lambda fraction: fraction,
    "lower": np.zeros_like,
    "higher": lambda fraction: (fraction > 0).astype(float),
    "midpoint": lambda fraction: np.where(fraction > 0, 0.5, 0.0),
    "nearest": np.round,
}


def axes_of(x: object, axis: Axis) -> list[int]:
    """The given axes of x as non-negative numbers."""
    given = range(ndim(x)) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    return list(normalize_axis_tuple(given, ndim(x)))


@composed(numpy=np.quantile)
def quantile(x: Array, q: Array, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Array:
    """Quantiles along axes, at the fractions `q`; several are the first axis of the result.

    Args:
        method: "linear", "lower", "higher", "midpoint" or "nearest", for quantiles between two elements.
    Example:
        >>> quantile([[1.0, 2.0, 3.0, 9.0]], [0.5, 1.0], axis=1)
        array([[2.5],
               [9. ]], dtype=float32)
    """
    return _quantile(x, q, axis, method, keepdims, where(isnan(x), np.nan, x), False)


@composed(numpy=np.nanquantile)
def nanquantile(x: Array, q: Array, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Array:
    """Quantiles of the elements that are not NaN.

    Example:
        >>> nanquantile([[1.0, 3.0, np.nan]], 0.5, axis=1)
        array([2.], dtype=float32)
    """
    return _quantile(x, q, axis, method, keepdims, x, True)


def _quantile(
    x: Array | Tensor, q: ArrayLike, axis: Axis, method: str, keepdims: bool, source: Array | Tensor, skips_nan: bool
) -> Array:
    """`y = (1 - fraction) * sorted[below] + fraction * sorted[above]`, at the positions `q * (count - 1)`."""
    if method not in _FRACTIONS:
        raise ValueError(f"quantile expects method to be one of {list(_FRACTIONS)}, got {method!r}")
    axes = axes_of(x, axis)
    kept = [n for n in range(ndim(x)) if n not in axes]
    if any(shape(x)[n] == 0 for n in axes):
        raise ValueError(f"there is no quantile or median of 0 elements, got an array of shape {tuple(shape(x))}, axis {axis}")
    ranked = sort(reshape(transpose(source, [*kept, *axes]), [*(shape(x)[n] for n in kept), -1]), axis=-1)
    missing = np.asarray(isnan(ranked)).sum(axis=-1, keepdims=True)  # sorted behind the numbers
    positions = np.ravel(q).astype(float) * (shape(ranked)[-1] - 1 - missing * skips_nan)  # (..., quantiles)
    below = np.clip(np.floor(positions), 0, None)
    fraction = _FRACTIONS[method](positions - below)
    one = take_along_axis(ranked, below.astype(int), -1)
    other = take_along_axis(ranked, np.ceil(np.clip(positions, 0, None)).astype(int), -1)
    y = moveaxis(one * (1 - fraction) + other * fraction, -1, 0)
    if not skips_nan:
        y = where(np.moveaxis(missing > 0, -1, 0), np.nan, y)
    if keepdims:
        y = reshape(y, [shape(y)[0], *(1 if n in axes else size for n, size in enumerate(shape(x)))])
    return y if np.ndim(q) else get_item(y, 0)


@composed(numpy=np.percentile)
def percentile(x: Array, q: Array, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Array:
    """`quantile` at `q` percent.

    Example:
        >>> percentile([[1.0, 2.0, 3.0]], 50, axis=1)
        array([2.], dtype=float32)
    """
    return quantile(x, np.divide(q, 100).tolist(), axis, method, keepdims)


@composed(numpy=np.nanpercentile)
def nanpercentile(x: Array, q: Array, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Array:
    """`nanquantile` at `q` percent.

    Example:
        >>> nanpercentile([[1.0, 3.0, np.nan]], 50, axis=1)
        array([2.], dtype=float32)
    """
    return nanquantile(x, np.divide(q, 100).tolist(), axis, method, keepdims)


@composed(numpy=np.median)
def median(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """Median along axes; the mean of the two middle elements of an even number.

    Example:
        >>> median([[1.0, 9.0, 3.0], [1.0, 2.0, 3.0]], axis=1)
        array([3., 2.], dtype=float32)
    """
    return quantile(x, 0.5, axis, "linear", keepdims)


@composed(numpy=np.nanmedian)
def nanmedian(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """Median of the elements that are not NaN.

    Example:
        >>> nanmedian([[1.0, np.nan, 3.0]], axis=1)
        array([2.], dtype=float32)
    """
    return nanquantile(x, 0.5, axis, "linear", keepdims)


@composed(numpy=np.ptp)
def ptp(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """Largest minus smallest element: `y = max(x) - min(x)`.

    Example:
        >>> ptp([[1, 9, 3], [1, 2, 3]], axis=1)
        array([8, 2])
    """
    return largest(x, axis, keepdims) - smallest(x, axis, keepdims)


def average(x: TensorLike, axis: Axis = None, weights: TensorLike | None = None) -> Array:
    """Mean, weighted if weights are given: `sum(x * weights) / sum(weights)`.

    Example:
        >>> average([[1.0, 3.0], [1.0, 5.0]], axis=1, weights=[3.0, 1.0])
        array([1.5, 2. ], dtype=float32)
    """
    return mean(x, axis) if weights is None else _average(x, weights, axis)


@composed(tensors=2, name="average")
def _average(x: Array | Tensor, weights: Array | Tensor, axis: Axis = None) -> Array:
    if ndim(weights) != ndim(x):
        weights = reshape(weights, [-1 if n == axes_of(x, axis)[0] else 1 for n in range(ndim(x))])
    return total(x * weights, axis) / total(broadcast_to(weights, shape(x)), axis)


@composed(numpy=np.corrcoef)
def corrcoef(x: TensorLike) -> Array:
    """Correlation of the rows with one another: `r[i, j] = c[i, j] / sqrt(c[i, i] * c[j, j])` with their covariances c.

    Example:
        >>> corrcoef([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]).round(2)
        array([[ 1., -1.],
               [-1.,  1.]], dtype=float32)
    """
    centered = x - mean(x, axis=-1, keepdims=True)
    covariance = matmul(centered, transpose(centered)) / (shape(x)[-1] - 1)
    deviation = sqrt(diag(covariance))
    return clip(covariance / outer(deviation, deviation), -1.0, 1.0)


@composed(tensors=2, numpy=np.correlate)
def correlate(x1: TensorLike, x2: TensorLike, mode: str = "valid") -> Array:
    """`y[k] = sum over n of x1[n + k] * x2[n]` for two vectors; `mode` is "valid", "same" or "full".

    Example:
        >>> correlate([1, 2, 3], [1, 1])
        array([3, 5])
    """
    long, short = shape(x1)[0], shape(x2)[0]
    if long < short:
        return get_item(correlate(x2, x1, mode), slice(None, None, -1))
    around = {"valid": (0, 0), "same": (short // 2, (short - 1) // 2), "full": (short - 1, short - 1)}
    if mode not in around:
        raise ValueError(f"correlate expects mode to be one of {list(around)}, got {mode!r}")
    padded = pad(x1, (around[mode],))
    count = shape(padded)[0] - short + 1
    return matmul(get_item(padded, np.arange(count)[:, np.newaxis] + np.arange(short)), x2)  # (count, short) @ (short,)


def moments(x: TensorLike, axes: Axis, keepdims: bool = False, synchronized: bool = False) -> tuple[Array, Array]:
    """Mean and variance along axes, `mean = sum(x) / n`, `variance = sum((x - mean) ** 2) / n`; `synchronized` is ignored.

    Example:
        >>> moments([[1.0, 3.0], [2.0, 6.0]], axes=1)
        (array([2., 4.], dtype=float32), array([1., 4.], dtype=float32))
    """
    along = tuple(axes) if isinstance(axes, list) else axes
    return mean(x, along, keepdims), var(x, along, keepdims)


@composed(tensors=2)
def psnr(x1: Array, x2: Array, max_val: float) -> Array:
    """Peak signal-to-noise ratio in decibels: `20 * log10(max_val) - 10 * log10(mean((x1 - x2) ** 2))`.

    Example:
        >>> float(psnr(np.zeros(4), np.full(4, 0.1), max_val=1.0).round(2))
        20.0
    """
    error = x1 - x2
    return 20 * float(np.log10(max_val)) - 10 * np.log10(mean(error * error))


def trapezoid(y: TensorLike, x: TensorLike | None = None, dx: float = 1.0, axis: int = -1) -> Array:
    """Integral of samples by the trapezoidal rule, at the places x or `dx` apart.

    `area = sum over i of (x[i + 1] - x[i]) * (y[i] + y[i + 1]) / 2`.

    Example:
        >>> float(trapezoid([0.0, 1.0, 4.0]))
        3.0
    """
    return _trapezoid([y] if x is None else [y, x], dx, axis)


@composed(several=True, name="trapezoid")
def _trapezoid(given: list[Array], dx: float = 1.0, axis: int = -1) -> Array:
    samples = moveaxis(given[0], axis, -1)
    heights = (samples[..., 1:] + samples[..., :-1]) / 2
    if len(given) == 1:
        return total(heights, -1) * dx
    places = given[1] if ndim(given[1]) == 1 else moveaxis(given[1], axis, -1)
    return total(heights * (places[..., 1:] - places[..., :-1]), -1)

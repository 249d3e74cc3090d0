"""Normalization of groups of elements, and the scale and offset that follow it, forward and backward."""

import math

import numpy as np

from minidl.config.types import Array
from minidl.kernels.channels import LEAST, channel_products, combine_channels, multiply_channels, scale_channels
from minidl.kernels.group_normalization import Groups, center, scale_centered
from minidl.kernels.in_use import in_use
from minidl.kernels.memory import empty
from minidl.kernels.reductions import column_sums, mean_of_product, ones, sum_of_product

WIDE = 32  # elements of gamma along the last axis, with which NumPy's own loops are as fast as those over longer rows
_MOST = 1 << 13  # elements whose sum is a product; NumPy's own sum of more rounds less


def normalize(x: Array, axes: tuple[int, ...], epsilon: float) -> tuple[Array, Array]:
    """`x_hat = (x - mean) / sqrt(variance + epsilon)`, mean and variance over the axes; also `1 / sqrt(variance + epsilon)`."""
    if _are_inner(axes, x):  # each element after the axes is a channel with a mean of its own
        parts = _in_parts(x, axes)
        centered = center(parts, Groups(len(parts), parts.shape[2], parts.shape[2]))
        inverse = 1.0 / np.sqrt(centered.variance + x.dtype.type(epsilon))
        x_hat = scale_centered(centered, inverse, np.zeros_like(inverse)).reshape(x.shape)
        return x_hat, inverse.reshape([1 if axis in axes else size for axis, size in enumerate(x.shape)])
    x_hat = np.subtract(x, mean_over(x, axes), out=empty(x.shape, x.dtype))
    variance = mean_of_product(x_hat, x_hat, axes)
    inverse = 1.0 / np.sqrt(variance + x.dtype.type(epsilon))
    x_hat *= inverse
    return x_hat, inverse


def normalize_backward(dx_hat: Array, x_hat: Array, inverse: Array, axes: tuple[int, ...]) -> Array:
    """`dx = inverse * (dx_hat - mean(dx_hat) - x_hat * mean(dx_hat * x_hat))`."""
    if _are_inner(axes, x_hat):
        a, b = _in_parts(dx_hat, axes), _in_parts(x_hat, axes)
        factor = inverse.reshape(len(a), a.shape[2])
        mean, along = (sums / max(a.shape[1], 1) for sums in in_use[channel_products](a, b))
        return in_use[combine_channels](a, factor, b, -factor * along, -factor * mean).reshape(x_hat.shape)
    dx = np.multiply(x_hat, mean_of_product(dx_hat, x_hat, axes), out=empty(x_hat.shape, x_hat.dtype))
    np.subtract(dx_hat, dx, out=dx)
    dx -= mean_over(dx_hat, axes)
    dx *= inverse
    return dx


def scale_and_center(x_hat: Array, gamma: Array, beta: Array | None) -> Array:
    """`y = gamma * x_hat + beta`; gamma and beta have x_hat's axes, some of size 1."""
    if gamma.shape[-1] >= WIDE or x_hat.size < LEAST:
        y = np.multiply(x_hat, gamma, out=empty(x_hat.shape, x_hat.dtype))
        if beta is not None:
            y += beta
        return y
    first = next((axis for axis, size in enumerate(gamma.shape) if size != 1), x_hat.ndim - 1)
    rows, factor = as_rows(x_hat, first), along_channels(gamma, x_hat, first)
    if beta is None:
        return in_use[multiply_channels](rows, factor).reshape(x_hat.shape)
    return in_use[scale_channels](rows, factor, along_channels(beta, x_hat, first)).reshape(x_hat.shape)


def scale_and_center_backward(dy: Array, x_hat: Array, gamma: Array, others: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """`dx_hat = gamma * dy`, and summed over the axes along which gamma is 1, `dgamma = sum(dy * x_hat)`, `dbeta = sum(dy)`."""
    if gamma.size == gamma.shape[-1] >= WIDE:
        dbeta = column_sums(dy.reshape(-1, gamma.size))
        return np.multiply(dy, gamma, out=empty(dy.shape, dy.dtype)), sum_of_product(dy, x_hat, others), dbeta
    first = min((axis for axis in range(dy.ndim) if axis not in others), default=dy.ndim - 1)
    rows = as_rows(dy, first)
    within = tuple(axis - first for axis in others if axis >= first)
    sums = in_use[channel_products](rows, as_rows(x_hat, first))
    dbeta, dgamma = (one.reshape(dy.shape[first:]).sum(axis=within) for one in sums)
    return in_use[multiply_channels](rows, along_channels(gamma, dy, first)).reshape(dy.shape), dgamma, dbeta


def as_rows(x: Array, first: int) -> Array:
    """The axes from the first one on as channels, the others as positions: (1, positions, channels)."""
    return x.reshape(1, math.prod(x.shape[:first]), math.prod(x.shape[first:]))


def along_channels(weight: Array, x: Array, first: int) -> Array:
    """A weight along these channels: (1, channels)."""
    inner = x.shape[first:]
    if weight.size < math.prod(inner):
        weight = np.broadcast_to(weight.reshape(weight.shape[first:]), inner)
    return weight.reshape(1, math.prod(inner))


def _are_inner(axes: tuple[int, ...], x: Array) -> bool:
    """Whether the axes are adjacent, and not the last ones."""
    return bool(axes) and axes[-1] < x.ndim - 1 and axes == tuple(range(axes[0], axes[-1] + 1)) and x.size > 0


def _in_parts(x: Array, axes: tuple[int, ...]) -> Array:
    """The array with one axis before and one after the others: (parts, positions, channels)."""
    start, stop = axes[0], axes[-1] + 1
    return np.ascontiguousarray(x).reshape(
        *(math.prod(x.shape[part]) for part in (slice(start), slice(start, stop), slice(stop, None)))
    )


def center_rows(rows: Array, share: Array) -> tuple[Array, Array, Array]:
    """`rows - mean`, the mean and the variance of each column; two corrected passes, as a mean in float32 rounds far from 0.

    Args:
        rows: (rows, columns).
        share: the weight of each row, (rows,), or of each element; they sum to 1.
    """
    mean = average(share, rows)
    centered = rows - mean
    rest = average(share, centered)  # the mean's rounding error
    centered -= rest
    return centered, mean + rest, average(share, centered * centered)


def average(share: Array, rows: Array) -> Array:
    """Weighted mean over the rows; as a product it is faster and rounds less than NumPy's `mean`."""
    average: Array = share @ rows if share.ndim == 1 else np.einsum("rc,rc->c", share, rows)
    return average


def mean_over(z: Array, axes: tuple[int, ...]) -> Array:
    """`z.mean(axis=axes, keepdims=True)`, over the last axes as a product with ones: a fifth of the time."""
    count = math.prod(z.shape[axis] for axis in axes)
    if not axes or axes != tuple(range(z.ndim - len(axes), z.ndim)) or not 0 < count <= _MOST:
        return np.asarray(z.mean(axis=axes, keepdims=True))
    means: Array = z.reshape(-1, count).dot(ones(count, z.dtype))
    means /= count
    return means.reshape(*z.shape[: -len(axes)], *(1 for _ in axes))

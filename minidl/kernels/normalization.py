"""Normalization of groups of elements, and the scale and offset that follow it, forward and backward."""

import math

import numpy as np

from minidl.config.types import Array
from minidl.kernels.reductions import column_sums, mean_of_product, ones, sum_of_product

_MOST = 1 << 13  # elements whose sum is a product; NumPy's own sum of more rounds less


def normalize(x: Array, axes: tuple[int, ...], epsilon: float) -> tuple[Array, Array]:
    """`x_hat = (x - mean) / sqrt(variance + epsilon)`, mean and variance over the axes; also `1 / sqrt(variance + epsilon)`."""
    x_hat = x - mean_over(x, axes)
    variance = mean_of_product(x_hat, x_hat, axes)
    inverse = 1.0 / np.sqrt(variance + x.dtype.type(epsilon))
    x_hat *= inverse
    return x_hat, inverse


def normalize_backward(dx_hat: Array, x_hat: Array, inverse: Array, axes: tuple[int, ...]) -> Array:
    """`dx = inverse * (dx_hat - mean(dx_hat) - x_hat * mean(dx_hat * x_hat))`."""
    dx: Array = dx_hat - mean_over(dx_hat, axes)
    dx -= x_hat * mean_of_product(dx_hat, x_hat, axes)
    dx *= inverse
    return dx


def scale_and_center(x_hat: Array, gamma: Array, beta: Array) -> Array:
    """`y = gamma * x_hat + beta`; gamma and beta have x_hat's axes, some of size 1."""
    y: Array = x_hat * gamma
    y += beta
    return y


def scale_and_center_backward(dy: Array, x_hat: Array, gamma: Array, others: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """`dx_hat = gamma * dy`, and summed over the axes along which gamma is 1, `dgamma = sum(dy * x_hat)`, `dbeta = sum(dy)`."""
    is_last = others == tuple(range(dy.ndim - 1)) and dy.size > 0  # gamma is along the last axis
    dbeta = column_sums(dy.reshape(-1, dy.shape[-1])) if is_last else dy.sum(axis=others)
    return dy * gamma, sum_of_product(dy, x_hat, others), dbeta


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

"""Batch normalization: statistics of columns and the backward pass, in two passes over (rows, columns) each.

Sums of `_BLOCK` rows are rounded in the arrays' dtype, and added in float64.
"""

import numpy as np

from minidl.config.types import Array
from minidl.kernels import normalization as reference
from minidl.kernels.compiled.compiler import are_plain, compile_loops
from minidl.kernels.memory import empty_like

_BLOCK = 128


def center_rows(rows: Array, share: Array) -> tuple[Array, Array, Array]:
    """`normalization.center_rows`, with one weight for each row."""
    if share.ndim != 1 or not are_plain(rows, share):
        return reference.center_rows(rows, share)
    centered, part, (mean, variance) = empty_like(rows), np.empty(rows.shape[1], rows.dtype), np.zeros((2, rows.shape[1]))
    _center_rows(rows, share, centered, part, np.empty_like(part), mean, variance)
    return centered, mean.astype(rows.dtype), variance.astype(rows.dtype)


@compile_loops
def _center_rows(rows: Array, share: Array, centered: Array, part: Array, rest: Array, mean: Array, variance: Array) -> None:
    number = rows.dtype.type
    total = 0.0
    for n in range(len(rows)):  # in float64: far from 0, every digit of the mean counts
        weight = np.float64(share[n])
        total += weight
        for k in range(part.size):
            mean[k] += weight * rows[n, k]
    if total > 0.0:  # 0 where all rows are masked
        mean /= total
    near = mean.astype(rows.dtype)
    for k in range(part.size):
        rest[k] = mean[k] - near[k]  # what the rounded mean lacks
    for start in range(0, len(rows), _BLOCK):
        part[:] = number(0)
        for n in range(start, min(start + _BLOCK, len(rows))):
            for k in range(part.size):
                centered[n, k] = rows[n, k] - near[k] - rest[k]
            for k in range(part.size):
                part[k] += share[n] * centered[n, k] * centered[n, k]
        for k in range(part.size):
            variance[k] += part[k]


def column_products(dy: Array, x_hat: Array) -> tuple[Array, Array]:
    """`normalization.column_products`."""
    if not are_plain(dy, x_hat):
        return reference.column_products(dy, x_hat)
    sums, parts = np.zeros((2, dy.shape[1])), np.empty((2, dy.shape[1]), dy.dtype)
    _column_products(dy, x_hat, parts[0], parts[1], sums[0], sums[1])
    sum_dy, sum_dy_x_hat = sums.astype(dy.dtype)
    return sum_dy, sum_dy_x_hat


@compile_loops
def _column_products(dy: Array, x_hat: Array, part: Array, part_x: Array, total: Array, total_x: Array) -> None:
    for start in range(0, len(dy), _BLOCK):
        part[:] = part_x[:] = dy.dtype.type(0)
        for n in range(start, min(start + _BLOCK, len(dy))):
            for k in range(part.size):
                part[k] += dy[n, k]
            for k in range(part.size):
                part_x[k] += dy[n, k] * x_hat[n, k]
        for k in range(part.size):
            total[k] += part[k]
            total_x[k] += part_x[k]


def batch_backward(dy: Array, x_hat: Array, share: Array, sum_dy: Array, sum_dy_x_hat: Array, factor: Array) -> Array:
    """`normalization.batch_backward`, with one weight for each row."""
    if share.ndim != 1 or not are_plain(dy, x_hat, share, sum_dy, sum_dy_x_hat, factor):
        return reference.batch_backward(dy, x_hat, share, sum_dy, sum_dy_x_hat, factor)
    dx: Array = empty_like(dy)
    _batch_backward(dy, x_hat, share, sum_dy, sum_dy_x_hat, factor, dx)
    return dx


@compile_loops
def _batch_backward(
    dy: Array, x_hat: Array, share: Array, sum_dy: Array, sum_dy_x_hat: Array, factor: Array, dx: Array
) -> None:
    for n in range(len(dy)):
        for k in range(dx.shape[1]):
            dx[n, k] = factor[k] * (dy[n, k] - share[n] * (sum_dy[k] + x_hat[n, k] * sum_dy_x_hat[k]))

"""Normalization over the last axes, each row while it is in the first cache; arrays are (rows, elements)."""

import math

import numpy as np

from minidl.config.types import Array
from minidl.kernels import normalization as reference
from minidl.kernels.channels import fold, in_rows, repeated
from minidl.kernels.compiled.channels import scale_channels, scale_rows
from minidl.kernels.compiled.compiler import are_plain, compile_loops, compile_sums
from minidl.kernels.compiled.parts import run_in_parts
from minidl.kernels.memory import empty_like

_BLOCK = 256  # elements or rows whose sum is rounded in the arrays' dtype; such sums are added in float64


def normalize(x: Array, axes: tuple[int, ...], epsilon: float) -> tuple[Array, Array]:
    """`normalization.normalize`."""
    if not _are_last(axes, x) or not are_plain(x):
        return reference.normalize(x, axes, epsilon)
    x_hat, inverse = empty_like(x), np.empty((*x.shape[: axes[0]], *(1 for _ in axes)), x.dtype)
    run_in_parts(_normalize, (_rows(x, inverse), _rows(x_hat, inverse), inverse.reshape(-1)), x.dtype.type(epsilon))
    return x_hat, inverse


@compile_loops
def _normalize(x: Array, x_hat: Array, inverse: Array, epsilon: float) -> None:
    count, one = x.shape[1], x.dtype.type(1)
    for n in range(len(x)):
        mean = x.dtype.type(_sum(x[n]) / count)
        for k in range(count):
            x_hat[n, k] = x[n, k] - mean
        scale = one / math.sqrt(x.dtype.type(_sum_of_product(x_hat[n], x_hat[n]) / count) + epsilon)
        for k in range(count):
            x_hat[n, k] *= scale
        inverse[n] = scale


def normalize_backward(dx_hat: Array, x_hat: Array, inverse: Array, axes: tuple[int, ...]) -> Array:
    """`normalization.normalize_backward`."""
    if not _are_last(axes, x_hat) or not are_plain(dx_hat, x_hat, inverse):
        return reference.normalize_backward(dx_hat, x_hat, inverse, axes)
    dx: Array = empty_like(x_hat)
    run_in_parts(_normalize_backward, (*(_rows(one, inverse) for one in (dx_hat, x_hat, dx)), inverse.reshape(-1)))
    return dx


@compile_loops
def _normalize_backward(dx_hat: Array, x_hat: Array, dx: Array, inverse: Array) -> None:
    count = dx.shape[1]
    for n in range(len(dx)):
        mean = dx.dtype.type(_sum(dx_hat[n]) / count)
        along = dx.dtype.type(_sum_of_product(dx_hat[n], x_hat[n]) / count)
        for k in range(count):
            dx[n, k] = (dx_hat[n, k] - mean - x_hat[n, k] * along) * inverse[n]


@compile_sums
def _sum(row: Array) -> float:
    total = 0.0
    for start in range(0, row.size, _BLOCK):
        block, part = row[start : start + _BLOCK], row.dtype.type(0)
        for k in range(block.size):  # from 0 on: LLVM must see that k is not negative
            part += block[k]
        total += part
    return total


@compile_sums
def _sum_of_product(a: Array, b: Array) -> float:
    total = 0.0
    for start in range(0, a.size, _BLOCK):
        block, other, part = a[start : start + _BLOCK], b[start : start + _BLOCK], a.dtype.type(0)
        for k in range(block.size):
            part += block[k] * other[k]
        total += part
    return total


def scale_and_center(x_hat: Array, gamma: Array, beta: Array | None) -> Array:
    """`normalization.scale_and_center`."""
    if beta is None or not gamma.size == gamma.shape[-1] == x_hat.shape[-1] > 0 or x_hat.size == 0:
        return reference.scale_and_center(x_hat, gamma, beta)
    factor, offset, rows = gamma.reshape(1, -1), beta.reshape(1, -1), x_hat.reshape(1, -1, gamma.size)
    if gamma.size < reference.WIDE or not are_plain(x_hat, gamma, beta):
        return scale_channels(rows, factor, offset).reshape(x_hat.shape)
    y: Array = empty_like(x_hat)
    scale_rows(rows, y.reshape(rows.shape), factor, offset)
    return y


def scale_and_center_backward(dy: Array, x_hat: Array, gamma: Array, others: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """`normalization.scale_and_center_backward`."""
    if len(others) != dy.ndim - 1 or dy.ndim - 1 in others or dy.size == 0 or not are_plain(dy, x_hat, gamma):
        return reference.scale_and_center_backward(dy, x_hat, gamma, others)
    part, factor = dy.reshape(1, -1, gamma.size), gamma.reshape(-1)
    is_wide = gamma.size >= reference.WIDE
    rows = part[0] if is_wide else in_rows(part)[0]
    factor = factor if is_wide else repeated(gamma.reshape(1, -1), part)[0, 0]
    dx_hat, sums, (part_1, part_2) = empty_like(dy), np.zeros((2, factor.size)), np.empty((2, factor.size), dy.dtype)
    x_hat_rows, dx_hat_rows = x_hat.reshape(rows.shape), dx_hat.reshape(rows.shape)
    _scale_and_center_backward(rows, x_hat_rows, dx_hat_rows, factor, part_1, part_2, sums[0], sums[1])
    dgamma, dbeta = sums if is_wide else (fold(one[np.newaxis], part)[0] for one in sums)
    return dx_hat, dgamma.astype(dy.dtype), dbeta.astype(dy.dtype)


@compile_loops
def _scale_and_center_backward(
    dy: Array, x_hat: Array, dx_hat: Array, gamma: Array, dgamma_part: Array, dbeta_part: Array, dgamma: Array, dbeta: Array
) -> None:
    for start in range(0, len(dy), _BLOCK):
        dgamma_part[:] = dbeta_part[:] = dy.dtype.type(0)
        for n in range(start, min(start + _BLOCK, len(dy))):
            for k in range(gamma.size):
                dx_hat[n, k] = dy[n, k] * gamma[k]
            for k in range(gamma.size):
                dgamma_part[k] += dy[n, k] * x_hat[n, k]
            for k in range(gamma.size):
                dbeta_part[k] += dy[n, k]
        for k in range(gamma.size):
            dgamma[k] += dgamma_part[k]
            dbeta[k] += dbeta_part[k]


def _rows(array: Array, inverse: Array) -> Array:
    return array.reshape(inverse.size, array.size // max(inverse.size, 1))


def _are_last(axes: tuple[int, ...], x: Array) -> bool:
    return axes == tuple(range(x.ndim - len(axes), x.ndim)) and x.size > 0

"""A fully connected layer for a single row, as a server predicts it: product, bias and activation in one call."""

from collections.abc import Callable

import numpy as np

from minidl.config.types import Array
from minidl.kernels import dense as reference
from minidl.kernels.activations.relu import linear, relu
from minidl.kernels.activations.softmax import softmax
from minidl.kernels.compiled.compiler import compile_sums
from minidl.kernels.compiled.relu import positive_part_of
from minidl.kernels.compiled.softmax import softmax_of_rows

_LARGE = 1 << 20  # multiplications, above which a product uses several threads


def dense(x: Array, kernel: Array, bias: Array, activation: Callable[[Array], Array]) -> Array:
    """`dense.dense`; in one pass over the kernel for one row of float32, and linear units, relu or softmax."""
    known = activation is relu or activation is softmax or activation is linear
    if not known or len(x) != 1 or x.dtype.char != "f" or kernel.size > _LARGE or not x.flags.carray:
        return reference.dense(x, kernel, bias, activation)
    y = np.empty((1, bias.size), np.float32)
    _dense(x, kernel, bias, y, activation is relu, activation is softmax)
    return y


@compile_sums
def _dense(x: Array, kernel: Array, bias: Array, y: Array, rectify: bool, normalize: bool) -> None:
    row, z, whole = x[0], y[0], x.size // 4 * 4
    for j in range(z.size):
        z[j] = bias[j]
    for k in range(0, whole, 4):  # z is read and written once for four rows of the kernel
        a, b, c, d = row[k], row[k + 1], row[k + 2], row[k + 3]
        for j in range(z.size):
            z[j] += (a * kernel[k, j] + b * kernel[k + 1, j]) + (c * kernel[k + 2, j] + d * kernel[k + 3, j])
    for k in range(whole, row.size):
        for j in range(z.size):
            z[j] += row[k] * kernel[k, j]
    if rectify:
        positive_part_of(z, z)
    if normalize:
        softmax_of_rows(y)

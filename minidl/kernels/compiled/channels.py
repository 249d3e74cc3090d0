"""Arithmetic along channels in one pass each; arrays are (parts, rows, elements of a row), vectors (parts, elements)."""

import numpy as np

from minidl.config.types import Array
from minidl.kernels import channels as reference
from minidl.kernels.channels import fold, in_rows, repeated
from minidl.kernels.compiled.compiler import are_plain, compile_loops
from minidl.kernels.compiled.parts import run_in_parts
from minidl.kernels.memory import empty_like

_BLOCK = 128  # rows whose sum is rounded in the arrays' dtype; such sums are added in float64

_NARROW = 8  # elements of a row
_SMALL = 1 << 15  # elements, with fewer of which a single pass of NumPy is as fast


def channel_products(a: Array, b: Array) -> tuple[Array, Array]:
    """`channels.channel_products`."""
    if not are_plain(a, b) or _is_narrow(a):
        return reference.channel_products(a, b)
    a_rows, b_rows = in_rows(a), in_rows(b)
    parts, _, width = a_rows.shape
    sums, products = np.zeros((2, parts, width))
    run_in_parts(_channel_products, (a_rows, b_rows, np.empty((parts, 2, width), a.dtype), sums, products))
    return fold(sums, a).astype(a.dtype), fold(products, a).astype(a.dtype)


@compile_loops
def _channel_products(a: Array, b: Array, blocks: Array, sums: Array, products: Array) -> None:
    for n in range(len(a)):
        part, part_of_products = blocks[n, 0], blocks[n, 1]
        for start in range(0, a.shape[1], _BLOCK):
            part[:] = part_of_products[:] = a.dtype.type(0)
            for i in range(start, min(start + _BLOCK, a.shape[1])):
                for k in range(part.size):
                    part[k] += a[n, i, k]
                for k in range(part.size):
                    part_of_products[k] += a[n, i, k] * b[n, i, k]
            for k in range(part.size):
                sums[n, k] += part[k]
                products[n, k] += part_of_products[k]


def subtract_channels(x: Array, mean: Array) -> Array:
    """`channels.subtract_channels`."""
    if x.size < _SMALL or _is_narrow(x):
        return reference.subtract_channels(x, mean)
    return scale_channels(x, np.ones_like(mean), -mean)


def multiply_channels(x: Array, factor: Array) -> Array:
    """`channels.multiply_channels`."""
    if x.size < _SMALL or _is_narrow(x):
        return reference.multiply_channels(x, factor)
    return scale_channels(x, factor, np.zeros_like(factor))


def scale_channels(x: Array, factor: Array, offset: Array) -> Array:
    """`channels.scale_channels`."""
    if not are_plain(x, factor, offset) or _is_narrow(x):
        return reference.scale_channels(x, factor, offset)
    y: Array = empty_like(x)
    run_in_parts(scale_rows, (in_rows(x), in_rows(y), *_along_rows(x, factor, offset)))
    return y


@compile_loops
def scale_rows(x: Array, y: Array, factor: Array, offset: Array) -> None:
    """`y = x * factor + offset`, with a factor and an offset for each element of the rows of a part."""
    for n in range(len(x)):
        for i in range(x.shape[1]):
            for k in range(x.shape[2]):
                y[n, i, k] = x[n, i, k] * factor[n, k] + offset[n, k]


def combine_channels(a: Array, factor_a: Array, b: Array, factor_b: Array, offset: Array) -> Array:
    """`channels.combine_channels`."""
    if not are_plain(a, factor_a, b, factor_b, offset) or _is_narrow(a):
        return reference.combine_channels(a, factor_a, b, factor_b, offset)
    y: Array = empty_like(a)
    run_in_parts(_combine_channels, (*(in_rows(array) for array in (a, b, y)), *_along_rows(a, factor_a, factor_b, offset)))
    return y


@compile_loops
def _combine_channels(a: Array, b: Array, y: Array, factor_a: Array, factor_b: Array, offset: Array) -> None:
    for n in range(len(a)):
        for i in range(a.shape[1]):
            for k in range(a.shape[2]):
                y[n, i, k] = a[n, i, k] * factor_a[n, k] + (b[n, i, k] * factor_b[n, k] + offset[n, k])


def _is_narrow(x: Array) -> bool:
    """Whether the rows of x are too short for vector instructions; NumPy's loops then run over the positions."""
    return bool(in_rows(x).shape[2] < _NARROW)


def _along_rows(x: Array, *vectors: Array) -> list[Array]:
    """The vectors along the rows of x, one for each part: (parts or 1, channels) -> (parts, elements)."""
    return [repeated(vector if len(vector) == len(x) else np.repeat(vector, len(x), 0), x)[:, 0] for vector in vectors]

"""L2 normalization and its gradient."""

import numpy as np

from minidl.config.types import Array
from minidl.kernels.reductions import sum_of_product


def l2_normalize(x: Array, axes: int | tuple[int, ...], smallest: float) -> tuple[Array, Array]:
    """`y = x / max(norm, smallest)`, with the norm over the axes, and the factor of the backward pass.

    The factor is `1 / norm`, and 0 where the norm is below `smallest`.
    """
    length = np.sqrt(_sums(x, x, axes))
    inverse = 1.0 / np.maximum(length, x.dtype.type(smallest))
    return x * inverse, np.where(length < smallest, x.dtype.type(0), inverse)


def l2_normalize_backward(dy: Array, y: Array, factor: Array, axes: int | tuple[int, ...]) -> Array:
    """`dx = (dy - y * sum(dy * y)) / norm`: the part of dy orthogonal to y."""
    dx: Array = y * _sums(dy, y, axes)
    np.subtract(dy, dx, out=dx)
    dx *= factor
    return dx


def _sums(a: Array, b: Array, axes: int | tuple[int, ...]) -> Array:
    """`sum(a * b)` over the axes, which stay with size 1."""
    positive = tuple(axis % a.ndim for axis in (axes if isinstance(axes, tuple) else (axes,)))
    return np.expand_dims(sum_of_product(a, b, positive), positive)

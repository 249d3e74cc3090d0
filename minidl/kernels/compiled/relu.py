"""Rectified linear units, forward and backward in one pass each; arrays are flat."""

from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.kernels.activations import relu as reference
from minidl.kernels.compiled.compiler import are_plain, compile_loops

_SMALL = 1 << 11  # elements, with fewer of which NumPy is as fast


def positive_part(x: Array, out: Array | None = None) -> Array:
    """`relu.positive_part`."""
    y = np.empty_like(x) if out is None else out
    if x.size < _SMALL or not are_plain(x, y):
        return reference.positive_part(x, out)
    _positive_part(x.reshape(-1), y.reshape(-1))
    return y


@compile_loops
def _positive_part(x: Any, y: Any) -> None:
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = zero if x[i] <= zero else x[i]  # NaN stays


def positive_gradient(dy: Array, y: Array) -> Array:
    """`relu.positive_gradient`."""
    if y.size < _SMALL or dy.shape != y.shape or not are_plain(dy, y):
        return reference.positive_gradient(dy, y)
    dx = np.empty_like(y)
    _positive_gradient(dy.reshape(-1), y.reshape(-1), dx.reshape(-1))
    return dx


@compile_loops
def _positive_gradient(dy: Any, y: Any, dx: Any) -> None:
    zero, one = y.dtype.type(0), y.dtype.type(1)
    for i in range(y.size):
        dx[i] = dy[i] * (one if y[i] > zero else zero)

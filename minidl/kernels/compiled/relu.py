"""Rectified linear units, forward and backward in one pass each; arrays are flat."""

import numpy as np

from minidl.config.types import Array
from minidl.kernels.activations import relu as reference
from minidl.kernels.compiled.compiler import are_plain, compile_loops
from minidl.kernels.compiled.parts import run_in_parts
from minidl.kernels.memory import empty_like

_SMALL = 1 << 11  # elements, with fewer of which NumPy is as fast


def positive_part(x: Array, out: Array | None = None) -> Array:
    """`relu.positive_part`."""
    y = empty_like(x) if out is None else out
    if x.size < _SMALL or not are_plain(x, y):
        return reference.positive_part(x, out)
    run_in_parts(positive_part_of, (x.reshape(-1), y.reshape(-1)))
    return y


@compile_loops
def positive_part_of(x: Array, y: Array) -> None:
    """`y = max(x, 0)`."""
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = zero if x[i] <= zero else x[i]  # NaN stays


def add_bias_and_relu(z: Array, bias: Array) -> None:
    """`relu.add_bias_and_relu`, in one pass."""
    if bias.shape == z.shape[-1:] and are_plain(z, bias):
        run_in_parts(_add_bias, (z.reshape(-1, bias.size),), bias, z.dtype.type(0))
    else:
        reference.add_bias_and_relu(z, bias)


def add_bias(z: Array, bias: Array) -> None:
    """`relu.add_bias`."""
    if z.size >= _SMALL and bias.shape == z.shape[-1:] and are_plain(z, bias):
        run_in_parts(_add_bias, (z.reshape(-1, bias.size),), bias, z.dtype.type(-np.inf))
    else:
        reference.add_bias(z, bias)


@compile_loops
def _add_bias(z: Array, bias: Array, least: float) -> None:
    """`z = max(z + bias, least)`."""
    for n in range(len(z)):
        for k in range(bias.size):
            y = z[n, k] + bias[k]
            z[n, k] = least if y <= least else y  # NaN stays


def positive_gradient(dy: Array, y: Array) -> Array:
    """`relu.positive_gradient`."""
    if y.size < _SMALL or dy.shape != y.shape or not are_plain(dy, y):
        return reference.positive_gradient(dy, y)
    dx = empty_like(y)
    run_in_parts(_positive_gradient, (dy.reshape(-1), y.reshape(-1), dx.reshape(-1)))
    return dx


@compile_loops
def _positive_gradient(dy: Array, y: Array, dx: Array) -> None:
    zero, one = y.dtype.type(0), y.dtype.type(1)
    for i in range(y.size):
        dx[i] = dy[i] * (one if y[i] > zero else zero)

"""Linear and rectified linear units, the bias before them, and their derivatives."""

import functools
from collections.abc import Callable

import numpy as np

from minidl.config.types import Array, DType
from minidl.kernels.activations.leaky_relu import leaky_relu, leaky_relu_backward
from minidl.kernels.chunks import CHUNK
from minidl.kernels.in_use import in_use
from minidl.kernels.memory import empty_like

_SMALL = 1 << 10  # elements; below this the plain maximum is as fast as one over rows of that many


def linear(x: Array) -> Array:
    """The identity: `y = x`.

    Example:
        >>> linear(np.array([-1.0, 2.0]))
        array([-1.,  2.])
    """
    return x


def linear_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy`."""
    return dy


def relu(x: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Array:
    """Rectified linear unit: `y = max(x, 0)`.

    With options: `min(x, max_value)` above the threshold; `negative_slope * (x - threshold)` below it.

    Source: Nair & Hinton 2010.
    Example:
        >>> relu(np.array([-1.0, 2.0]))
        array([0., 2.])
    """
    if max_value is None and threshold == 0:
        return in_use[positive_part](x) if negative_slope == 0 else leaky_relu(x, negative_slope)
    if max_value is not None and threshold == negative_slope == 0:
        return np.asarray(np.clip(x, 0, float(max_value)))
    y = np.where(x > threshold, x, 0)
    if max_value is not None:
        y = np.clip(y, 0, float(max_value))
    if negative_slope != 0:
        y = y + float(negative_slope) * negative_part(x - float(threshold))
    return y


def relu_backward(
    dy: Array, x: Array, y: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Array:
    """`dx = dy` where `y` follows `x`, `negative_slope * dy` below the threshold, 0 elsewhere."""
    if max_value is None and threshold == 0:
        return in_use[positive_gradient](dy, y) if negative_slope == 0 else leaky_relu_backward(dy, x, y, negative_slope)
    follows = np.asarray(x > threshold)
    if max_value is not None:
        follows &= x < max_value
        if threshold < 0:
            follows &= x > 0
    dx = dy * follows
    if negative_slope != 0:
        dx = dx + dy * float(negative_slope) * (x < threshold)
    return dx


def positive_part(x: Array, out: Array | None = None) -> Array:
    """`max(x, 0)`, written to `out`, which may be x itself, or to a new array."""
    return _compared_with_zero(np.maximum, x, out)


def negative_part(x: Array, out: Array | None = None) -> Array:
    """`min(x, 0)`, written to `out`, which may be x itself, or to a new array."""
    return _compared_with_zero(np.minimum, x, out)


def _compared_with_zero(choose: np.ufunc, x: Array, out: Array | None) -> Array:
    """`choose(x, 0)`: NumPy compares two arrays with vector instructions, but not an array and a number.

    Comparing with rows of zeros, which stay in a core's cache, is three times as fast.
    """
    if x.size < _SMALL:
        return np.asarray(choose(x, zero(x.dtype), out=out))
    y = empty_like(x) if out is None else out
    if not (x.flags.c_contiguous and y.flags.c_contiguous):
        choose(x, 0, out=y)
        return y
    flat, flat_y, whole = x.reshape(-1), y.reshape(-1), x.size - x.size % _SMALL
    zeros = _zeros(x.dtype)[:_SMALL]
    choose(flat[:whole].reshape(-1, _SMALL), zeros, out=flat_y[:whole].reshape(-1, _SMALL))
    choose(flat[whole:], zeros[: x.size - whole], out=flat_y[whole:])
    return y


def activate(z: Array, bias: Array | None, activation: Callable[[Array], Array]) -> Array:
    """`activation(z + bias)`; z becomes `z + bias`, or the result of relu, whose backward pass needs no z."""
    if bias is not None and activation is relu:
        in_use[add_bias_and_relu](z, bias)
        return z
    if bias is not None:
        in_use[add_bias](z, bias)
    return positive_part(z, out=z) if activation is relu else activation(z)


def add_bias_and_relu(z: Array, bias: Array) -> None:
    """`z = max(z + bias, 0)`, in place."""
    add_bias(z, bias)
    _compared_with_zero(np.maximum, z, z)


def add_bias(z: Array, bias: Array) -> None:
    """`z += bias` along the last axis."""
    if z.ndim > 2 and 0 < z.shape[-2] * bias.size <= CHUNK and z.flags.c_contiguous:
        rows = z.reshape(-1, z.shape[-2] * bias.size)  # a view; adding to so few columns would take three times as long
        rows += np.tile(bias, z.shape[-2])
    else:
        rows = z[0] if z.ndim > 1 and len(z) == 1 else z  # broadcasting takes twice as long as adding arrays of one shape
        rows += bias


def positive_gradient(dy: Array, y: Array) -> Array:
    """`dy` where `y > 0`, 0 elsewhere."""
    if y.size <= CHUNK or not (dy.flags.c_contiguous and y.flags.c_contiguous):
        return dy * (y > zero(y.dtype))
    dx, zeros, flat_dy, flat_y = empty_like(dy), _zeros(y.dtype), dy.reshape(-1), y.reshape(-1)
    flat_dx = dx.reshape(-1)
    for start in range(0, y.size, CHUNK):
        piece = slice(start, start + CHUNK)
        np.multiply(flat_dy[piece], flat_y[piece] > zeros[: y.size - start], out=flat_dx[piece])
    return dx


@functools.cache
def zero(dtype: DType) -> Array:
    """The number 0 as an array, with which NumPy compares in half the time of a Python number."""
    return np.zeros((), dtype)


@functools.cache
def _zeros(dtype: DType) -> Array:
    return np.zeros(CHUNK, dtype)

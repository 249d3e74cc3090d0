"""Activation functions that set small inputs to 0 or another value, and their derivatives."""

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array


def hard_shrink(x: Array, threshold: float = 0.5) -> Array:
    """`y = x` where `|x| > threshold`, 0 elsewhere.

    Example:
        >>> hard_shrink(np.array([0.25, 2.0]))
        array([0., 2.])
    """
    return x * (np.abs(x) > _at_least_zero("hard_shrink", threshold))


def hard_shrink_backward(dy: Array, x: Array, y: Array, threshold: float = 0.5) -> Array:
    """`dx = dy` where `|x| > threshold`, 0 elsewhere."""
    return dy * (np.abs(x) > float(threshold))


def soft_shrink(x: Array, threshold: float = 0.5) -> Array:
    """Shrinks `x` towards 0 by `threshold`: `y = sign(x) * max(|x| - threshold, 0)`.

    Source: Donoho 1995.
    Example:
        >>> soft_shrink(np.array([0.25, 2.0]))
        array([0. , 1.5])
    """
    size = _at_least_zero("soft_shrink", threshold)
    y = np.asarray(np.clip(x, -size, size))
    np.subtract(x, y, out=y)
    return y


def soft_shrink_backward(dy: Array, x: Array, y: Array, threshold: float = 0.5) -> Array:
    """`dx = dy` where `|x| > threshold`, 0 elsewhere."""
    return dy * (np.abs(x) > float(threshold))


def tanh_shrink(x: Array) -> Array:
    """`y = x - tanh(x)`.

    Example:
        >>> tanh_shrink(np.array([-1.0, 2.0])).round(2)
        array([-0.24,  1.04])
    """
    y = np.asarray(np.tanh(x))
    np.subtract(x, y, out=y)
    return y


def tanh_shrink_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy * tanh(x)**2`."""
    dx = np.asarray(np.tanh(x))
    dx *= dx
    dx *= dy
    return dx


def threshold(x: Array, threshold: float, default_value: float) -> Array:
    """`y = x` where `x > threshold`, `default_value` elsewhere.

    Example:
        >>> threshold(np.array([0.25, 2.0]), threshold=1.0, default_value=-1.0)
        array([-1.,  2.])
    """
    y: Array = np.where(x > float(threshold), x, float(default_value))
    return y


def threshold_backward(dy: Array, x: Array, y: Array, threshold: float, default_value: float) -> Array:
    """`dx = dy` where `x > threshold`, 0 elsewhere."""
    return dy * (x > float(threshold))


def _at_least_zero(owner: str, threshold: float) -> float:
    return check_real(owner, "threshold", threshold, 0.0)

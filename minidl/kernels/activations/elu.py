"""Exponential linear units: ELU, CELU and SELU, and their derivatives."""

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array
from minidl.kernels.activations.leaky_relu import two_values
from minidl.kernels.activations.relu import negative_part, positive_part

# With these a layer of standardized inputs and weights of variance 1 / fan_in has standardized outputs (Klambauer et al. 2017).
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def elu(x: Array, alpha: float = 1.0) -> Array:
    """Exponential linear unit: `y = x` above 0, `alpha * (exp(x) - 1)` below.

    Source: Clevert, Unterthiner & Hochreiter 2016.
    Example:
        >>> elu(np.array([-1.0, 2.0])).round(2)
        array([-0.63,  2.  ])
    """
    y = np.asarray(negative_part(x))
    np.expm1(y, out=y)
    y *= float(alpha)
    y += positive_part(x)
    return y


def elu_backward(dy: Array, x: Array, y: Array, alpha: float = 1.0) -> Array:
    """`dx = dy` above 0, `dy * alpha * exp(x)` below."""
    dx = np.asarray(negative_part(x))
    np.exp(dx, out=dx)
    if alpha != 1:
        dx *= two_values(x > 0, 1.0, float(alpha), x.dtype)
    dx *= dy
    return dx


def celu(x: Array, alpha: float = 1.0) -> Array:
    """`y = x` above 0, `alpha * (exp(x / alpha) - 1)` below: an ELU whose slope is 1 at 0 for every `alpha` above 0.

    Source: Barron 2017.
    Example:
        >>> celu(np.array([-1.0, 2.0]), alpha=0.5).round(2)
        array([-0.43,  2.  ])
    """
    if check_real("celu", "alpha", alpha) <= 0:
        raise ValueError(f"celu expects alpha to be above 0, got {alpha!r}")
    y = np.asarray(negative_part(x))
    y /= float(alpha)
    np.expm1(y, out=y)
    y *= float(alpha)
    y += positive_part(x)
    return y


def celu_backward(dy: Array, x: Array, y: Array, alpha: float = 1.0) -> Array:
    """`dx = dy` above 0, `dy * exp(x / alpha)` below."""
    dx = np.asarray(negative_part(x))
    dx /= float(alpha)
    np.exp(dx, out=dx)
    dx *= dy
    return dx


def selu(x: Array) -> Array:
    """Scaled exponential linear unit: `y = scale * elu(x, alpha)`, for the two constants that keep mean 0 and variance 1.

    Source: Klambauer et al. 2017.
    Example:
        >>> selu(np.array([-1.0, 2.0])).round(2)
        array([-1.11,  2.1 ])
    """
    y = elu(x, SELU_ALPHA)
    y *= SELU_SCALE
    return y


def selu_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy * scale` above 0, `dy * scale * alpha * exp(x)` below."""
    dx = elu_backward(dy, x, y, SELU_ALPHA)
    dx *= SELU_SCALE
    return dx

"""Gaussian error linear unit, exact and approximated by a tanh, and its derivative."""

import functools
import math

import numpy as np

from minidl.config.types import Array
from minidl.kernels.activations.smooth import sigmoid
from minidl.kernels.chunks import in_chunks
from minidl.kernels.in_use import in_use
from minidl.kernels.normal import normal_density, normal_probability


def gelu(x: Array, approximate: bool = False) -> Array:
    """Gaussian error linear unit: `y = x * P`, where `P` is the standard normal cumulative distribution function of `x`.

    `approximate` replaces `P` by `(1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2`.

    Source: Hendrycks & Gimpel 2016.
    Example:
        >>> gelu(np.array([-1.0, 2.0])).round(2)
        array([-0.16,  1.95])
    """
    return in_use[gelu_values](x, approximate)


def gelu_backward(dy: Array, x: Array, y: Array, approximate: bool = False) -> Array:
    """`dx = dy * (P + x * P')`, where `P'` is the density of `P`."""
    return in_use[gelu_gradient](dy, x, approximate)


def gelu_values(x: Array, approximate: bool) -> Array:
    """`gelu`, chunk by chunk."""
    return in_chunks(functools.partial(_gelu_of_chunk, approximate), x)


def gelu_gradient(dy: Array, x: Array, approximate: bool) -> Array:
    """`gelu_backward`, chunk by chunk."""
    return in_chunks(functools.partial(_gelu_gradient_of_chunk, approximate), dy, x)


def _gelu_of_chunk(approximate: bool, x: Array) -> Array:
    y = _gelu_probability(x, approximate)
    y *= x
    return y


def _gelu_gradient_of_chunk(approximate: bool, dy: Array, x: Array) -> Array:
    probability = _gelu_probability(x, approximate)
    if approximate:
        # P = (1 + tanh(u)) / 2, so P' = 2 * P * (1 - P) * u'
        dx = np.asarray(x * x)
        dx *= 3 * 0.044715
        dx += 1
        dx *= 2 * math.sqrt(2 / math.pi)  # 2 * u'
        dx *= probability
        dx *= 1 - probability
    else:
        dx = normal_density(x)
    dx *= x
    dx += probability
    dx *= dy
    return dx


def _gelu_probability(x: Array, approximate: bool) -> Array:
    if not approximate:
        return normal_probability(x)
    u = np.asarray(x * x)
    u *= 0.044715
    u += 1
    u *= x
    u *= 2 * math.sqrt(2 / math.pi)
    return sigmoid(u)  # (1 + tanh(u / 2)) / 2

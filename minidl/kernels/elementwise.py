"""The activation functions and their derivatives: from `x` to `y`, and from `dy` back to `dx`.

Every `name_backward(dy, x, y)` takes what `name(x)` took and gave, with the same options. Arrays keep their dtype and are
never written to; `linear` alone hands on the very array that came. A mask is multiplied rather than selected by
`np.where`, which was measured to be ten times slower on random signs.
"""

import functools
import math
from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.kernels.normal import normal_density, normal_probability
from minidl.kernels.pieces import by_pieces
from minidl.kernels.rectified import rectified
from minidl.kernels.rows import largest, totals

Axis = int | tuple[int, ...]


def linear(x: Array) -> Array:
    """The identity: `y = x`."""
    return x


def linear_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy`."""
    return dy


def relu(x: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Array:
    """Rectified linear unit: `y = max(x, 0)`.

    With options: `x`, at most `max_value`, above the threshold; `negative_slope * (x - threshold)` below it.

    Source: Nair & Hinton 2010.
    """
    if max_value is None and threshold == 0:
        return rectified(x) if negative_slope == 0 else leaky_relu(x, negative_slope)
    y = np.where(x > threshold, x, 0)
    if max_value is not None:
        y = np.clip(y, 0, float(max_value))
    if negative_slope != 0:
        y = y + float(negative_slope) * np.minimum(x - float(threshold), 0)
    return y


def relu_backward(
    dy: Array, x: Array, y: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Array:
    """`dx = dy` where `y` follows `x`, `negative_slope * dy` below the threshold, 0 elsewhere."""
    if max_value is None and threshold == 0:
        return dy * (y > 0) if negative_slope == 0 else leaky_relu_backward(dy, x, y, negative_slope)
    follows = x > threshold
    if max_value is not None:
        follows = follows & (x > 0) & (x < max_value)
    dx = dy * follows
    if negative_slope != 0:
        dx = dx + dy * float(negative_slope) * (x < threshold)
    return dx


def leaky_relu(x: Array, negative_slope: float = 0.2) -> Array:
    """`y = x` above 0, `negative_slope * x` below.

    Source: Maas, Hannun & Ng 2013.
    """
    # For a slope up to 1 the line wanted is the upper of the two everywhere, above 1 the lower.
    y: Array = (np.maximum if negative_slope <= 1 else np.minimum)(x, x * float(negative_slope))
    return y


def leaky_relu_backward(dy: Array, x: Array, y: Array, negative_slope: float = 0.2) -> Array:
    """`dx = dy` above 0, `negative_slope * dy` below."""
    return dy * _choose(x >= 0, 1.0, float(negative_slope), x.dtype)


def elu(x: Array, alpha: float = 1.0) -> Array:
    """Exponential linear unit: `y = x` above 0, `alpha * (exp(x) - 1)` below.

    Source: Clevert, Unterthiner & Hochreiter 2016.
    """
    y = np.asarray(np.minimum(x, 0))
    np.expm1(y, out=y)
    y *= float(alpha)
    y += np.maximum(x, 0)
    return y


def elu_backward(dy: Array, x: Array, y: Array, alpha: float = 1.0) -> Array:
    """`dx = dy` above 0, `dy * alpha * exp(x)` below."""
    dx = np.asarray(np.minimum(x, 0))
    np.exp(dx, out=dx)
    if alpha != 1:
        dx *= _choose(x > 0, 1.0, float(alpha), x.dtype)
    dx *= dy
    return dx


def sigmoid(x: Array) -> Array:
    """`y = 1 / (1 + exp(-x))`, computed as `(1 + tanh(x / 2)) / 2`, which cannot overflow."""
    y = np.asarray(x * 0.5)
    np.tanh(y, out=y)
    y *= 0.5
    y += 0.5
    return y


def sigmoid_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy * y * (1 - y)`."""
    dx = np.asarray(1 - y)
    dx *= y
    dx *= dy
    return dx


def tanh(x: Array) -> Array:
    """Hyperbolic tangent: `y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))`."""
    y: Array = np.tanh(x)
    return y


def tanh_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy * (1 - y**2)`."""
    dx = np.asarray(y * y)
    np.subtract(1, dx, out=dx)
    dx *= dy
    return dx


def silu(x: Array) -> Array:
    """Sigmoid linear unit, also called swish: `y = x * sigmoid(x)`.

    Source: Ramachandran, Zoph & Le 2017.
    """
    y = sigmoid(x)
    y *= x
    return y


def silu_backward(dy: Array, x: Array, y: Array) -> Array:
    """With `s = sigmoid(x)`: `dx = dy * (s + x * s * (1 - s)) = dy * (s * (1 - y) + y)`."""
    dx = sigmoid(x)
    dx *= 1 - y
    dx += y
    dx *= dy
    return dx


def softplus(x: Array) -> Array:
    """`y = log(1 + exp(x))`, computed as `max(x, 0) + log(1 + exp(-|x|))`, which cannot overflow."""
    y = np.asarray(np.abs(x))
    np.negative(y, out=y)
    np.exp(y, out=y)
    np.log1p(y, out=y)
    y += np.maximum(x, 0)
    return y


def softplus_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy * sigmoid(x)`."""
    dx = sigmoid(x)
    dx *= dy
    return dx


def gelu(x: Array, approximate: bool = False) -> Array:
    """Gaussian error linear unit: `y = x * P`, where `P` is the normal distribution's probability of a value below `x`.

    `approximate` replaces `P` by `(1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2`.

    Source: Hendrycks & Gimpel 2016.
    """
    return by_pieces(functools.partial(_gelu, approximate), x)


def gelu_backward(dy: Array, x: Array, y: Array, approximate: bool = False) -> Array:
    """`dx = dy * (P + x * P')`, where `P'` is the density that belongs to `P`."""
    return by_pieces(functools.partial(_gelu_backward, approximate), dy, x)


def _gelu(approximate: bool, x: Array) -> Array:
    y = _gelu_probability(x, approximate)
    y *= x
    return y


def _gelu_backward(approximate: bool, dy: Array, x: Array) -> Array:
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


def softmax(x: Array, axis: Axis = -1) -> Array:
    """`y = exp(x) / sum(exp(x))` along `axis`; the largest `x` is subtracted first, so that nothing overflows."""
    rows = axis == -1 and x.size > 256  # for fewer numbers, to ask how long they are takes longer than it saves
    y: Array = x - (largest(x) if rows else np.maximum.reduce(x, axis=axis, keepdims=True))
    np.exp(y, out=y)
    y /= totals(y) if rows else np.add.reduce(y, axis=axis, keepdims=True)
    return y


def softmax_backward(dy: Array, x: Array, y: Array, axis: Axis = -1) -> Array:
    """`dx = y * (dy - sum(dy * y))` along `axis`."""
    dx = dy * y
    np.subtract(dy, dx.sum(axis=axis, keepdims=True), out=dx)
    dx *= y
    return dx


def log_softmax(x: Array, axis: Axis = -1) -> Array:
    """`y = x - log(sum(exp(x)))` along `axis`, the logarithm of `softmax` without its underflow."""
    y: Array = x - x.max(axis=axis, keepdims=True)
    y -= np.log(np.exp(y).sum(axis=axis, keepdims=True))
    return y


def log_softmax_backward(dy: Array, x: Array, y: Array, axis: Axis = -1) -> Array:
    """`dx = dy - exp(y) * sum(dy)` along `axis`."""
    dx = np.asarray(np.exp(y))
    dx *= dy.sum(axis=axis, keepdims=True)
    np.subtract(dy, dx, out=dx)
    return dx


def _choose(mask: Array, where_true: float, where_false: float, dtype: Any) -> Array:
    """An array of two values, chosen by the mask."""
    chosen: Array = np.asarray(np.multiply(mask, where_true - where_false, dtype=dtype))
    chosen += where_false
    return chosen

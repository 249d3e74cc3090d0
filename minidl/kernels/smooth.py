"""Further smooth activation functions, made of exponentials, logarithms and roots, and their derivatives.

None overflows for any `x`, but for `exponential`, whose value itself can be too large.
"""

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array
from minidl.kernels.elementwise import elu, elu_backward, sigmoid, softplus

# With these a layer of standardised inputs and weights of variance 1 / fan_in has standardised outputs (Klambauer et al. 2017).
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def celu(x: Array, alpha: float = 1.0) -> Array:
    """`y = x` above 0, `alpha * (exp(x / alpha) - 1)` below: an ELU whose slope is 1 at 0 for every `alpha` above 0.

    Source: Barron 2017.
    """
    if check_real("celu", "alpha", alpha) <= 0:
        raise ValueError(f"celu expects alpha to be above 0, got {alpha!r}")
    y = np.asarray(np.minimum(x, 0))
    y /= float(alpha)
    np.expm1(y, out=y)
    y *= float(alpha)
    y += np.maximum(x, 0)
    return y


def celu_backward(dy: Array, x: Array, y: Array, alpha: float = 1.0) -> Array:
    """`dx = dy` above 0, `dy * exp(x / alpha)` below."""
    dx = np.asarray(np.minimum(x, 0))
    dx /= float(alpha)
    np.exp(dx, out=dx)
    dx *= dy
    return dx


def selu(x: Array) -> Array:
    """Scaled exponential linear unit: `y = scale * elu(x, alpha)`, for the two constants that keep mean 0 and variance 1.

    Source: Klambauer et al. 2017.
    """
    y = elu(x, SELU_ALPHA)
    y *= SELU_SCALE
    return y


def selu_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy * scale` above 0, `dy * scale * alpha * exp(x)` below."""
    dx = elu_backward(dy, x, y, SELU_ALPHA)
    dx *= SELU_SCALE
    return dx


def exponential(x: Array) -> Array:
    """`y = exp(x)`; infinite where that is more than the float type holds, above 88 in float32."""
    with np.errstate(over="ignore"):
        y: Array = np.exp(x)
    return y


def exponential_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy * y`."""
    return dy * y


def log_sigmoid(x: Array) -> Array:
    """`y = log(sigmoid(x))`, computed as `-softplus(-x)`, without its underflow."""
    y = np.asarray(softplus(-x))
    np.negative(y, out=y)
    return y


def log_sigmoid_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy * sigmoid(-x)`."""
    dx = sigmoid(-x)
    dx *= dy
    return dx


def mish(x: Array) -> Array:
    """`y = x * tanh(softplus(x))`.

    Source: Misra 2019.
    """
    y = softplus(x)
    np.tanh(y, out=y)
    y *= x
    return y


def mish_backward(dy: Array, x: Array, y: Array) -> Array:
    """With `t = tanh(softplus(x))`: `dx = dy * (t + x * (1 - t**2) * sigmoid(x))`."""
    t = softplus(x)
    np.tanh(t, out=t)
    dx = np.asarray(1 - t * t)
    dx *= sigmoid(x)
    dx *= x
    dx += t
    dx *= dy
    return dx


def softsign(x: Array) -> Array:
    """`y = x / (1 + |x|)`.

    Source: Turian, Bergstra & Bengio 2009.
    """
    y = np.asarray(np.abs(x))
    y += 1
    np.divide(x, y, out=y)
    return y


def softsign_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy / (1 + |x|)**2`."""
    dx = np.asarray(np.abs(x))
    dx += 1
    np.reciprocal(dx, out=dx)  # before it is squared, which could overflow
    dx *= dx
    dx *= dy
    return dx


def squareplus(x: Array, b: float = 4) -> Array:
    """`y = (x + sqrt(x**2 + b)) / 2`: a softplus made of a root; `b`, at least 0, says how round its corner is.

    Computed as `max(x, 0) + b / 2 / (|x| + sqrt(x**2 + b))`, which does not cancel where `x` is far below 0.

    Source: Barron 2021.
    """
    if check_real("squareplus", "b", b, 0.0) == 0:
        corner: Array = np.maximum(x, 0)
        return corner
    y = np.asarray(np.hypot(x, float(b) ** 0.5, dtype=x.dtype))
    y += np.abs(x)
    np.divide(0.5 * float(b), y, out=y)
    y += np.maximum(x, 0)
    return y


def squareplus_backward(dy: Array, x: Array, y: Array, b: float = 4) -> Array:
    """`dx = dy * y / sqrt(x**2 + b)`, which is `dy * (1 + x / sqrt(x**2 + b)) / 2`."""
    if b == 0:
        return dy * (x > 0)
    dx = np.asarray(np.hypot(x, float(b) ** 0.5, dtype=x.dtype))
    np.divide(y, dx, out=dx)
    dx *= dy
    return dx

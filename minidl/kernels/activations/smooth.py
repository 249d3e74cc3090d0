"""Smooth activation functions made of exponentials, logarithms and roots, and their derivatives.

None overflows for any `x` except `exponential`, whose value itself can be too large.
"""

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array
from minidl.kernels.activations.relu import positive_part


def sigmoid(x: Array) -> Array:
    """`y = 1 / (1 + exp(-x))`, computed as `(1 + tanh(x / 2)) / 2`, which cannot overflow.

    Example:
        >>> sigmoid(np.array([0.0, 2.0])).round(2)
        array([0.5 , 0.88])
    """
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
    """Hyperbolic tangent: `y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))`.

    Example:
        >>> tanh(np.array([0.0, 2.0])).round(2)
        array([0.  , 0.96])
    """
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
    Example:
        >>> silu(np.array([-1.0, 2.0])).round(2)
        array([-0.27,  1.76])
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
    """`y = log(1 + exp(x))`, computed as `max(x, 0) + log(1 + exp(-|x|))`, which cannot overflow.

    Example:
        >>> softplus(np.array([-1.0, 2.0])).round(2)
        array([0.31, 2.13])
    """
    y = np.asarray(np.abs(x))
    np.negative(y, out=y)
    np.exp(y, out=y)
    np.log1p(y, out=y)
    y += positive_part(x)
    return y


def softplus_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy * sigmoid(x)`."""
    dx = sigmoid(x)
    dx *= dy
    return dx


def exponential(x: Array) -> Array:
    """`y = exp(x)`; infinite on overflow, above 88 in float32.

    Example:
        >>> exponential(np.array([0.0, 1.0])).round(2)
        array([1.  , 2.72])
    """
    with np.errstate(over="ignore"):
        y: Array = np.exp(x)
    return y


def exponential_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy * y`."""
    return dy * y


def log_sigmoid(x: Array) -> Array:
    """`y = log(sigmoid(x))`, computed as `-softplus(-x)`, without its underflow.

    Example:
        >>> log_sigmoid(np.array([0.0, -200.0])).round(2)
        array([  -0.69, -200.  ])
    """
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
    Example:
        >>> mish(np.array([-1.0, 2.0])).round(2)
        array([-0.3 ,  1.94])
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
    Example:
        >>> softsign(np.array([-1.0, 3.0]))
        array([-0.5 ,  0.75])
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
    """`y = (x + sqrt(x**2 + b)) / 2`: an algebraic softplus; `b`, at least 0, sets the smoothness at 0.

    Computed as `max(x, 0) + b / 2 / (|x| + sqrt(x**2 + b))`, which does not cancel where `x` is far below 0.

    Source: Barron 2021.
    Example:
        >>> squareplus(np.array([0.0, 1.5]))
        array([1., 2.])
    """
    if check_real("squareplus", "b", b, 0.0) == 0:
        return positive_part(x)
    y = np.asarray(np.hypot(x, float(b) ** 0.5, dtype=x.dtype))
    y += np.abs(x)
    np.divide(0.5 * float(b), y, out=y)
    y += positive_part(x)
    return y


def squareplus_backward(dy: Array, x: Array, y: Array, b: float = 4) -> Array:
    """`dx = dy * y / sqrt(x**2 + b)`, which is `dy * (1 + x / sqrt(x**2 + b)) / 2`."""
    if b == 0:
        return dy * (x > 0)
    dx = np.asarray(np.hypot(x, float(b) ** 0.5, dtype=x.dtype))
    np.divide(y, dx, out=dx)
    dx *= dy
    return dx

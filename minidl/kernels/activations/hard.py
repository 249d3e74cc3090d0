"""Piecewise linear and quadratic approximations of smooth activation functions, and their derivatives.

At corners, where Keras uses the derivative of one side, these use the same.
"""

import numpy as np

from minidl.config.types import Array


def relu6(x: Array) -> Array:
    """`y = min(max(x, 0), 6)`.

    Source: Krizhevsky 2010.
    Example:
        >>> relu6(np.array([-1.0, 2.0, 9.0]))
        array([0., 2., 6.])
    """
    y: Array = np.clip(x, 0, 6)
    return y


def relu6_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy` where `0 < x < 6`, 0 elsewhere."""
    return dy * ((x > 0) & (x < 6))


def hard_sigmoid(x: Array) -> Array:
    """Piecewise linear sigmoid: `y = min(max(x / 6 + 1 / 2, 0), 1)`.

    Source: Courbariaux, Bengio & David 2015.
    Example:
        >>> hard_sigmoid(np.array([-3.0, 0.0, 1.5, 9.0])).round(2)
        array([0.  , 0.5 , 0.75, 1.  ])
    """
    return _clipped_line(x, 1 / 6)


def hard_sigmoid_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy / 6` where `-3 < x < 3`, 0 elsewhere."""
    return _clipped_line_backward(dy, x, 1 / 6, 3)


def keras_2_hard_sigmoid(x: Array) -> Array:
    """`hard_sigmoid` as Keras 2 had it: `y = min(max(0.2 * x + 0.5, 0), 1)`. Models in files of Keras 2 use it.

    Source: Courbariaux, Bengio & David 2015.
    Example:
        >>> keras_2_hard_sigmoid(np.array([-2.5, 0.0, 1.0, 9.0])).round(2)
        array([0. , 0.5, 0.7, 1. ])
    """
    return _clipped_line(x, 0.2)


def keras_2_hard_sigmoid_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy / 5` where `-2.5 < x < 2.5`, 0 elsewhere."""
    return _clipped_line_backward(dy, x, 0.2, 2.5)


def hard_silu(x: Array) -> Array:
    """`y = x * hard_sigmoid(x)`, also called hard swish.

    Source: Howard et al. 2019.
    Example:
        >>> hard_silu(np.array([-1.0, 2.0])).round(2)
        array([-0.33,  1.67])
    """
    y = hard_sigmoid(x)
    y *= x
    return y


def hard_silu_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy * (hard_sigmoid(x) + x / 6)` where `-3 < x < 3`; without the second term elsewhere."""
    dx = np.asarray(x * (np.abs(x) < 3))
    dx *= 1 / 6
    dx += hard_sigmoid(x)
    dx *= dy
    return dx


def hard_tanh(x: Array) -> Array:
    """Piecewise linear tanh: `y = min(max(x, -1), 1)`.

    Source: Collobert 2004.
    Example:
        >>> hard_tanh(np.array([-2.0, 0.5]))
        array([-1. ,  0.5])
    """
    y: Array = np.clip(x, -1, 1)
    return y


def hard_tanh_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy` where `-1 <= x <= 1`, 0 elsewhere."""
    return dy * (np.abs(x) <= 1)


def sparse_sigmoid(x: Array) -> Array:
    """`y = (x + 1) / 2`, clipped to [0, 1].

    Source: Martins & Astudillo 2016.
    Example:
        >>> sparse_sigmoid(np.array([-2.0, 0.5]))
        array([0.  , 0.75])
    """
    return _clipped_line(x, 0.5)


def sparse_sigmoid_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy / 2` where `-1 < x < 1`, 0 elsewhere."""
    return _clipped_line_backward(dy, x, 0.5, 1)


def sparse_plus(x: Array) -> Array:
    """0 below -1, `x` above 1, and between them `y = (x + 1)**2 / 4`, which touches both: the integral of `sparse_sigmoid`.

    Source: Martins & Astudillo 2016 (`sparse_sigmoid`).
    Example:
        >>> sparse_plus(np.array([-2.0, 0.0, 3.0]))
        array([0.  , 0.25, 3.  ])
    """
    y = sparse_sigmoid(x)
    y *= y
    np.maximum(y, x, out=y)  # the parabola lies above the line up to the point where they touch
    return y


def sparse_plus_backward(dy: Array, x: Array, y: Array) -> Array:
    """`dx = dy * sparse_sigmoid(x)`."""
    dx = sparse_sigmoid(x)
    dx *= dy
    return dx


def _clipped_line(x: Array, slope: float) -> Array:
    """`y = min(max(slope * x + 1 / 2, 0), 1)`."""
    y = np.asarray(x * slope)
    y += 0.5
    np.clip(y, 0, 1, out=y)
    return y


def _clipped_line_backward(dy: Array, x: Array, slope: float, edge: float) -> Array:
    """`dx = slope * dy` where `-edge < x < edge`, 0 elsewhere."""
    dx = np.asarray(dy * (np.abs(x) < edge))
    dx *= slope
    return dx

"""Leaky rectified linear unit, and its derivative."""

import numpy as np

from minidl.config.types import Array, DType


def leaky_relu(x: Array, negative_slope: float = 0.2) -> Array:
    """`y = x` above 0, `negative_slope * x` below.

    Source: Maas, Hannun & Ng 2013.
    Example:
        >>> leaky_relu(np.array([-1.0, 2.0]))
        array([-0.2,  2. ])
    """
    # For slopes up to 1 the result is the maximum of x and slope * x, above 1 the minimum.
    y: Array = (np.maximum if negative_slope <= 1 else np.minimum)(x, x * float(negative_slope))
    return y


def leaky_relu_backward(dy: Array, x: Array, y: Array, negative_slope: float = 0.2) -> Array:
    """`dx = dy` above 0, `negative_slope * dy` below."""
    return dy * two_values(x >= 0, 1.0, float(negative_slope), x.dtype)


def two_values(mask: Array, where_true: float, where_false: float, dtype: DType) -> Array:
    """An array of two values, chosen by the mask."""
    chosen: Array = np.asarray(np.multiply(mask, where_true - where_false, dtype=dtype))
    chosen += where_false
    return chosen

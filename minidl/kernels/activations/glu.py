"""Gated linear unit: one half of the features gates the other."""

import numpy as np

from minidl.config.types import Array
from minidl.kernels.activations.smooth import sigmoid


def glu(x: Array, axis: int = -1) -> Array:
    """Gated linear unit: `y = a * sigmoid(b)`, where `a` and `b` are the two halves of `x` along `axis`.

    Source: Dauphin et al. 2017.
    Example:
        >>> glu(np.array([4.0, 6.0, 0.0, 0.0]))
        array([2., 3.])
    """
    halved_shape(x.shape, "glu", axis)
    a, b = np.split(x, 2, axis=axis)
    y = sigmoid(b)
    y *= a
    return y


def glu_backward(dy: Array, x: Array, y: Array, axis: int = -1) -> Array:
    """`da = dy * sigmoid(b)`, and `db = dy * y * (1 - sigmoid(b))`, concatenated."""
    gate = sigmoid(np.split(x, 2, axis=axis)[1])
    db = np.asarray(1 - gate)
    db *= y
    db *= dy
    dx: Array = np.concatenate([dy * gate, db], axis=axis)
    return dx


def halved_shape(shape: tuple[int | None, ...], owner: str = "glu", axis: int = -1) -> tuple[int | None, ...]:
    """The output shape of `glu`; raises ValueError unless the axis has an even size."""
    rank = len(shape)
    if not -rank <= axis < rank:
        raise ValueError(f"{owner} cannot take halves of axis {axis}, which shape {shape} does not have")
    size = shape[axis]
    if size is not None and size % 2:
        raise ValueError(
            f"{owner} cannot take halves of an axis of {size}, got shape {shape}; glu needs an even size along axis {axis}"
        )
    halved = list(shape)
    halved[axis] = None if size is None else size // 2
    return tuple(halved)

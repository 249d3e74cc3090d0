"""Activation functions that mix the elements along an axis, besides softmax, and their derivatives."""

import numpy as np

from minidl.config.types import Array
from minidl.kernels.elementwise import sigmoid


def glu(x: Array, axis: int = -1) -> Array:
    """Gated linear unit: `y = a * sigmoid(b)`, where `a` and `b` are the two halves of `x` along `axis`.

    Source: Dauphin et al. 2017.
    """
    halved_shape(x.shape, "glu", axis)
    a, b = np.split(x, 2, axis=axis)
    y = sigmoid(b)
    y *= a
    return y


def glu_backward(dy: Array, x: Array, y: Array, axis: int = -1) -> Array:
    """`da = dy * sigmoid(b)`, and `db = dy * y * (1 - sigmoid(b))`, side by side."""
    gate = sigmoid(np.split(x, 2, axis=axis)[1])
    db = np.asarray(1 - gate)
    db *= y
    db *= dy
    dx: Array = np.concatenate([dy * gate, db], axis=axis)
    return dx


def halved_shape(shape: tuple[int | None, ...], owner: str = "glu", axis: int = -1) -> tuple[int | None, ...]:
    """The shape that `glu` gives; refused where the axis has no two halves of the same size."""
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


def sparsemax(x: Array, axis: int = -1) -> Array:
    """The probabilities nearest to `x`, most of which are 0: `y = max(x - tau, 0)`, where `tau` makes the sum along `axis` 1.

    Source: Martins & Astudillo 2016.
    """
    z: Array = x - x.max(axis=axis, keepdims=True)
    np.maximum(z, -1, out=z)  # what lies 1 or more below the largest has no share, however far it lies
    falling = -np.sort(-z, axis=axis)
    sums = falling.cumsum(axis=axis)
    ranks = np.arange(1, x.shape[axis] + 1, dtype=x.dtype)
    ranks = ranks.reshape([-1 if place == axis % x.ndim else 1 for place in range(x.ndim)])
    count = (1 + ranks * falling > sums).sum(axis=axis, keepdims=True)  # how many have a share
    tau = (np.take_along_axis(sums, count - 1, axis=axis) - 1) / count.astype(x.dtype)
    z -= tau
    np.maximum(z, 0, out=z)
    return z


def sparsemax_backward(dy: Array, x: Array, y: Array, axis: int = -1) -> Array:
    """`dx = dy - mean(dy)` along `axis`, both among those that have a share; 0 for the others."""
    has_share = y > 0
    dx = np.asarray(dy * has_share)
    dx -= dx.sum(axis=axis, keepdims=True) / has_share.sum(axis=axis, keepdims=True, dtype=x.dtype)
    dx *= has_share
    return dx

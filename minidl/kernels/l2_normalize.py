"""Vectors divided by their length, and the gradient through it."""

import numpy as np

from minidl.config.types import Array


def l2_normalize(x: Array, axes: int | tuple[int, ...], smallest: float) -> tuple[Array, Array]:
    """`y = x / max(length, smallest)`, with the length over the axes; and the factor by which gradients go back.

    That is `1 / length`, and 0 where there is no direction, which is where the length is under `smallest`.
    """
    length = np.sqrt(np.square(x).sum(axis=axes, keepdims=True))
    inverse = 1.0 / np.maximum(length, x.dtype.type(smallest))
    return x * inverse, np.where(length < smallest, x.dtype.type(0), inverse)


def l2_normalize_backward(dy: Array, y: Array, factor: Array, axes: int | tuple[int, ...]) -> Array:
    """`dx = (dy - y * sum(dy * y)) / length`: the part of dy orthogonal to y."""
    dx: Array = (dy - y * (dy * y).sum(axis=axes, keepdims=True)) * factor
    return dx

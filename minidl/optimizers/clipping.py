"""Gradient clipping: limit the elements or the norms of the gradients before the update."""

from collections.abc import Iterable

import numpy as np

from minidl.config.types import Array


def clip_by_value(gradients: Iterable[Array], limit: float) -> None:
    """Clip each element to [-limit, limit], in place."""
    for gradient in gradients:
        np.clip(gradient, -limit, limit, out=gradient)


def clip_by_norm(gradients: Iterable[Array], limit: float) -> None:
    """Scale each gradient in place so that its norm is at most `limit`."""
    for gradient in gradients:
        _scale(gradient, _squared_norm(gradient), limit)


def clip_by_global_norm(gradients: Iterable[Array], limit: float) -> None:
    """Scale all gradients in place by one factor so that their common norm is at most `limit`."""
    gradients = list(gradients)
    squared_norm = sum(map(_squared_norm, gradients))
    for gradient in gradients:
        _scale(gradient, squared_norm, limit)


def _squared_norm(gradient: Array) -> float:
    return float(np.vdot(gradient, gradient))


def _scale(gradient: Array, squared_norm: float, limit: float) -> None:
    if squared_norm > limit * limit:
        gradient *= limit / squared_norm**0.5

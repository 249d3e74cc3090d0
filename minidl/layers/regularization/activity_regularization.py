"""`ActivityRegularization`: adds a penalty on its input to the loss."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array
from minidl.layers.options import LayerOptions
from minidl.layers.same_shape import SameShape


class ActivityRegularization(SameShape):
    """Returns its input and adds `(l1 * sum(|x|) + l2 * sum(x ** 2)) / batch` to the loss: a mean over the rows, as in Keras.

    Args:
        l1: weight of the sum of absolute values, at least 0; `None` is 0.
        l2: weight of the sum of squares, at least 0; `None` is 0.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y of the same shape.
    Raises:
        ValueError: `l1` or `l2` is negative.
    Example:
        >>> layer = ActivityRegularization(l2=0.5)
        >>> y, cache = layer.forward(np.array([[1.0, -2.0], [1.0, 0.0]]))
        >>> layer.penalty(cache)  # 0.5 * (1 + 4 + 1) / 2 rows
        1.5
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.l1 = check_real("ActivityRegularization", "l1", 0.0 if l1 is None else l1, 0.0)
        self.l2 = check_real("ActivityRegularization", "l2", 0.0 if l2 is None else l2, 0.0)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Array]:
        """`y = x`."""
        return x, x

    def penalty(self, cache: Array) -> float:
        """`(l1 * sum(|x|) + l2 * sum(x ** 2)) / batch`."""
        x = cache
        return float(self.l1 * np.abs(x).sum() + self.l2 * np.square(x).sum()) / max(len(x), 1)

    def backward(self, dy: Array, cache: Array) -> Array:
        """`dx = dy + (l1 * sign(x) + 2 * l2 * x) / batch`: the output's gradient and the penalty's."""
        x = cache
        return dy + (self.l1 * np.sign(x) + (2.0 * self.l2) * x) / max(len(x), 1)

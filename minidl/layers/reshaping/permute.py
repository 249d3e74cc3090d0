"""`Permute`: permutes the axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.types import Array, Shape
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions


class Permute(Layer):
    """Permutes the axes after the batch axis.

    Args:
        dims: the axes in their new order, counted from 1: `(2, 1)` exchanges the first two after the batch axis.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, a, b, ...) -> y (batch, ...), the same sizes in the order of `dims`.
    Raises:
        ValueError: `dims` does not name each axis once, or x has another number of axes.
    Example:
        >>> Permute((2, 1))(np.ones((5, 3, 4))).shape
        (5, 4, 3)
    """

    def __init__(self, dims: Sequence[int], **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(f"Permute expects dims to name the axes 1, 2, ... once each, got {dims!r}")

    def forward(self, x: Array, training: bool = False) -> tuple[Array, None]:
        """`y[:, i, j, ...] = x` with its axes in the order of `dims`."""
        return np.transpose(x, (0, *self.dims)), None

    def backward(self, dy: Array, cache: None) -> Array:
        """`dx`: dy with the axes in their original order."""
        return np.transpose(dy, np.argsort((0, *self.dims)))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))

    def check_input(self, shape: Shape | list[Shape]) -> None:
        if not isinstance(shape, tuple) or len(shape) != len(self.dims) + 1:
            raise ValueError(f"{self.title} expects {len(self.dims)} axes after the batch axis, got shape {shape}")

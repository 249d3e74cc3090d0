"""`RepeatVector`: repeats a row of features as a sequence."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.checks import check_positive_integer, is_integer
from minidl.config.types import Array, Shape
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions


class RepeatVector(Layer):
    """`y[:, t] = x` for each of `n` steps.

    Args:
        n: number of steps, a positive integer.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, features) -> y (batch, n, features).
    Raises:
        TypeError: `n` is not an integer.
        ValueError: `n` is not positive, or x is not of two axes.
    Example:
        >>> RepeatVector(3)(np.ones((2, 4))).shape
        (2, 3, 4)
    """

    def __init__(self, n: int, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        if not is_integer(n):
            raise TypeError(f"RepeatVector expects n to be a positive integer, got {n!r}")
        self.n = check_positive_integer("RepeatVector", "n", n)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, None]:
        """`y[:, t] = x`."""
        return np.repeat(x[:, np.newaxis], self.n, axis=1), None

    def backward(self, dy: Array, cache: None) -> Array:
        """The sum over the steps."""
        return np.asarray(dy.sum(axis=1))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.n, input_shape[1])

    def check_input(self, shape: Shape | list[Shape]) -> None:
        if not isinstance(shape, tuple) or len(shape) != 2:
            raise ValueError(f"{self.title} expects rows, shape (batch, features), got shape {shape}; add Flatten() before it")

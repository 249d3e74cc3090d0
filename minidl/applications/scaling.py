"""Layers that only networks of `applications` use: scaled additions and scales of channels."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.types import Array, Shape
from minidl.initializers import Constant
from minidl.layers import Layer
from minidl.layers.options import LayerOptions


class CustomScaleLayer(Layer):
    """Adds a scaled input to another: `y = x[0] + scale * x[1]`.

    Args:
        scale: the factor.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Example:
        >>> CustomScaleLayer(0.5)([np.array([[1.0]]), np.array([[4.0]])])
        array([[3.]], dtype=float32)
    """

    def __init__(self, scale: float, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def forward(self, x: list[Array], training: bool = False) -> tuple[Array, None]:
        """`y = x[0] + scale * x[1]`."""
        return x[0] + self.scale * x[1], None

    def backward(self, dy: Array, cache: None) -> list[Array]:
        """`dx = [dy, scale * dy]`."""
        return [dy, self.scale * dy]

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        return input_shape[0]


class LayerScale(Layer):
    """Multiplies each channel by a trainable number: `y = x * gamma` (Touvron et al. 2021, arXiv:2103.17239).

    Args:
        init_values: initial value of every number.
        projection_dim: number of channels.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Example:
        >>> LayerScale(0.5, 2)(np.array([[1.0, 4.0]]))
        array([[0.5, 2. ]], dtype=float32)
    """

    def __init__(self, init_values: float, projection_dim: int, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.init_values, self.projection_dim = init_values, projection_dim

    def build(self, input_shape: Shape) -> None:
        self.gamma = self.add_weight((self.projection_dim,), Constant(self.init_values), name="gamma")

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Array]:
        """`y = x * gamma`."""
        return x * self.gamma.value, x

    def backward(self, dy: Array, cache: Array) -> Array:
        """`dx = dy * gamma`; the gradient of gamma sums `dy * x` over all but the channels."""
        self.gamma.grad += np.sum(dy * cache, axis=tuple(range(dy.ndim - 1)))
        dx: Array = dy * self.gamma.value
        return dx

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def check_input(self, shape: Shape) -> None:
        if shape[-1] != self.projection_dim:
            raise ValueError(f"{self.title} expects {self.projection_dim} channels on the last axis, got shape {shape}")

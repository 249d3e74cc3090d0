"""`RMSNormalization`: divides each row by its root mean square, then applies a learned scale."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, Axis, Shape
from minidl.kernels.in_use import in_use
from minidl.kernels.normalization import scale_and_center, scale_and_center_backward
from minidl.kernels.reductions import mean_of_product
from minidl.layers.layer import Layer
from minidl.layers.normalization.axes import along_axes, axis_sizes, check_axes, check_axis, positive_axes
from minidl.layers.options import LayerOptions


class RMSNormalization(Layer):
    """Divides each row, or each step of it, by its root mean square: `y = scale * x / sqrt(mean(x ** 2) + epsilon)`.

    Cheaper than layer normalization, as there is no mean to subtract and no offset. As in Keras, the mask is not propagated.
    The scale has the sizes of `axis`; in Keras it is always multiplied along the last axes.

    Args:
        axis: the axis or axes over which the mean of the squares is taken; not the batch axis.
        epsilon: added to the mean of the squares, at least 0.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`, as for every `Layer`.
    Shapes:
        x (batch, ...) -> y of the same shape; scale: the sizes of the axes.
    Raises:
        ValueError: `axis` is not an integer or a list of them; x lacks an axis, or has other sizes than at build time.
    Source: Zhang & Sennrich 2019.
    Example:
        >>> RMSNormalization()(np.array([[1.0, 7.0]])).round(2)  # mean square 25
        array([[0.2, 1.4]], dtype=float32)
    """

    def __init__(self, axis: Axis = -1, epsilon: float = 1e-6, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.axis = check_axis("RMSNormalization", axis)
        self.epsilon = check_real("RMSNormalization", "epsilon", epsilon, 0.0)

    def build(self, input_shape: Shape) -> None:
        self.scale = self.add_weight(axis_sizes(self.title, self.axis, input_shape), "ones", name="scale")

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[Array, Array]]:
        """`x_hat = x / sqrt(mean(x ** 2) + epsilon)`, `y = scale * x_hat`."""
        mean_square = mean_of_product(x, x, positive_axes(self.axis, x.ndim))
        inverse = 1.0 / np.sqrt(mean_square + x.dtype.type(self.epsilon))
        x_hat = x * inverse
        return in_use[scale_and_center](x_hat, along_axes(self.scale.value, self.axis, x.ndim), None), (x_hat, inverse)

    def backward(self, dy: Array, cache: tuple[Array, Array]) -> Array:
        """`dx = inverse * (g - x_hat * mean(g * x_hat))`, where `g = scale * dy`."""
        x_hat, inverse = cache
        axes = positive_axes(self.axis, dy.ndim)
        others = tuple(axis for axis in range(dy.ndim) if axis not in axes)
        scale = along_axes(self.scale.value, self.axis, dy.ndim)
        g, dscale, _ = in_use[scale_and_center_backward](dy, x_hat, scale, others)
        self.scale.grad += dscale
        dx: Array = x_hat * mean_of_product(g, x_hat, axes)
        np.subtract(g, dx, out=dx)
        dx *= inverse
        return dx

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def check_input(self, shape: tuple[int, ...]) -> None:
        check_axes(self.title, self.axis, shape, self.scale.shape if self.built else None)

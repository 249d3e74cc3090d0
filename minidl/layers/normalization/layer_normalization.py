"""`LayerNormalization`: every row by itself gets mean 0 and variance 1, then a learned scale and offset."""

from typing import Any

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, Shape
from minidl.kernels.reductions import mean_of_product, sum_of_product
from minidl.layers.layer import Layer
from minidl.layers.normalization.axes import axes_of, check_axes, sizes_on, sorted_axes, spread
from minidl.layers.weight_options import add_weight_with, set_weight_options


class LayerNormalization(Layer):
    """Normalises each row, or each step of it: `y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`.

    Mean and variance are taken over `axis`, of each row alone, so training and inference are the same.

    Args:
        axis: the axis or axes over which mean and variance are taken; not the batch's.
        epsilon: added to the variance, at least 0.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer: how the weights start.
        beta_regularizer, gamma_regularizer: penalties on the weights.
        beta_constraint, gamma_constraint: functions applied to the weights after each update.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`, as for every `Layer`.
    Shapes:
        x (batch, ...) -> y of the same shape; gamma, beta: the sizes of the axes.
    Raises:
        ValueError: `axis` is no integer nor list of them, or x lacks an axis, or has other sizes than the layer was built for.
    Source: Ba, Kiros & Hinton 2016.
    Example:
        >>> LayerNormalization()(np.array([[1.0, 3.0]])).round(2)
        array([[-1.,  1.]], dtype=float32)
    """

    supports_masking = True

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis = axes_of("LayerNormalization", axis)
        self.epsilon = check_real("LayerNormalization", "epsilon", epsilon, 0.0)
        self.center = center
        self.scale = scale
        set_weight_options(
            self,
            beta=(beta_initializer, beta_regularizer, beta_constraint),
            gamma=(gamma_initializer, gamma_regularizer, gamma_constraint),
        )

    def build(self, input_shape: Shape) -> None:
        """Create gamma and beta for the axes' sizes."""
        shape = sizes_on(self.title, self.axis, input_shape)
        if self.scale:
            self.gamma = add_weight_with(self, "gamma", shape)
        if self.center:
            self.beta = add_weight_with(self, "beta", shape)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Any]:
        """`x_hat = (x - mean) / sqrt(variance + epsilon)`, `y = gamma * x_hat + beta`."""
        axes = sorted_axes(self.axis, x.ndim)
        x_hat = x - x.mean(axis=axes, keepdims=True)
        variance = mean_of_product(x_hat, x_hat, axes)
        inverse = 1.0 / np.sqrt(variance + x.dtype.type(self.epsilon))
        x_hat *= inverse
        y = x_hat * spread(self.gamma.value, self.axis, x.ndim) if self.scale else x_hat.copy()
        if self.center:
            y += spread(self.beta.value, self.axis, x.ndim)
        return y, (x_hat, inverse)

    def backward(self, dy: Array, cache: Any) -> Array:
        """`dx = inverse * (g - mean(g) - x_hat * mean(g * x_hat))`, where `g = gamma * dy`."""
        x_hat, inverse = cache
        axes = sorted_axes(self.axis, dy.ndim)
        others = tuple(axis for axis in range(dy.ndim) if axis not in axes)
        if self.center:
            self.beta.grad += dy.sum(axis=others)
        g = dy
        if self.scale:
            self.gamma.grad += sum_of_product(dy, x_hat, others)
            g = dy * spread(self.gamma.value, self.axis, dy.ndim)
        dx: Array = g - g.mean(axis=axes, keepdims=True)
        dx -= x_hat * mean_of_product(g, x_hat, axes)
        dx *= inverse
        return dx

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The input's shape."""
        return input_shape

    def check_input(self, shape: Any) -> None:
        """Refuse an input without the axes, or with other sizes there than the layer was built for."""
        weight = self.gamma if self.built and self.scale else self.beta if self.built and self.center else None
        check_axes(self.title, self.axis, shape, None if weight is None else weight.shape)

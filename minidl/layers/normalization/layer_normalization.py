"""`LayerNormalization`: normalizes each row, then applies a learned scale and offset."""

from __future__ import annotations

from typing import Any, Unpack

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Axis, Shape
from minidl.config.user_warnings import warn_user
from minidl.kernels.in_use import in_use
from minidl.kernels.normalization import normalize, normalize_backward
from minidl.kernels.reductions import mean_of_product
from minidl.layers.normalization.axes import axis_sizes, check_axes, check_axis, positive_axes
from minidl.layers.normalization.base_normalization import BaseNormalization
from minidl.layers.options import NormalizationOptions


class LayerNormalization(BaseNormalization):
    """Normalizes each row, or each step of it: `y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`.

    Mean and variance are taken over `axis` for each row separately, so training and inference are the same.

    Args:
        axis: the axis or axes over which mean and variance are taken; not the batch axis.
        epsilon: added to the variance, at least 0.
        center, scale: whether there is a beta, a gamma.
        rms_scaling: whether the mean is not subtracted and there is no beta: `y = gamma * x / sqrt(variance + epsilon)`.
        beta_initializer, gamma_initializer: initial values of the weights.
        beta_regularizer, gamma_regularizer: penalties on the weights.
        beta_constraint, gamma_constraint: functions applied to the weights after each update.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`, as for every `Layer`.
    Shapes:
        x (batch, ...) -> y of the same shape; gamma, beta: the sizes of the axes.
    Raises:
        ValueError: `axis` is not an integer or a list of them; x lacks an axis, or has other sizes than at build time.
    Source: Ba, Kiros & Hinton 2016.
    Example:
        >>> LayerNormalization()(np.array([[1.0, 3.0]])).round(2)
        array([[-1.,  1.]], dtype=float32)
    """

    @inherit_arguments(BaseNormalization, last=("rms_scaling",))
    def __init__(self, axis: Axis = -1, rms_scaling: bool = False, **kwargs: Unpack[NormalizationOptions]) -> None:
        super().__init__(axis, **kwargs)
        self.rms_scaling = rms_scaling
        if rms_scaling:
            advice = "rms_scaling divides by the standard deviation, as in Keras, where it is deprecated"
            warn_user(f"{advice}; RMSNormalization divides by the root mean square")

    def check_axis(self, axis: Axis) -> Any:
        """An integer or a list of different ones, not the batch's."""
        return check_axis("LayerNormalization", axis)

    def build(self, input_shape: Shape) -> None:
        self.add_gamma_and_beta(axis_sizes(self.title, self.axis, input_shape), center=not self.rms_scaling)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[Array, Array, Array]]:
        """`x_hat = (x - mean) / sqrt(variance + epsilon)`, `y = gamma * x_hat + beta`."""
        axes = positive_axes(self.axis, x.ndim)
        x_hat, inverse = in_use[normalize](x, axes, self.epsilon)
        if self.rms_scaling:
            scaled = x * inverse
            return self.scale_and_center(scaled), (x_hat, inverse, scaled)
        return self.scale_and_center(x_hat), (x_hat, inverse, x_hat)

    def backward(self, dy: Array, cache: tuple[Array, Array, Array]) -> Array:
        """`dx = inverse * (dx_hat - mean(dx_hat) - x_hat * mean(dx_hat * x_hat))`, where `dx_hat = gamma * dy`."""
        x_hat, inverse, scaled = cache
        axes = positive_axes(self.axis, dy.ndim)
        dx_hat = self.scale_and_center_backward(dy, scaled)
        if not self.rms_scaling:
            return in_use[normalize_backward](dx_hat, x_hat, inverse, axes)
        dx: Array = dx_hat - x_hat * mean_of_product(dx_hat, scaled, axes)
        dx *= inverse
        return dx

    def check_input(self, shape: tuple[int, ...]) -> None:
        check_axes(self.title, self.axis, shape, self.weight_shape())

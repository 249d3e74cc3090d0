"""`GroupNormalization`: normalizes groups of channels of each row, then applies a learned scale and offset."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.checks import is_integer
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Axis, Cache, Shape
from minidl.kernels.group_normalization import Groups, center, group_normalize_backward, in_parts, restore, scale_centered
from minidl.layers.normalization.axes import axis_sizes, check_axes
from minidl.layers.normalization.base_normalization import BaseNormalization
from minidl.layers.options import AxisNormalizationOptions


class GroupNormalization(BaseNormalization):
    """Normalizes groups of channels of each row: `y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`.

    Mean and variance of a group are taken over its channels and all other axes except the batch axis, so training and inference
    are the same, at any batch size. One group normalizes the whole row; with as many groups as channels each channel is
    normalized separately (instance normalization).

    Args:
        groups: number of groups, which divides the number of channels; -1 for one group per channel.
        axis: the channel axis, not the batch axis.
        epsilon: added to the variance, at least 0.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer: initial values of the weights.
        beta_regularizer, gamma_regularizer: penalties on the weights.
        beta_constraint, gamma_constraint: functions applied to the weights after each update.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`, as for every `Layer`.
    Shapes:
        x (batch, ..., channels) -> y of the same shape; gamma, beta (channels,).
    Raises:
        ValueError: `groups` does not divide the channels, x lacks the axis, or has other channels than the layer was built for.
    Source: Wu & He 2018.
    Example:
        >>> GroupNormalization(groups=2)(np.array([[1.0, 3.0, 10.0, 50.0]])).round(2)
        array([[-1.,  1., -1.,  1.]], dtype=float32)
    """

    @inherit_arguments(BaseNormalization)
    def __init__(self, groups: int = 32, **kwargs: Unpack[AxisNormalizationOptions]) -> None:
        super().__init__(**kwargs)
        if not is_integer(groups, least=1) and groups != -1:
            raise ValueError(f"GroupNormalization expects groups to be a positive integer, or -1 for all, got {groups!r}")
        self.groups = int(groups)

    def check_axis(self, axis: Axis) -> int:
        """One integer, not the batch's axis."""
        if not is_integer(axis):
            raise TypeError(f"GroupNormalization expects axis to be an integer, got {axis!r}")
        if axis == 0:
            raise ValueError(f"GroupNormalization expects axis to be an integer, and not 0, the batch axis, got {axis!r}")
        return int(axis)

    def build(self, input_shape: Shape) -> None:
        self.add_gamma_and_beta(axis_sizes(self.title, self.axis, input_shape))

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Cache]:
        """`x_hat = (x - mean) / sqrt(variance + epsilon)` in each group, `y = gamma * x_hat + beta`."""
        rows, groups = self._in_groups(x)
        centered = center(rows, groups)
        inverse = 1.0 / np.sqrt(centered.variance + x.dtype.type(self.epsilon))
        gamma, beta = (groups.vector(weight, rows) for weight in self.gamma_and_beta(groups.channels, x.dtype))
        y = scale_centered(centered, gamma * inverse, beta)
        return restore(y, x.shape, self.axis), (centered, inverse)

    def backward(self, dy: Array, cache: Cache) -> Array:
        """In each group `dx = inverse * (dx_hat - mean(dx_hat) - x_hat * mean(dx_hat * x_hat))`, with `dx_hat = gamma * dy`."""
        centered, inverse = cache
        rows, groups = self._in_groups(dy)
        gamma = groups.vector(self.gamma_and_beta(groups.channels, dy.dtype)[0], rows)
        dx, dgamma, dbeta = group_normalize_backward(rows, centered, inverse, gamma, groups)
        self.add_gradients(dgamma, dbeta)
        return restore(dx, dy.shape, self.axis)

    def check_input(self, shape: Shape) -> None:
        check_axes(self.title, self.axis, shape, self.weight_shape())
        channels = shape[self.axis]
        if channels is not None and channels % self.groups:  # -1 divides everything
            raise ValueError(
                f"{self.title} expects channels that divide into {self.groups} equal groups, got {channels} on axis "
                f"{self.axis} of shape {shape}; set groups to a divisor of {channels}"
            )

    def _in_groups(self, x: Array) -> tuple[Array, Groups]:
        return in_parts(x, self.axis, int(x.shape[self.axis]) if self.groups == -1 else self.groups)

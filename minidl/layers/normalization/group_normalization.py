"""`GroupNormalization`: in every row, each group of channels gets mean 0 and variance 1, then a learned scale and offset."""

from typing import Any

import numpy as np

from minidl.config.checks import check_real, is_integer
from minidl.config.types import Array, Shape
from minidl.layers.layer import Layer
from minidl.layers.normalization.axes import check_axes, sizes_on, spread
from minidl.layers.weight_options import add_weight_with, set_weight_options


class GroupNormalization(Layer):
    """Normalises groups of channels, in each row alone: `y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`.

    Mean and variance of a group are taken over its channels and over every other axis but the batch's, so training and
    inference are the same, at any batch size. One group normalises the whole row; as many groups as channels normalise each
    channel by itself (instance normalisation).

    Args:
        groups: number of groups, which divides the number of channels; -1 for a group each channel.
        axis: the axis of the channels, not the batch's.
        epsilon: added to the variance, at least 0.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer: how the weights start.
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

    supports_masking = True

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
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
        if not is_integer(groups, least=1) and groups != -1:
            raise ValueError(f"GroupNormalization expects groups to be a positive integer, or -1 for all, got {groups!r}")
        if not is_integer(axis) or axis == 0:
            raise ValueError(f"GroupNormalization expects axis to be an integer, and not 0, the batch's, got {axis!r}")
        self.groups = int(groups)
        self.axis = int(axis)
        self.epsilon = check_real("GroupNormalization", "epsilon", epsilon, 0.0)
        self.center = center
        self.scale = scale
        set_weight_options(
            self,
            beta=(beta_initializer, beta_regularizer, beta_constraint),
            gamma=(gamma_initializer, gamma_regularizer, gamma_constraint),
        )

    def build(self, input_shape: Shape) -> None:
        """Create gamma and beta, one element a channel."""
        channels = sizes_on(self.title, self.axis, input_shape)
        if self.scale:
            self.gamma = add_weight_with(self, "gamma", channels)
        if self.center:
            self.beta = add_weight_with(self, "beta", channels)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Any]:
        """`x_hat = (x - mean) / sqrt(variance + epsilon)` in each group, `y = gamma * x_hat + beta`."""
        grouped, axes = self._in_groups(x)  # (batch, ..., groups, channels of one, ...), all but two of them reduced
        x_hat = grouped - grouped.mean(axis=axes, keepdims=True)
        variance = np.square(x_hat).mean(axis=axes, keepdims=True)
        inverse = 1.0 / np.sqrt(variance + x.dtype.type(self.epsilon))
        x_hat *= inverse
        x_hat = x_hat.reshape(x.shape)
        y = x_hat * spread(self.gamma.value, self.axis, x.ndim) if self.scale else x_hat.copy()
        if self.center:
            y += spread(self.beta.value, self.axis, x.ndim)
        return y, (x_hat, inverse)

    def backward(self, dy: Array, cache: Any) -> Array:
        """`dx = inverse * (g - mean(g) - x_hat * mean(g * x_hat))` in each group, where `g = gamma * dy`."""
        x_hat, inverse = cache
        others = tuple(axis for axis in range(dy.ndim) if axis != self.axis % dy.ndim)
        if self.center:
            self.beta.grad += dy.sum(axis=others)
        if self.scale:
            self.gamma.grad += (dy * x_hat).sum(axis=others)
            dy = dy * spread(self.gamma.value, self.axis, dy.ndim)
        (g, axes), (x_hat, _) = self._in_groups(dy), self._in_groups(x_hat)
        dx: Array = g - g.mean(axis=axes, keepdims=True)
        dx -= x_hat * (g * x_hat).mean(axis=axes, keepdims=True)
        dx *= inverse
        return dx.reshape(dy.shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def check_input(self, shape: Any) -> None:
        """Refuse an input without the axis, or with channels that the groups do not divide or the layer was not built for."""
        weight = self.gamma if self.built and self.scale else self.beta if self.built and self.center else None
        check_axes(self.title, self.axis, shape, None if weight is None else weight.shape)
        channels = shape[self.axis]
        if channels is not None and channels % self.groups:  # nothing is left over by -1
            raise ValueError(
                f"{self.title} expects channels that go into {self.groups} equal groups, got {channels} on axis {self.axis} "
                f"of shape {shape}; set groups to a divisor of {channels}"
            )

    def _in_groups(self, x: Array) -> tuple[Array, tuple[int, ...]]:
        """The array with its channels' axis split into groups and channels of one, and the axes within a group."""
        axis = self.axis % x.ndim
        groups = x.shape[axis] if self.groups == -1 else self.groups
        grouped = x.reshape(*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1 :])
        return grouped, tuple(within for within in range(1, grouped.ndim) if within != axis)

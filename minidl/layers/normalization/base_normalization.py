"""`BaseNormalization`: base class of batch, layer and group normalization."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, Axis, ConstraintLike, DType, InitializerLike, MaybeNone, RegularizerLike
from minidl.kernels.in_use import in_use
from minidl.kernels.normalization import scale_and_center, scale_and_center_backward
from minidl.layers.normalization.axes import along_axes, positive_axes
from minidl.layers.options import LayerOptions
from minidl.layers.same_shape import SameShape
from minidl.layers.weight_options import add_weight_with, set_weight_options
from minidl.variable import Variable


class BaseNormalization(SameShape):
    """Base class of layers with `y = gamma * x_hat + beta`, where `x_hat = (x - mean) / sqrt(variance + epsilon)`.

    Subclasses choose the axes over which mean and variance are taken; gamma and beta have the size of `axis`.
    """

    def __init__(
        self,
        axis: Axis = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: InitializerLike = "zeros",
        gamma_initializer: InitializerLike = "ones",
        beta_regularizer: RegularizerLike = None,
        gamma_regularizer: RegularizerLike = None,
        beta_constraint: ConstraintLike = None,
        gamma_constraint: ConstraintLike = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.axis = self.check_axis(axis)
        self.epsilon = check_real(type(self).__name__, "epsilon", epsilon, 0.0)
        self.center = center
        self.scale = scale
        set_weight_options(
            self,
            beta=(beta_initializer, beta_regularizer, beta_constraint),
            gamma=(gamma_initializer, gamma_regularizer, gamma_constraint),
        )

    def check_axis(self, axis: Axis) -> int:
        """The axis or axes to store; raises ValueError for invalid ones."""
        raise TypeError(f"{type(self).__name__} defines no check_axis(axis)")

    def add_gamma_and_beta(self, shape: tuple[int, ...], center: bool = True) -> None:
        """Create gamma if `scale`, and beta if `center`, unless the layer does not center; otherwise they are `None`."""
        self.gamma: Variable | MaybeNone = add_weight_with(self, "gamma", shape) if self.scale else None
        self.beta: Variable | MaybeNone = add_weight_with(self, "beta", shape) if self.center and center else None

    def weight_shape(self) -> tuple[int, ...] | None:
        """Shape of gamma and beta; `None` before they are built, and for a layer without them."""
        known = None if not self.built else self.beta if self.gamma is None else self.gamma
        return None if known is None else known.shape

    def gamma_and_beta(self, channels: int, dtype: DType) -> tuple[Array, Array]:
        """The weights of a layer with one for each channel, or ones and zeros instead."""
        gamma = np.ones(channels, dtype) if self.gamma is None else self.gamma.value
        return gamma, np.zeros(channels, dtype) if self.beta is None else self.beta.value

    def add_gradients(self, dgamma: Array, dbeta: Array) -> None:
        """Add to the gradients of the weights that the layer has."""
        if self.gamma is not None:
            self.gamma.grad += dgamma
        if self.beta is not None:
            self.beta.grad += dbeta

    def scale_and_center(self, x_hat: Array) -> Array:
        """`y = gamma * x_hat + beta`, a new array."""
        beta = None if self.beta is None else along_axes(self.beta.value, self.axis, x_hat.ndim)
        if self.scale:
            return in_use[scale_and_center](x_hat, along_axes(self.gamma.value, self.axis, x_hat.ndim), beta)
        return x_hat.copy() if beta is None else x_hat + beta

    def scale_and_center_backward(self, dy: Array, x_hat: Array) -> Array:
        """`dgamma = sum(dy * x_hat)` and `dbeta = sum(dy)` over all other axes; returns `dx_hat = gamma * dy`."""
        axes = positive_axes(self.axis, dy.ndim)
        others = tuple(axis for axis in range(dy.ndim) if axis not in axes)
        if not self.scale:
            if self.beta is not None:
                self.beta.grad += dy.sum(axis=others)
            return dy
        gamma = along_axes(self.gamma.value, self.axis, dy.ndim)
        dx_hat, dgamma, dbeta = in_use[scale_and_center_backward](dy, x_hat, gamma, others)
        self.gamma.grad += dgamma
        if self.beta is not None:
            self.beta.grad += dbeta
        return dx_hat

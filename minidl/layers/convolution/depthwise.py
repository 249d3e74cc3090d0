"""`DepthwiseConv1D`, `DepthwiseConv2D`: every channel is convolved with its own kernels."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Cache, ConstraintLike, InitializerLike, RegularizerLike, Sizes
from minidl.kernels.depthwise import convolve_depthwise, convolve_depthwise_backward
from minidl.kernels.geometry import Geometry
from minidl.kernels.reductions import row_sums
from minidl.layers.convolution.activation_gradient import ActivationGradient
from minidl.layers.convolution.base_conv import BaseConv, Epilogue
from minidl.layers.options import DepthwiseConvOptions
from minidl.layers.weight_options import add_weight_with
from minidl.variable import Variable


class DepthwiseConv(BaseConv):
    """Base of `DepthwiseConv1D` and `DepthwiseConv2D`."""

    kernel_kind = "depthwise"

    @inherit_arguments(
        BaseConv,
        without=("filters", "groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"),
        last=(
            "depthwise_initializer",
            "bias_initializer",
            "depthwise_regularizer",
            "bias_regularizer",
            "activity_regularizer",
            "depthwise_constraint",
            "bias_constraint",
        ),
    )
    def __init__(
        self,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        depthwise_initializer: InitializerLike = "glorot_uniform",
        depthwise_regularizer: RegularizerLike = None,
        depthwise_constraint: ConstraintLike = None,
        **kwargs: Unpack[DepthwiseConvOptions],
    ) -> None:
        super().__init__(
            1,
            kernel_size,
            strides,
            padding,
            kernel_initializer=depthwise_initializer,
            kernel_regularizer=depthwise_regularizer,
            kernel_constraint=depthwise_constraint,
            **kwargs,
        )
        self.depth_multiplier = check_positive_integer(type(self).__name__, "depth_multiplier", depth_multiplier)

    def add_kernels(self, channels: int) -> None:
        """One kernel, (..., channels, depth_multiplier)."""
        self.filters = channels * self.depth_multiplier
        self.kernel = add_weight_with(self, "kernel", (*self.kernel_size, channels, self.depth_multiplier), "depthwise")

    def output_channels(self, channels: int | None) -> int | None:
        """`channels * depth_multiplier`."""
        return None if channels is None else channels * self.depth_multiplier

    def convolve(self, x: Array, geometry: Geometry, epilogue: Epilogue) -> tuple[Array, tuple[Array, Geometry]]:
        """`z[p, c * depth_multiplier + m] = sum over k of x[p * strides + k * dilation_rate, c] * kernel[k, c, m]`."""
        return depthwise(x, self.kernel, geometry, epilogue), (x, geometry)

    def convolve_backward(self, dz: ActivationGradient, cache: Cache, needs_dx: bool) -> tuple[Array | None, Array]:
        """`dkernel[k, c, m] = sum over p of x[p * strides + k * dilation_rate, c] * dz[p, ...]`, and dx likewise."""
        x, geometry = cache
        dz_all, dbias = dz.with_sum()
        return depthwise_backward(dz_all, x, self.kernel, geometry, needs_dx), dbias


def depthwise(x: Array, kernel: Variable, geometry: Geometry, epilogue: Epilogue | None = None) -> Array:
    """Each channel convolved with its kernels, (..., channels, depth_multiplier)."""
    times = kernel.shape[-1]
    repeated = x if times == 1 else np.repeat(x, times, axis=-1)
    return convolve_depthwise(repeated, kernel.value.reshape(*geometry.kernel, -1), geometry, epilogue)


def depthwise_backward(dz: Array, x: Array, kernel: Variable, geometry: Geometry, needs_dx: bool) -> Array | None:
    """Add the kernel's gradient; dx."""
    times = kernel.shape[-1]
    repeated = x if times == 1 else np.repeat(x, times, axis=-1)
    dx, dkernel = convolve_depthwise_backward(dz, repeated, kernel.value.reshape(*geometry.kernel, -1), geometry, needs_dx)
    kernel.grad += dkernel.reshape(kernel.shape)
    return dx if dx is None or times == 1 else row_sums(dx.reshape(*x.shape, times)).reshape(x.shape)


class DepthwiseConv1D(DepthwiseConv):
    """Convolution over steps, channel by channel: channel c makes outputs c * depth_multiplier, ... of its own.

    `y[t, c] = activation(sum over k of x[t * strides + k * dilation_rate, c] * kernel[k, c] + bias[c])`.

    Args:
        kernel_size: steps in a window.
        strides: steps from one window to the next.
        padding: "valid" or "same".
        depth_multiplier: output channels per input channel.
        depthwise_initializer, depthwise_regularizer, depthwise_constraint: those of the kernel.
        data_format, dilation_rate, activation, use_bias, bias_initializer, bias_regularizer, activity_regularizer,
            bias_constraint, **kwargs: as in `Conv1D`.
    Shapes:
        x (batch, steps, channels) -> y (batch, new_steps, channels * depth_multiplier);
        kernel (kernel_size, channels, depth_multiplier); bias (channels * depth_multiplier,).
    Raises:
        ValueError: x has another rank or number of channels, or is smaller than a window.
    Source: Sifre & Mallat 2014; Chollet 2017.
    Example:
        >>> DepthwiseConv1D(3, depth_multiplier=2)(np.ones((2, 10, 5))).shape
        (2, 8, 10)
    """

    rank = 1


class DepthwiseConv2D(DepthwiseConv):
    """Convolution over images, channel by channel; arguments as in `DepthwiseConv1D`, each size one for both axes or a pair.

    Shapes:
        x (batch, height, width, channels) -> y (batch, new_height, new_width, channels * depth_multiplier);
        kernel (height, width, channels, depth_multiplier); bias (channels * depth_multiplier,).
    Raises:
        ValueError: as `DepthwiseConv1D`.
    Source: Sifre & Mallat 2014; Chollet 2017.
    Example:
        >>> DepthwiseConv2D(3, depth_multiplier=2)(np.ones((2, 10, 8, 3))).shape
        (2, 8, 6, 6)
    """

    rank = 2

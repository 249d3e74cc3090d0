"""`SeparableConv1D`, `SeparableConv2D`: a depthwise convolution, then a pointwise one that mixes the channels."""

from __future__ import annotations

from typing import Unpack

from minidl.config.checks import check_positive_integer
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Cache, ConstraintLike, InitializerLike, RegularizerLike, Sizes
from minidl.kernels.geometry import Geometry
from minidl.kernels.products import matmul
from minidl.layers.convolution.activation_gradient import ActivationGradient
from minidl.layers.convolution.base_conv import BaseConv, Epilogue
from minidl.layers.convolution.depthwise import depthwise, depthwise_backward
from minidl.layers.options import SeparableConvOptions
from minidl.layers.weight_options import add_weight_with, set_weight_options


class SeparableConv(BaseConv):
    """Base of `SeparableConv1D` and `SeparableConv2D`."""

    kernel_kind = "depthwise"

    @inherit_arguments(
        BaseConv,
        without=("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"),
        last=(
            "depthwise_initializer",
            "pointwise_initializer",
            "bias_initializer",
            "depthwise_regularizer",
            "pointwise_regularizer",
            "bias_regularizer",
            "activity_regularizer",
            "depthwise_constraint",
            "pointwise_constraint",
            "bias_constraint",
        ),
    )
    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        depth_multiplier: int = 1,
        depthwise_initializer: InitializerLike = "glorot_uniform",
        pointwise_initializer: InitializerLike = "glorot_uniform",
        depthwise_regularizer: RegularizerLike = None,
        pointwise_regularizer: RegularizerLike = None,
        depthwise_constraint: ConstraintLike = None,
        pointwise_constraint: ConstraintLike = None,
        **kwargs: Unpack[SeparableConvOptions],
    ) -> None:
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            kernel_initializer=depthwise_initializer,
            kernel_regularizer=depthwise_regularizer,
            kernel_constraint=depthwise_constraint,
            **kwargs,
        )
        self.depth_multiplier = check_positive_integer(type(self).__name__, "depth_multiplier", depth_multiplier)
        set_weight_options(self, pointwise=(pointwise_initializer, pointwise_regularizer, pointwise_constraint))

    def add_kernels(self, channels: int) -> None:
        """Two kernels, (..., channels, depth_multiplier) and (1 ..., channels * depth_multiplier, filters)."""
        width = channels * self.depth_multiplier
        self.depthwise_kernel = add_weight_with(
            self, "depthwise_kernel", (*self.kernel_size, channels, self.depth_multiplier), "depthwise"
        )
        self.pointwise_kernel = add_weight_with(self, "pointwise_kernel", (*(1,) * self.rank, width, self.filters), "pointwise")

    def convolve(self, x: Array, geometry: Geometry, epilogue: Epilogue) -> tuple[Array, tuple[Array, Geometry, Array]]:
        """`h = depthwise convolution of x`, `z = h @ pointwise_kernel`."""
        h = depthwise(x, self.depthwise_kernel, geometry)
        rows = matmul(h.reshape(-1, h.shape[-1]), self._pointwise())  # (rows, width) @ (width, filters): one product
        z = rows.reshape(*h.shape[:-1], self.filters)
        epilogue(z)
        return z, (x, geometry, h)

    def convolve_backward(self, dz: ActivationGradient, cache: Cache, needs_dx: bool) -> tuple[Array | None, Array]:
        """`dpointwise = h.T @ dz`, `dh = dz @ pointwise_kernel.T`, then the depthwise convolution's gradients."""
        x, geometry, h = cache
        dz_all, dbias = dz.with_sum()
        rows, dz_rows = h.reshape(-1, h.shape[-1]), dz_all.reshape(-1, self.filters)
        self.pointwise_kernel.grad += matmul(rows.T, dz_rows).reshape(self.pointwise_kernel.shape)
        dh = matmul(dz_rows, self._pointwise().T).reshape(h.shape)  # (rows, filters) @ (filters, width)
        return depthwise_backward(dh, x, self.depthwise_kernel, geometry, needs_dx), dbias

    def _pointwise(self) -> Array:
        kernel: Array = self.pointwise_kernel.value.reshape(-1, self.filters)  # (channels * depth_multiplier, filters)
        return kernel


class SeparableConv1D(SeparableConv):
    """A depthwise convolution over steps, then a pointwise one that mixes the channels: far fewer weights than `Conv1D`.

    `z[t, c] = sum over k of x[t * strides + k * dilation_rate, c] * depthwise_kernel[k, c]` and
    `y = activation(z @ pointwise_kernel + bias)`.

    Args:
        filters: number of output channels, a positive integer.
        kernel_size: steps in a window.
        strides: steps from one window to the next.
        padding: "valid", "same" or "causal" (zeros in front: no output sees a later input).
        depth_multiplier: output channels per input channel of the depthwise convolution.
        depthwise_initializer, depthwise_regularizer, depthwise_constraint, pointwise_initializer, pointwise_regularizer,
            pointwise_constraint: those of the two kernels.
        data_format, dilation_rate, activation, use_bias, bias_initializer, bias_regularizer, activity_regularizer,
            bias_constraint, **kwargs: as in `Conv1D`.
    Shapes:
        x (batch, steps, channels) -> y (batch, new_steps, filters); depthwise_kernel (kernel_size, channels,
        depth_multiplier); pointwise_kernel (1, channels * depth_multiplier, filters); bias (filters,).
    Raises:
        ValueError: x has another rank or number of channels, or is smaller than a window.
    Source: Chollet 2017.
    Example:
        >>> SeparableConv1D(4, 3)(np.ones((2, 10, 5))).shape
        (2, 8, 4)
    """

    rank = 1
    paddings = ("valid", "same", "causal")


class SeparableConv2D(SeparableConv):
    """A depthwise convolution over images, then a pointwise one; arguments as in `SeparableConv1D`, without "causal".

    Shapes:
        x (batch, height, width, channels) -> y (batch, new_height, new_width, filters); depthwise_kernel (height, width,
        channels, depth_multiplier); pointwise_kernel (1, 1, channels * depth_multiplier, filters); bias (filters,).
    Raises:
        ValueError: as `SeparableConv1D`.
    Source: Chollet 2017.
    Example:
        >>> SeparableConv2D(4, 3)(np.ones((2, 10, 8, 3))).shape
        (2, 8, 6, 4)
    """

    rank = 2

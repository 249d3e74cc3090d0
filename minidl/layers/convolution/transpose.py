"""`Conv1DTranspose`, `Conv2DTranspose`, `Conv3DTranspose`: the transpose of a convolution, which enlarges its input."""

from __future__ import annotations

from typing import Unpack

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Cache, MaybeNone, Shape, Sizes
from minidl.kernels.convolution import convolve, convolve_backward_input, convolve_backward_kernel
from minidl.kernels.geometry import Geometry, transposed_geometry, transposed_outputs
from minidl.layers.argument_checks import check_sizes
from minidl.layers.channels import shape_last
from minidl.layers.convolution.activation_gradient import ActivationGradient
from minidl.layers.convolution.base_conv import BaseConv, Epilogue
from minidl.layers.options import ConvOptions
from minidl.layers.weight_options import add_weight_with


class ConvTranspose(BaseConv):
    """Base of the transposed convolutions: forward is a convolution's backward pass, and backward its forward pass."""

    @inherit_arguments(BaseConv, without=("groups",))
    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        output_padding: Sizes | None = None,
        **kwargs: Unpack[ConvOptions],
    ) -> None:
        super().__init__(filters, kernel_size, strides, padding, **kwargs)
        owner = type(self).__name__
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = check_sizes(owner, "output_padding", output_padding, self.rank, least=0)
            if any(extra >= stride for extra, stride in zip(self.output_padding, self.strides, strict=True)):
                raise ValueError(
                    f"{owner} expects output_padding to be smaller than strides, got output_padding={output_padding!r} "
                    f"and strides={strides!r}"
                )

    def add_kernels(self, channels: int) -> None:
        """One kernel, (..., filters, channels)."""
        self.kernel = add_weight_with(self, "kernel", (*self.kernel_size, self.filters, channels))

    def geometry(self, sizes: tuple[int, ...]) -> Geometry:
        """Where the windows lie in the output for an input of these sizes."""
        return transposed_geometry(sizes, self.kernel_size, self.strides, self.padding, self.dilation_rate, self.output_padding)

    def output_sizes(self, sizes: Shape) -> Shape:
        """`strides` times the input, or all that the windows reach with "valid" padding."""
        return transposed_outputs(sizes, self.kernel_size, self.strides, self.padding, self.dilation_rate, self.output_padding)

    def convolve(self, x: Array, geometry: Geometry, epilogue: Epilogue) -> tuple[Array, tuple[Array, Geometry]]:
        """`z[p * strides + k * dilation_rate] += x[p] @ kernel[k].T`."""
        sizes: tuple[int | MaybeNone, ...] = self.output_sizes(x.shape[1:-1])
        z = convolve_backward_input(x, self.kernel.value, sizes, geometry)
        epilogue(z)
        return z, (x, geometry)

    def convolve_backward(self, dz: ActivationGradient, cache: Cache, needs_dx: bool) -> tuple[Array | None, Array]:
        """`dx[p] = sum over k of dz[p * strides + k * dilation_rate] @ kernel[k]`."""
        x, geometry = cache
        dz_all, dbias = dz.with_sum()
        self.kernel.grad += convolve_backward_kernel(x, dz_all, geometry)
        return convolve(dz_all, self.kernel.value, geometry) if needs_dx else None, dbias

    def check_input(self, shape: Shape) -> None:
        """Raise ValueError as for other convolutions, and if nothing would be left of the output."""
        super().check_input(shape)
        sizes = self.output_sizes(shape_last(shape, self.data_format)[1:-1])
        if any(size is not None and size < 1 for size in sizes):
            raise ValueError(
                f"{self.title} would turn inputs of shape {shape} into outputs of sizes {tuple(sizes)}; "
                f"use longer inputs, or a larger output_padding"
            )

    def check_not_smaller(self, shape: Shape) -> None:
        """Nothing to check: the windows lie in the output."""


class Conv1DTranspose(ConvTranspose):
    """Transposed convolution: `z[t * strides + k * dilation_rate] += x[t] @ kernel[k].T`, `y = activation(z + bias)`.

    Args:
        filters: number of output channels, a positive integer.
        kernel_size: steps in a window.
        strides: how many times longer the output is.
        padding: "valid" (everything the windows reach) or "same" (exactly `strides` times the input).
        output_padding: further steps at the output's end, fewer than `strides`; `None` chooses the length as above.
        data_format, dilation_rate, activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
            bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, **kwargs: as in `Conv1D`.
    Shapes:
        x (batch, steps, channels) -> y (batch, new_steps, filters); kernel (kernel_size, filters, channels); bias (filters,).
    Raises:
        ValueError: x has another rank or number of channels; `output_padding` is not smaller than `strides`.
    Source: Zeiler et al. 2010; Dumoulin & Visin 2016 (sizes).
    Example:
        >>> Conv1DTranspose(4, 3, strides=2, padding="same")(np.ones((2, 5, 3))).shape
        (2, 10, 4)
    """

    rank = 1


class Conv2DTranspose(ConvTranspose):
    """Transposed convolution over images; arguments as in `Conv1DTranspose`, each size one for both axes or a pair.

    Shapes:
        x (batch, height, width, channels) -> y (batch, new_height, new_width, filters);
        kernel (height, width, filters, channels); bias (filters,).
    Raises:
        ValueError: as `Conv1DTranspose`.
    Source: Zeiler et al. 2010; Dumoulin & Visin 2016 (sizes).
    Example:
        >>> Conv2DTranspose(4, 3, strides=2, padding="same")(np.ones((2, 5, 4, 3))).shape
        (2, 10, 8, 4)
    """

    rank = 2


class Conv3DTranspose(ConvTranspose):
    """Transposed convolution over volumes; arguments as in `Conv1DTranspose`, each size one for all axes or a triple.

    Shapes:
        x (batch, depth, height, width, channels) -> y (batch, new_depth, new_height, new_width, filters);
        kernel (depth, height, width, filters, channels); bias (filters,).
    Raises:
        ValueError: as `Conv1DTranspose`.
    Source: Zeiler et al. 2010; Dumoulin & Visin 2016 (sizes).
    Example:
        >>> Conv3DTranspose(4, 2, strides=2)(np.ones((1, 2, 3, 4, 2))).shape
        (1, 4, 6, 8, 4)
    """

    rank = 3

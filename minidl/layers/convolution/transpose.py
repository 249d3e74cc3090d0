"""`Conv1DTranspose`, `Conv2DTranspose`, `Conv3DTranspose`: a convolution run backwards, which makes its input larger."""

from collections.abc import Callable
from typing import Any

from minidl.config.checks import check_positive_integer
from minidl.config.types import Array, Shape
from minidl.kernels.convolution import convolve, convolve_backward_input, convolve_backward_kernel
from minidl.kernels.geometry import Geometry
from minidl.layers.argument_checks import sizes_of
from minidl.layers.convolution.base_conv import Convolution
from minidl.layers.convolution.gradient_of_rows import GradientOfRows
from minidl.layers.weight_options import add_weight_with, set_weight_options


class ConvTranspose(Convolution):
    """The base of the transposed convolutions: the forward pass is a convolution's way back, and the other way round."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        owner = type(self).__name__
        self.filters = check_positive_integer(owner, "filters", filters)
        self.set_sizes(kernel_size, strides, padding, data_format, dilation_rate)
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = sizes_of(owner, "output_padding", output_padding, self.rank, least=0)
            if any(extra >= stride for extra, stride in zip(self.output_padding, self.strides, strict=True)):
                raise ValueError(
                    f"{owner} expects output_padding to be smaller than strides, got output_padding={output_padding!r} "
                    f"and strides={strides!r}"
                )
        self.set_output(activation, use_bias)
        set_weight_options(
            self,
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )

    def add_kernels(self, channels: int) -> None:
        """One kernel, (..., filters, channels)."""
        self.kernel = add_weight_with(self, "kernel", (*self.kernel_size, self.filters, channels))

    def geometry(self, sizes: tuple[int, ...]) -> Geometry:
        """Where the windows lie in the output: as many as the input has places."""
        reaches = [(k - 1) * dilation + 1 for k, dilation in zip(self.kernel_size, self.dilation_rate, strict=True)]
        beyond = [
            (size - 1) * stride + reach - made
            for size, stride, reach, made in zip(sizes, self.strides, reaches, self.output_sizes(sizes), strict=True)
        ]
        before = tuple(max(cut, 0) // 2 if self.padding == "same" else 0 for cut in beyond)
        return Geometry(self.kernel_size, self.strides, self.dilation_rate, before, sizes)

    def output_sizes(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """`strides` times the input, and what the windows reach beyond it where padding is "valid"."""
        made = []
        extras = self.output_padding or (None,) * self.rank
        for size, k, dilation, stride, extra in zip(
            sizes, self.kernel_size, self.dilation_rate, self.strides, extras, strict=True
        ):
            reach = (k - 1) * dilation + 1
            if extra is None:
                made.append(size * stride if self.padding == "same" else (size - 1) * stride + max(reach, stride))
            else:
                made.append((size - 1) * stride + reach + extra - (2 * (reach // 2) if self.padding == "same" else 0))
        return tuple(made)

    def convolve(self, x: Array, geometry: Geometry, finish: Callable[[Array], None]) -> tuple[Array, Any]:
        """`z[p * strides + k * dilation_rate] += x[p] @ kernel[k].T`."""
        z = convolve_backward_input(x, self.kernel.value, self.output_sizes(x.shape[1:-1]), geometry)
        finish(z)
        return z, (x, geometry)

    def convolve_backward(self, dz: GradientOfRows, kept: Any, needs_dx: bool) -> tuple[Array | None, Array]:
        """`dx[p] = sum over k of dz[p * strides + k * dilation_rate] @ kernel[k]`."""
        x, geometry = kept
        whole, dbias = dz.whole()
        self.kernel.grad += convolve_backward_kernel(x, whole, geometry)
        return convolve(whole, self.kernel.value, geometry) if needs_dx else None, dbias

    def check_smallest(self, shape: Shape) -> None:
        """Every input has room."""


class Conv1DTranspose(ConvTranspose):
    """Convolution run backwards: `z[t * strides + k * dilation_rate] += x[t] @ kernel[k].T`, `y = activation(z + bias)`.

    Args:
        filters: number of output channels, a positive integer.
        kernel_size: steps in a window.
        strides: how many times longer the output is.
        padding: "valid" (all that the windows reach) or "same" (exactly `strides` times the input).
        output_padding: further steps at the output's end, fewer than `strides`; `None` chooses the length as above.
        data_format: "channels_last" (the default) or "channels_first".
        dilation_rate: steps inside a window; above 1 only with strides 1.
        activation: name, function or `None` for none.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: how the weights start.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties on weights and output.
        kernel_constraint, bias_constraint: functions applied to the weights after each update.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`, as for every `Layer`.
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

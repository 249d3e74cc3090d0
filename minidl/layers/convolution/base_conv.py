"""`BaseConv`: what all convolutional layers share: window arguments, data format, bias, activation, checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack

from minidl import activations
from minidl.activations import ActivationFunction
from minidl.config.checks import check_positive_integer
from minidl.config.types import (
    ActivationLike,
    Array,
    Cache,
    ConstraintLike,
    InitializerLike,
    MaybeNone,
    RegularizerLike,
    Shape,
    Sizes,
    Tensors,
)
from minidl.kernels.activations.relu import activate, linear, relu
from minidl.kernels.geometry import Geometry, window_extent, window_geometry, window_outputs
from minidl.layers.channels import channels_back, channels_last, check_channels, data_format_of, shape_back, shape_last
from minidl.layers.convolution.activation_gradient import ActivationGradient
from minidl.layers.layer import Layer
from minidl.layers.options import WeightLayerOptions
from minidl.layers.weight_options import add_weight_with, set_weight_options
from minidl.layers.windows import check_not_smaller, check_windows
from minidl.variable import Variable

Epilogue = Callable[[Array], object]


class BaseConv(Layer):
    """Base of the convolutional layers: `z = convolution of x + bias`, `y = activation(z)`.

    The constructor is that of `Conv1D`, `Conv2D` and `Conv3D`; the others change some of its arguments. Subclasses set `rank`,
    the number of axes of a window, and define `add_kernels`, `convolve` and `convolve_backward`, with channels last.
    """

    rank: int
    paddings: tuple[str, ...] = ("valid", "same")
    kernel_kind = "kernel"  # "depthwise": the options of the kernel are called depthwise_initializer and so on
    parallelizes = True  # runs on several threads, so during `fit` BLAS uses one thread

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        groups: int = 1,
        activation: ActivationLike = None,
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        **kwargs: Unpack[WeightLayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        owner = type(self).__name__
        self.filters = check_positive_integer(owner, "filters", filters)
        self.kernel_size, self.strides, self.padding, self.dilation_rate = check_windows(
            owner, self.rank, strides, padding, dilation_rate, self.paddings, kernel_size=kernel_size
        )
        self.data_format = data_format_of(owner, data_format)
        self.groups = check_positive_integer(owner, "groups", groups)
        if self.filters % self.groups:
            raise ValueError(f"{owner} expects groups to divide its filters, got groups={groups} and filters={filters}")
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        set_weight_options(
            self,
            **{self.kernel_kind: (kernel_initializer, kernel_regularizer, kernel_constraint)},
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )

    def add_kernels(self, channels: int) -> None:
        """Create the kernels for inputs of that many channels."""
        raise TypeError(f"{type(self).__name__} defines no add_kernels")

    def convolve(self, x: Array, geometry: Geometry, epilogue: Epilogue) -> tuple[Array, Cache]:
        """`(z, cache)`: a new array whose rows have gone through `epilogue`, in chunks or at once."""
        raise TypeError(f"{type(self).__name__} defines no convolve")

    def convolve_backward(self, dz: ActivationGradient, cache: Cache, needs_dx: bool) -> tuple[Array | None, Array]:
        """Add the kernels' gradients; return dx, or `None` unless needed, and `dbias = sum(dz)`."""
        raise TypeError(f"{type(self).__name__} defines no convolve_backward")

    def build(self, input_shape: Shape) -> None:
        channels = shape_last(input_shape, self.data_format)[-1]
        if not channels:
            raise ValueError(f"{self.title} needs to know its input's number of channels, at least 1, got shape {input_shape}")
        self.channels = channels
        self.add_kernels(channels)
        self.bias: Variable | MaybeNone = add_weight_with(self, "bias", (self.filters,)) if self.use_bias else None

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[tuple[Array, Geometry], Array, Array]]:
        """`z = convolution of x + bias`, `y = activation(z)`: (batch, sizes ..., channels) -> (batch, outputs ..., filters)."""
        x = channels_last(x, self.data_format)
        z, cache = self.convolve(x, self.geometry(x.shape[1:-1]), self._add_bias_and_relu())
        y = z if self.activation is activations.relu else self.activation.forward(z)
        return channels_back(y, self.data_format), (cache, z, y)

    def backward(self, dy: Array, cache: Cache) -> Tensors:
        """`dz = dy * activation'(z)`, `dbias = sum(dz)`, then the convolution's own gradients."""
        dx = self._gradients(dy, cache, needs_dx=True)
        return None if dx is None else channels_back(dx, self.data_format)

    def backward_weights(self, dy: Array, cache: tuple[tuple[Array, Geometry], Array, Array]) -> None:
        """The weights' gradients, without dx."""
        self._gradients(dy, cache, needs_dx=False)

    def _gradients(self, dy: Array, cache: tuple[tuple[Array, Geometry], Array, Array], needs_dx: bool) -> Array | None:
        convolve_cache, z, y = cache
        dz = ActivationGradient(self.activation, channels_last(dy, self.data_format), z, y)
        dx, dbias = self.convolve_backward(dz, convolve_cache, needs_dx)
        if self.use_bias:
            self.bias.grad += dbias
        return dx

    def _add_bias_and_relu(self) -> Epilogue:
        """A function that adds the bias to some rows of z, and applies relu in place: its derivative needs only its output."""
        bias = self.bias.value if self.use_bias else None
        function = relu if self.activation is activations.relu else linear
        return lambda z: activate(z, bias, function)

    def geometry(self, sizes: tuple[int, ...]) -> Geometry:
        """Where the windows lie in an input of these sizes."""
        return window_geometry(sizes, self.kernel_size, self.strides, self.padding, self.dilation_rate)

    def output_sizes(self, sizes: Shape) -> Shape:
        """Sizes of the output for an input of these sizes."""
        return window_outputs(sizes, self.kernel_size, self.strides, self.padding, self.dilation_rate)

    def output_channels(self, channels: int | None) -> int | None:
        """Number of channels of the output, `filters`."""
        return self.filters

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_input(input_shape)
        batch, *sizes, channels = shape_last(input_shape, self.data_format)
        y_shape = (batch, *self.output_sizes(tuple(sizes)), self.output_channels(channels))
        return shape_back(self.activation.compute_output_shape(y_shape, self.title), self.data_format)

    def check_input(self, shape: Shape) -> None:
        check_channels(self, shape, self.rank, self.channels if self.built else None)
        if self.padding == "valid":
            self.check_not_smaller(shape)

    def check_not_smaller(self, shape: Shape) -> None:
        """Raise ValueError for an input that is smaller than a window."""
        extent = window_extent(self.kernel_size, self.dilation_rate)
        check_not_smaller(self.title, "kernel_size", extent, shape_last(shape, self.data_format)[1:-1], shape)

    def split_activation(self) -> tuple[Layer, ActivationFunction] | None:
        """This layer without its softmax or sigmoid, on the same weights, and that activation."""
        return None if self.activity_regularizer is not None else activations.split_final(self)

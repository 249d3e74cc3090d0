"""`Convolution`: what all convolutional layers share: sizes, padding, data format, bias, activation, checks."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minidl import activations
from minidl.config.checks import check_positive_integer
from minidl.config.types import Array, Shape
from minidl.kernels.activations.relu import positive_part
from minidl.kernels.geometry import Geometry, window_geometry
from minidl.layers.argument_checks import choice_of, sizes_of
from minidl.layers.channels import channels_back, channels_last, check_channels, data_format_of, shape_back, shape_last
from minidl.layers.convolution.gradient_of_rows import GradientOfRows
from minidl.layers.layer import Layer
from minidl.layers.weight_options import add_weight_with


class Convolution(Layer):
    """The base of the convolutional layers; a leaf says how many axes its windows have, and computes `z` from x and back.

    Leaves define `add_kernels(channels)`, `convolve(x, geometry, finish) -> (z, kept)` and
    `convolve_backward(dz, kept, needs_dx) -> (dx, dbias)`, all with channels last, and set `filters`, the number of output
    channels, no later than in `add_kernels`.
    """

    rank: int
    paddings: tuple[str, ...] = ("valid", "same")
    filters: int
    parallelizes = True  # over threads, so that a fit keeps those of BLAS out of the way

    def set_sizes(self, kernel_size: Any, strides: Any, padding: str, data_format: str | None, dilation_rate: Any) -> None:
        """Check and keep where the windows lie."""
        owner = type(self).__name__
        self.kernel_size = sizes_of(owner, "kernel_size", kernel_size, self.rank)
        self.strides = sizes_of(owner, "strides", strides, self.rank)
        self.padding = choice_of(owner, "padding", padding, self.paddings)
        self.data_format = data_format_of(owner, data_format)
        self.dilation_rate = sizes_of(owner, "dilation_rate", dilation_rate, self.rank)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"{owner} takes strides or a dilation_rate above 1, not both, got strides={strides!r} and "
                f"dilation_rate={dilation_rate!r}"
            )

    def set_output(self, activation: Any, use_bias: bool) -> None:
        """Keep what happens to `z`."""
        self.activation = activations.get(activation)
        self.use_bias = use_bias

    def add_kernels(self, channels: int) -> None:
        """Create the kernels, now that the number of channels is known."""
        raise TypeError(f"{type(self).__name__} defines no add_kernels")

    def convolve(self, x: Array, geometry: Geometry, finish: Callable[[Array], None]) -> tuple[Array, Any]:
        """`z`, a new array whose rows have gone through `finish`, in parts or at once; and what `convolve_backward` needs."""
        raise TypeError(f"{type(self).__name__} defines no convolve")

    def convolve_backward(self, dz: GradientOfRows, kept: Any, needs_dx: bool) -> tuple[Array | None, Array]:
        """Add the kernels' gradients; the gradient of x, unless nobody needs it, and the sum of dz over all windows."""
        raise TypeError(f"{type(self).__name__} defines no convolve_backward")

    def build(self, input_shape: Shape) -> None:
        """Create the kernels for that many channels, and the bias."""
        channels = shape_last(input_shape, self.data_format)[-1]
        if channels is None:
            raise ValueError(f"{self.title} needs to know its input's number of channels, got shape {input_shape}")
        self.channels = channels
        self.add_kernels(channels)
        if self.use_bias:
            self.bias = add_weight_with(self, "bias", (self.filters,))

    def geometry(self, sizes: tuple[int, ...]) -> Geometry:
        """Where the windows lie in an input of these sizes."""
        return window_geometry(sizes, self.kernel_size, self.strides, self.padding, self.dilation_rate)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Any]:
        """`z = convolution of x with the kernel, + bias`, `y = activation(z)`."""
        x = channels_last(x, self.data_format)
        z, kept = self.convolve(x, self.geometry(x.shape[1:-1]), self._finisher())
        y = z if self.activation is activations.relu else self.activation.forward(z)
        return channels_back(y, self.data_format), (kept, z, y)

    def _finisher(self) -> Callable[[Array], None]:
        """A function that puts the bias on some rows of z, and relu in their place, which is all that its derivative needs."""
        wide: dict[int, Array] = {}  # the bias again and again; to add a few numbers at a time takes three times as long

        def finish(z: Array) -> None:
            if self.use_bias:
                times = z.shape[-2]
                if times not in wide:
                    wide[times] = np.tile(self.bias.value, times)
                rows = z.reshape(-1, times * self.filters)  # a view
                rows += wide[times]
            if self.activation is activations.relu:
                positive_part(z, out=z)

        return finish

    def backward(self, dy: Array, cache: Any) -> Any:
        """`dz` through the activation, then each window's share of it back to where the window lay."""
        dx = self._gradients(dy, cache, needs_dx=True)
        return None if dx is None else channels_back(dx, self.data_format)

    def backward_weights(self, dy: Array, cache: Any) -> None:
        """The weights' gradients, without dx."""
        self._gradients(dy, cache, needs_dx=False)

    def _gradients(self, dy: Array, cache: Any, needs_dx: bool) -> Array | None:
        kept, z, y = cache
        dz = GradientOfRows(self.activation, channels_last(dy, self.data_format), z, y)
        dx, dbias = self.convolve_backward(dz, kept, needs_dx)
        if self.use_bias:
            self.bias.grad += dbias
        return dx

    def output_sizes(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """Sizes of the output for an input of these sizes."""
        return self.geometry(sizes).outputs

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """`(batch, ..., filters)`, in the layer's data format."""
        batch, *sizes, _ = shape_last(input_shape, self.data_format)
        known = tuple(size if size is not None else 1 << 20 for size in sizes)  # an axis does not depend on the others
        made = [None if size is None else out for size, out in zip(sizes, self.output_sizes(known), strict=True)]
        y_shape = self.activation.compute_output_shape((batch, *made, self.filters), self.title)
        return shape_back(y_shape, self.data_format)

    def check_input(self, shape: Any) -> None:
        """Refuse another rank, another number of channels than the layer was built for, and inputs smaller than the kernel."""
        check_channels(self, shape, self.rank, self.channels if self.built else None)
        self.check_smallest(shape)

    def check_smallest(self, shape: Shape) -> None:
        """Refuse an input in which no window has room."""
        if self.padding != "valid":
            return
        reach = [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation_rate, strict=True)]
        sizes = shape_last(shape, self.data_format)[1:-1]
        if any(size is not None and size < need for size, need in zip(sizes, reach, strict=True)):
            raise ValueError(
                f"{self.title} has windows of {tuple(reach)} and got inputs of {tuple(sizes)} (shape {shape}), smaller ones; "
                f"take a smaller kernel_size, fewer layers that shrink, or padding='same'"
            )

    def split_activation(self) -> tuple[Layer, Any] | None:
        """This layer without its softmax or sigmoid, on the same weights."""
        return None if self.activity_regularizer is not None else activations.split_final(self)


def check_groups(owner: str, groups: Any, filters: int) -> int:
    """The number of groups, which must divide the filters."""
    parts = check_positive_integer(owner, "groups", groups)
    if filters % parts:
        raise ValueError(f"{owner} expects groups to divide its filters, got groups={groups} and filters={filters}")
    return parts

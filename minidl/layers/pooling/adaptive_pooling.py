"""`AdaptiveAveragePooling1D` ... `AdaptiveMaxPooling3D`: pool to a given number of positions, whatever the input's size."""

from __future__ import annotations

from typing import Unpack

from minidl.config.checks import check_positive_integer
from minidl.config.types import Array, Shape, Sizes
from minidl.kernels.adaptive_pooling import adaptive_average, adaptive_average_backward, adaptive_max, adaptive_max_backward
from minidl.layers.channels import channels_back, channels_last, check_pooled, data_format_of, shape_back, shape_last
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions


class AdaptivePooling(Layer):
    """Base of the adaptive pooling layers: constructor and shapes. Subclasses set `rank`, the number of pooled axes."""

    rank: int

    def __init__(self, output_size: Sizes, data_format: str | None = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        owner = type(self).__name__
        sizes = tuple(output_size) if isinstance(output_size, (list, tuple)) else (output_size,) * self.rank
        if len(sizes) != self.rank:
            raise ValueError(f"{owner} expects output_size to be one integer or {self.rank} of them, got {output_size!r}")
        self.output_size = tuple(check_positive_integer(owner, "output_size", size) for size in sizes)
        self.data_format = data_format_of(owner, data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, *_, channels = shape_last(input_shape, self.data_format)
        return shape_back((batch, *self.output_size, channels), self.data_format)

    def check_input(self, shape: tuple[int, ...]) -> None:
        check_pooled(self, shape, self.rank)


class AdaptiveAveragePooling(AdaptivePooling):
    """Base of `AdaptiveAveragePooling1D`, `AdaptiveAveragePooling2D` and `AdaptiveAveragePooling3D`."""

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[int, ...]]:
        """`y = mean of each window of x`."""
        last = channels_last(x, self.data_format)
        return channels_back(adaptive_average(last, self.output_size), self.data_format), last.shape

    def backward(self, dy: Array, cache: tuple[int, ...]) -> Array:
        """`dx += dy / (size of the window)` in each window."""
        return channels_back(adaptive_average_backward(channels_last(dy, self.data_format), cache), self.data_format)


class AdaptiveMaxPooling(AdaptivePooling):
    """Base of `AdaptiveMaxPooling1D`, `AdaptiveMaxPooling2D` and `AdaptiveMaxPooling3D`."""

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[Array, Array]]:
        """`y = maximum of each window of x`."""
        last = channels_last(x, self.data_format)
        y = adaptive_max(last, self.output_size)
        return channels_back(y, self.data_format), (last, y)

    def backward(self, dy: Array, cache: tuple[Array, Array]) -> Array:
        """`dx += dy / (number of maxima)` at the maxima of each window."""
        return channels_back(adaptive_max_backward(channels_last(dy, self.data_format), *cache), self.data_format)


class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """Mean over windows that divide the steps evenly into `output_size`.

    `y[i] = mean(x[start:stop])` with `start = floor(i * steps / output_size)`, `stop = ceil((i + 1) * steps / output_size)`.

    Args:
        output_size: number of output steps.
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, steps, channels) -> y (batch, output_size, channels).
    Raises:
        ValueError: a size is not a positive integer, or x has another rank.
    Example:
        >>> AdaptiveAveragePooling1D(2)([[[1.0], [3.0], [5.0]]])[:, :, 0]
        array([[2., 4.]], dtype=float32)
    """

    rank = 1


class AdaptiveAveragePooling2D(AdaptiveAveragePooling):
    """Mean over windows that divide the height and width evenly into `output_size`, one for both axes or a pair.

    Other arguments and errors as in `AdaptiveAveragePooling1D`.

    Shapes:
        x (batch, height, width, channels) -> y (batch, *output_size, channels).
    Example:
        >>> AdaptiveAveragePooling2D((2, 3))(np.ones((1, 5, 7, 3))).shape
        (1, 2, 3, 3)
    """

    rank = 2


class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """Mean over windows that divide the depth, height and width evenly into `output_size`, one for all axes or a triple.

    Other arguments and errors as in `AdaptiveAveragePooling1D`.

    Shapes:
        x (batch, depth, height, width, channels) -> y (batch, *output_size, channels).
    Example:
        >>> AdaptiveAveragePooling3D(2)(np.ones((1, 5, 7, 4, 3))).shape
        (1, 2, 2, 2, 3)
    """

    rank = 3


class AdaptiveMaxPooling1D(AdaptiveMaxPooling):
    """Maximum over windows that divide the steps evenly into `output_size`; arguments as in `AdaptiveAveragePooling1D`.

    `y[i] = max(x[start:stop])` with `start = floor(i * steps / output_size)`, `stop = ceil((i + 1) * steps / output_size)`.

    Shapes:
        x (batch, steps, channels) -> y (batch, output_size, channels).
    Example:
        >>> AdaptiveMaxPooling1D(2)([[[1.0], [3.0], [5.0]]])[:, :, 0]
        array([[3., 5.]], dtype=float32)
    """

    rank = 1


class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """Maximum over windows that divide the height and width evenly into `output_size`, one for both axes or a pair.

    Other arguments and errors as in `AdaptiveMaxPooling1D`.

    Shapes:
        x (batch, height, width, channels) -> y (batch, *output_size, channels).
    Example:
        >>> AdaptiveMaxPooling2D((2, 3))(np.ones((1, 5, 7, 3))).shape
        (1, 2, 3, 3)
    """

    rank = 2


class AdaptiveMaxPooling3D(AdaptiveMaxPooling):
    """Maximum over windows that divide the depth, height and width evenly into `output_size`, one for all axes or a triple.

    Other arguments and errors as in `AdaptiveMaxPooling1D`.

    Shapes:
        x (batch, depth, height, width, channels) -> y (batch, *output_size, channels).
    Example:
        >>> AdaptiveMaxPooling3D(2)(np.ones((1, 5, 7, 4, 3))).shape
        (1, 2, 2, 2, 3)
    """

    rank = 3

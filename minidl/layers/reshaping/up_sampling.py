"""`UpSampling1D`, `UpSampling2D`, `UpSampling3D`: repeat or interpolate elements along each axis."""

from __future__ import annotations

import functools
from typing import Any, Unpack

import numpy as np

from minidl.config.checks import is_integer
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Shape, Sizes
from minidl.kernels.resizing import INTERPOLATIONS, resize, resize_backward
from minidl.layers.argument_checks import check_choice, check_sizes
from minidl.layers.channels import channels_back, channels_last, check_channels, data_format_of, shape_back, shape_last
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions


class UpSampling(Layer):
    """Base of the up-sampling layers. Subclasses set `rank`, the number of axes that grow."""

    rank: int
    interpolation = "nearest"

    def __init__(self, size: Sizes = 2, data_format: str | None = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.size = check_sizes(type(self).__name__, "size", size, self.rank)
        self.data_format = data_format_of(type(self).__name__, data_format)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[int, ...]]:
        """Repeat each element `size` times along each axis, or interpolate between elements."""
        x = channels_last(x, self.data_format)
        if self.interpolation == "nearest":
            y = x
            for axis, times in enumerate(self.size, start=1):
                y = np.repeat(y, times, axis=axis)
        else:
            height, width = (size * times for size, times in zip(x.shape[1:-1], self.size, strict=True))
            y = resize(x, height, width, self.interpolation)
        return channels_back(y, self.data_format), x.shape

    def backward(self, dy: Array, cache: tuple[int, ...]) -> Array:
        """`dx`: dy summed over the repetitions of each element, or the gradient of the interpolation."""
        dx, (_, *sizes, _) = channels_last(dy, self.data_format), cache
        if self.interpolation != "nearest":
            return channels_back(resize_backward(dx, sizes[0], sizes[1], self.interpolation), self.data_format)
        for axis, (size, times) in enumerate(zip(sizes, self.size, strict=True), start=1):
            apart = dx.reshape(*dx.shape[:axis], size, times, *dx.shape[axis + 1 :])
            dx = functools.reduce(np.add, np.moveaxis(apart, axis + 1, 0))  # with few channels a sixth of the time of `sum`
        return channels_back(dx, self.data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, *sizes, channels = shape_last(input_shape, self.data_format)
        made = [None if size is None else size * times for size, times in zip(sizes, self.size, strict=True)]
        return shape_back((batch, *made, channels), self.data_format)

    def check_input(self, shape: Shape) -> None:
        check_channels(self, shape, self.rank)


class UpSampling1D(UpSampling):
    """Repeats every step `size` times: `y[t] = x[t // size]`.

    Args:
        size: number of repetitions.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, steps, channels) -> y (batch, size * steps, channels).
    Raises:
        ValueError: `size` is not positive, or x has another rank.
    Example:
        >>> UpSampling1D(2)(np.array([[[1.0], [2.0]]]))[0, :, 0]
        array([1., 1., 2., 2.], dtype=float32)
    """

    rank = 1

    @inherit_arguments(UpSampling, without=("data_format",))
    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        if not is_integer(size):
            raise TypeError(f"UpSampling1D expects size to be an integer, got {size!r}")
        super().__init__(size, **kwargs)


class UpSampling2D(UpSampling):
    """Enlarges an image `size` times.

    Args:
        size: how many times larger, one number or a pair (height, width).
        data_format: "channels_last" (the default) or "channels_first".
        interpolation: "nearest" (repeated pixels), "bilinear" (straight lines between the pixels' centers), "bicubic",
            "lanczos3" or "lanczos5".
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, height, width, channels) -> y (batch, size * height, size * width, channels).
    Raises:
        ValueError: `size` is not positive, `interpolation` is unknown, or x has another rank.
    Example:
        >>> UpSampling2D((2, 3))(np.ones((2, 5, 4, 3))).shape
        (2, 10, 12, 3)
    """

    rank = 2

    def __init__(
        self, size: Sizes = 2, data_format: str | None = None, interpolation: str = "nearest", **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(size, data_format, **kwargs)
        self.interpolation = check_choice("UpSampling2D", "interpolation", interpolation, INTERPOLATIONS)


class UpSampling3D(UpSampling):
    """Repeats every voxel `size` times along each axis, as `UpSampling1D` does steps.

    Args:
        size: number of repetitions, one number or a triple.
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, depth, height, width, channels) -> y with each axis `size` times as long.
    Raises:
        ValueError: `size` is not positive, or x has another rank.
    Example:
        >>> UpSampling3D(2)(np.ones((1, 2, 3, 4, 5))).shape
        (1, 4, 6, 8, 5)
    """

    rank = 3

"""Colors: grayscale, and hue, saturation and value; the formulas are in `minidl.kernels.colors`."""

from __future__ import annotations

import numpy as np

from minidl.autodiff import composed
from minidl.autodiff.tensor import TensorLike
from minidl.config.types import Array
from minidl.kernels import colors
from minidl.ops.image.formats import in_batches
from minidl.ops.math import cast
from minidl.ops.reductions import sum as total
from minidl.ops.shapes import shape, stack

__all__ = ["hsv_to_rgb", "rgb_to_grayscale", "rgb_to_hsv"]


def _check_channels(function: str, x: Array, *counts: int) -> None:
    if shape(x)[-1] not in (*counts, None):
        wanted = " or ".join(map(str, counts))
        raise ValueError(f"{function} expects images of {wanted} channels, got {shape(x)[-1]}")


def _check_colors(function: str, x: Array) -> None:
    _check_channels(function, x, 3)
    if np.dtype(x.dtype).kind != "f":
        raise ValueError(f"{function} expects images of a float type, got {np.dtype(x.dtype)}; divide them by 255")


@composed(name="image.rgb_to_grayscale")
def rgb_to_grayscale(images: TensorLike, data_format: str | None = None) -> Array:
    """`0.2989 * red + 0.5870 * green + 0.1140 * blue`, one channel; images of one channel are returned.

    Example:
        >>> rgb_to_grayscale(np.ones((4, 6, 3))).shape
        (4, 6, 1)
    """

    def gray(x: Array) -> Array:
        _check_channels("rgb_to_grayscale", x, 1, 3)
        if shape(x)[-1] == 1:
            return x
        kind = np.dtype(x.dtype)
        weights = np.array(colors.GRAY, kind if kind.kind == "f" else "float32")
        y = total(x * weights, -1, True)
        return y if kind.kind == "f" else cast(y, kind.name)

    return in_batches(gray, images, data_format)


@composed(name="image.rgb_to_hsv")
def rgb_to_hsv(images: TensorLike, data_format: str | None = None) -> Array:
    """Hue, saturation and value in [0, 1] from red, green and blue.

    Example:
        >>> rgb_to_hsv(np.array([[[1.0, 0.0, 0.0]]]))
        array([[[0., 1., 1.]]])
    """

    def convert(x: Array) -> Array:
        _check_colors("rgb_to_hsv", x)
        return stack(colors.rgb_to_hsv(x), -1)

    return in_batches(convert, images, data_format)


@composed(name="image.hsv_to_rgb")
def hsv_to_rgb(images: TensorLike, data_format: str | None = None) -> Array:
    """Red, green and blue from hue, saturation and value in [0, 1].

    Example:
        >>> hsv_to_rgb(np.array([[[0.0, 1.0, 1.0]]]))
        array([[[1., 0., 0.]]])
    """

    def convert(x: Array) -> Array:
        _check_colors("hsv_to_rgb", x)
        return colors.hsv_to_rgb(x[..., 0], x[..., 1], x[..., 2])

    return in_batches(convert, images, data_format)

"""Colors: grayscale, and hue, saturation and value."""

from __future__ import annotations

import numpy as np

from minidl.autodiff import composed
from minidl.autodiff.tensor import TensorLike
from minidl.config.types import Array
from minidl.ops.arithmetic import clip, maximum, minimum, mod, where
from minidl.ops.image.formats import in_batches
from minidl.ops.logic import equal
from minidl.ops.math import abs as absolute
from minidl.ops.math import cast
from minidl.ops.reductions import sum as total
from minidl.ops.shapes import shape, stack

__all__ = ["hsv_to_rgb", "rgb_to_grayscale", "rgb_to_hsv"]


def _check_channels(function: str, x: Array, *counts: int) -> None:
    if shape(x)[-1] not in (*counts, None):
        wanted = " or ".join(map(str, counts))
        raise ValueError(f"{function} expects images of {wanted} channels, got {shape(x)[-1]}")


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
        weights = np.array([0.2989, 0.5870, 0.1140], kind if kind.kind == "f" else "float32")
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
        _check_channels("rgb_to_hsv", x, 3)
        red, green, blue = x[..., 0], x[..., 1], x[..., 2]
        value = maximum(maximum(red, green), blue)
        chroma = value - minimum(minimum(red, green), blue)
        saturation = where(value > 0, chroma / where(value > 0, value, 1), 0)
        sixth = 1 / (6 * where(chroma > 0, chroma, 1))
        hue = where(equal(value, green), sixth * (blue - red) + 2 / 6, sixth * (red - green) + 4 / 6)
        hue = where(chroma > 0, where(equal(value, red), sixth * (green - blue), hue), 0)
        return stack([hue + (hue < 0) * 1, saturation, value], -1)

    return in_batches(convert, images, data_format)


@composed(name="image.hsv_to_rgb")
def hsv_to_rgb(images: TensorLike, data_format: str | None = None) -> Array:
    """Red, green and blue from hue, saturation and value in [0, 1].

    Example:
        >>> hsv_to_rgb(np.array([[[0.0, 1.0, 1.0]]]))
        array([[[1., 0., 0.]]])
    """

    def convert(x: Array) -> Array:
        _check_channels("hsv_to_rgb", x, 3)
        hue, saturation, value = mod(x[..., 0], 1) * 6, x[..., 1], x[..., 2]
        red = clip(absolute(hue - 3) - 1, 0, 1)
        green = clip(2 - absolute(hue - 2), 0, 1)
        blue = clip(2 - absolute(hue - 4), 0, 1)
        return stack([value * (1 - saturation + saturation * part) for part in (red, green, blue)], -1)

    return in_batches(convert, images, data_format)

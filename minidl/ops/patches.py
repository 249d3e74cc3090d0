"""Windows of images as rows and back, and blocks of pixels as channels."""

from __future__ import annotations

import numpy as np

from minidl.autodiff import composed
from minidl.autodiff.tensor import TensorLike
from minidl.config.types import Array, Sizes, Tensors
from minidl.kernels.geometry import window_geometry
from minidl.ops.convolution import sizes_of
from minidl.ops.elements import get_item, take
from minidl.ops.indexing import scatter
from minidl.ops.repetition import pad
from minidl.ops.shapes import reshape, shape, transpose

__all__ = ["depth_to_space", "fold", "space_to_depth", "unfold"]


@composed()
def depth_to_space(x: TensorLike, block_size: int, data_format: str = "channels_last") -> Array:
    """Channels become blocks of pixels: (batch, h, w, c) -> (batch, h * block, w * block, c / block ** 2).

    Example:
        >>> depth_to_space(np.ones((1, 2, 2, 4)), 2).shape
        (1, 4, 4, 1)
    """
    if data_format == "channels_first":
        n, c, h, w = shape(x)
        blocks = reshape(x, (n, c // block_size**2, block_size, block_size, h, w))
        return reshape(transpose(blocks, (0, 1, 4, 2, 5, 3)), (n, c // block_size**2, h * block_size, w * block_size))
    n, h, w, c = shape(x)
    blocks = reshape(x, (n, h, w, block_size, block_size, c // block_size**2))
    return reshape(transpose(blocks, (0, 1, 3, 2, 4, 5)), (n, h * block_size, w * block_size, c // block_size**2))


@composed()
def space_to_depth(x: TensorLike, block_size: int, data_format: str = "channels_last") -> Array:
    """Blocks of pixels become channels, the inverse of `depth_to_space`.

    Example:
        >>> space_to_depth(np.ones((1, 4, 4, 1)), 2).shape
        (1, 2, 2, 4)
    """
    if data_format == "channels_first":
        n, c, h, w = shape(x)
        blocks = reshape(x, (n, c, h // block_size, block_size, w // block_size, block_size))
        return reshape(transpose(blocks, (0, 1, 3, 5, 2, 4)), (n, c * block_size**2, h // block_size, w // block_size))
    n, h, w, c = shape(x)
    blocks = reshape(x, (n, h // block_size, block_size, w // block_size, block_size, c))
    return reshape(transpose(blocks, (0, 1, 3, 2, 4, 5)), (n, h // block_size, w // block_size, c * block_size**2))


def _pixels(height: int, width: int, kernel_size: Sizes, dilation: Sizes, stride: Sizes) -> Array:
    """The number of each pixel in each window: (kernel elements, windows)."""
    kernel, steps, inside = (sizes_of(value, 2) for value in (kernel_size, stride, dilation))
    geometry = window_geometry((height, width), kernel, steps, "valid", inside)
    axes = [
        (np.arange(k) * d)[:, np.newaxis] + np.arange(out) * s
        for k, d, s, out in zip(kernel, inside, steps, geometry.outputs, strict=True)
    ]
    rows, columns = axes  # (kernel, outputs) each
    return (rows[:, np.newaxis, :, np.newaxis] * width + columns[:, np.newaxis, :]).reshape(np.prod(kernel), -1)


@composed()
def unfold(x: Array, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> Tensors:
    """The windows of images (batch, channels, height, width), as (batch, channels * window, windows).

    Example:
        >>> unfold(np.ones((1, 3, 4, 4)), kernel_size=2, stride=2).shape
        (1, 12, 4)
    """
    rows, columns = sizes_of(padding, 2)
    padded = pad(x, ((0, 0), (0, 0), (rows, rows), (columns, columns)))
    n, c, h, w = shape(padded)
    windows = take(reshape(padded, (n, c, h * w)), _pixels(h, w, kernel_size, dilation, stride), axis=-1)
    return reshape(windows, (n, -1, shape(windows)[-1]))


@composed()
def fold(
    x: Array, output_size: Sizes, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> Tensors:
    """Images of the given size from windows as `unfold` returns them; overlapping elements are added.

    Example:
        >>> fold(np.ones((1, 12, 4)), output_size=4, kernel_size=2, stride=2).shape
        (1, 3, 4, 4)
    """
    (height, width), (rows, columns) = sizes_of(output_size, 2), sizes_of(padding, 2)
    h, w = height + 2 * rows, width + 2 * columns
    pixels = _pixels(h, w, kernel_size, dilation, stride)
    n, depth, _ = shape(x)
    channels = depth // len(pixels)
    values = transpose(reshape(x, (n * channels, pixels.size)))  # (window elements, images)
    y = reshape(transpose(scatter(pixels.reshape(-1, 1), values, (h * w, n * channels))), (n, channels, h, w))
    return get_item(y, (..., slice(rows, rows + height), slice(columns, columns + width)))

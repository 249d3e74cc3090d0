"""Convolutions of any rank as operations; their formulas are in `minidl.kernels.convolution` and `depthwise`."""

from __future__ import annotations

import numpy as np

from minidl.autodiff import composed, operation
from minidl.autodiff.tensor import TensorLike
from minidl.config.types import Array, MaybeNone, Shape, Sizes, Tensors
from minidl.kernels import convolution as kernels
from minidl.kernels.depthwise import convolve_depthwise, convolve_depthwise_backward
from minidl.kernels.geometry import Geometry, transposed_geometry, transposed_outputs, window_geometry, window_outputs
from minidl.ops.repetition import repeat
from minidl.ops.shapes import moveaxis, reshape, shape

__all__ = ["conv", "conv_transpose", "depthwise_conv", "separable_conv"]


def sizes_of(value: Sizes, rank: int) -> tuple[int, ...]:
    """One size for each axis, from one for all or a tuple."""
    return (int(value),) * rank if isinstance(value, (int, np.integer)) else tuple(int(size) for size in value)


def channels_last(x: TensorLike, data_format: str | None) -> Tensors:
    """(batch, ..., channels) of a tensor in either format."""
    if data_format not in (None, "channels_last", "channels_first"):
        raise ValueError(f"data_format is 'channels_last' or 'channels_first', got {data_format!r}")
    return moveaxis(x, 1, -1) if data_format == "channels_first" else x


def channels_back(y: Array, data_format: str | None) -> Array:
    """(batch, ..., channels) in the requested format."""
    return moveaxis(y, -1, 1) if data_format == "channels_first" else y


def _geometry(x: Array, kernel: Array, strides: Sizes, padding: str, dilation: Sizes) -> Geometry:
    rank = kernel.ndim - 2
    if padding not in ("valid", "same", "causal"):
        raise ValueError(f"padding is 'valid' or 'same', got {padding!r}")
    return window_geometry(x.shape[1:-1], kernel.shape[:-2], sizes_of(strides, rank), padding, sizes_of(dilation, rank))


@operation(
    lambda dy, y, x, kernel, strides, padding, dilation: kernels.convolve_backward_input(
        dy, kernel, x.shape[1:-1], _geometry(x, kernel, strides, padding, dilation), x.shape[-1] // kernel.shape[-2]
    ),
    lambda dy, y, x, kernel, strides, padding, dilation: kernels.convolve_backward_kernel(
        dy, x, _geometry(x, kernel, strides, padding, dilation), x.shape[-1] // kernel.shape[-2]
    ),
)
def convolve(x: Array, kernel: Array, strides: Sizes, padding: str, dilation: Sizes) -> Array:
    """Convolution of (batch, ..., channels); the kernel's channels say how many groups there are."""
    return kernels.convolve(x, kernel, _geometry(x, kernel, strides, padding, dilation), x.shape[-1] // kernel.shape[-2])


@composed(tensors=2)
def conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Array:
    """Convolution with a kernel (sizes ..., channels / groups, filters), over one, two or three axes.

    `y[t] = sum over k of x[t * strides + k * dilation_rate] @ kernel[k]`.

    Example:
        >>> conv(np.ones((1, 4, 1)), np.ones((2, 1, 1)))[0, :, 0]
        array([2., 2., 2.])
    """
    y = convolve(channels_last(inputs, data_format), kernel, strides=strides, padding=padding, dilation=dilation_rate)
    return channels_back(y, data_format)


def windowed_shape(
    x: Shape,
    kernel: tuple[int, ...],
    strides: Sizes,
    padding: str,
    dilation: Sizes,
    data_format: str | None,
    channels: int | None,
) -> Shape:
    """The shape of what windows over the inner axes give.

    Raises:
        ValueError: nothing is left of an axis, or an argument is unknown.
    """
    if padding not in ("valid", "same") or len(x) != len(kernel) + 2:
        raise ValueError(f"windows {kernel} with padding {padding!r} do not fit a tensor of shape {x}")
    first = data_format == "channels_first"
    rank, sizes = len(kernel), x[2:] if first else x[1:-1]
    outputs = window_outputs(sizes, kernel, sizes_of(strides, rank), padding, sizes_of(dilation, rank))
    if any(size is not None and size < 1 for size in outputs):
        raise ValueError(f"nothing is left of a tensor of shape {x}")
    return (x[0], channels, *outputs) if first else (x[0], *outputs, channels)


@conv.register_shape
def _conv_shape(
    x: Shape, kernel: tuple[int, ...], strides: Sizes, padding: str, data_format: str | None, dilation_rate: Sizes
) -> Shape:
    channels = x[1] if data_format == "channels_first" else x[-1]
    if channels is None or channels % kernel[-2] or kernel[-1] % (channels // kernel[-2]):
        raise ValueError(f"a kernel of shape {kernel} does not fit {channels} channels")
    return windowed_shape(x, kernel[:-2], strides, padding, dilation_rate, data_format, kernel[-1])


@operation(
    lambda dy, y, x, kernel, **options: _depthwise_backward(dy, x, kernel, needs_dx=True, **options),
    lambda dy, y, x, kernel, **options: _depthwise_backward(dy, x, kernel, needs_dx=False, **options),
)
def convolve_channels(x: Array, kernel: Array, strides: Sizes, padding: str, dilation: Sizes) -> Array:
    """Depthwise convolution of (batch, ..., channels) with a kernel (sizes ..., channels)."""
    return convolve_depthwise(x, kernel, _geometry(x, kernel[..., np.newaxis], strides, padding, dilation))


def _depthwise_backward(
    dy: Array, x: Array, kernel: Array, strides: int, padding: str, dilation: int, needs_dx: bool
) -> Tensors:
    geometry = _geometry(x, kernel[..., np.newaxis], strides, padding, dilation)
    return convolve_depthwise_backward(dy, x, kernel, geometry, needs_dx)[0 if needs_dx else 1]


@composed(tensors=2)
def depthwise_conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Array:
    """Convolution of each channel with its own kernels, (sizes ..., channels, outputs per channel).

    `y[t, c] = sum over k of x[t * strides + k * dilation_rate, c] * kernel[k, c]`.

    Example:
        >>> depthwise_conv(np.ones((1, 4, 3)), np.ones((2, 3, 2))).shape
        (1, 3, 6)
    """
    *sizes, channels, times = shape(kernel)
    x = repeat(channels_last(inputs, data_format), times, axis=-1)
    flat = reshape(kernel, (*sizes, channels * times))
    y = convolve_channels(x, flat, strides=strides, padding=padding, dilation=dilation_rate)
    return channels_back(y, data_format)


@depthwise_conv.register_shape
def _depthwise_shape(
    x: Shape, kernel: tuple[int, ...], strides: Sizes, padding: str, data_format: str | None, dilation_rate: Sizes
) -> Shape:
    if (x[1] if data_format == "channels_first" else x[-1]) != kernel[-2]:
        raise ValueError(f"a kernel of shape {kernel} does not fit a tensor of shape {x}")
    return windowed_shape(x, kernel[:-2], strides, padding, dilation_rate, data_format, kernel[-2] * kernel[-1])


@composed(tensors=3)
def separable_conv(
    inputs: TensorLike,
    depthwise_kernel: TensorLike,
    pointwise_kernel: TensorLike,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Array:
    """`depthwise_conv`, followed by a convolution with windows of one element: `y = depthwise_conv(x) @ kernel`.

    Example:
        >>> separable_conv(np.ones((1, 4, 3)), np.ones((2, 3, 2)), np.ones((1, 6, 5))).shape
        (1, 3, 5)
    """
    x = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(x, pointwise_kernel, 1, "valid", data_format, 1)


def _transposed(
    x: Array, kernel: Array, strides: Sizes, padding: str, extra: Sizes | None, dilation: Sizes
) -> tuple[Geometry, tuple[int | MaybeNone, ...]]:
    """The geometry of a transposed convolution, and the sizes of its output."""
    rank = kernel.ndim - 2
    more = None if extra is None else sizes_of(extra, rank)
    given = x.shape[1:-1], kernel.shape[:-2], sizes_of(strides, rank), padding, sizes_of(dilation, rank), more
    return transposed_geometry(*given), transposed_outputs(*given)


@operation(
    lambda dy, y, x, kernel, **options: kernels.convolve(dy, kernel, _transposed(x, kernel, **options)[0]),
    lambda dy, y, x, kernel, **options: kernels.convolve_backward_kernel(x, dy, _transposed(x, kernel, **options)[0]),
)
def convolve_transposed(x: Array, kernel: Array, strides: Sizes, padding: str, extra: Sizes | None, dilation: Sizes) -> Array:
    """Transposed convolution of (batch, ..., channels)."""
    geometry, sizes = _transposed(x, kernel, strides, padding, extra, dilation)
    return kernels.convolve_backward_input(x, kernel, sizes, geometry)


@composed(tensors=2)
def conv_transpose(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: Sizes = 1,
    padding: str = "valid",
    output_padding: Sizes | None = None,
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Array:
    """Transposed convolution with a kernel (sizes ..., filters, channels).

    `y[t * strides + k * dilation_rate] += x[t] @ kernel[k].T`.

    Example:
        >>> conv_transpose(np.ones((1, 2, 1)), np.ones((2, 1, 1)), strides=2).shape
        (1, 4, 1)
    """
    x = channels_last(inputs, data_format)
    y = convolve_transposed(x, kernel, strides=strides, padding=padding, extra=output_padding, dilation=dilation_rate)
    return channels_back(y, data_format)
